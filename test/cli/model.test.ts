// From a data file to predictions: train, evaluate, predict, inspect, export and import, by the command line's functions.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadTabular, loadTensors } from '../../lib/index.js'
import { customers, houses, written } from './tables.js'
import { chainrule } from './terminal.js'

const folder = mkdtempSync(join(tmpdir(), 'chainrule-cli-'))
const at = (...names: string[]) => join(folder, ...names)
const files = written(folder, {
  'customers.csv': customers(400),
  'houses.csv': houses(300),
  'new.csv': customers(50, 5),
})
const quick = '--epochs 6 --members 1 --hidden 16 --batch-size 16 --quiet'
const train = (rest: string, around = {}) =>
  chainrule(`train ${files['customers.csv']} -t churned --ignore id ${quick} ${rest}`, around)
let trained: Awaited<ReturnType<typeof chainrule>>

beforeAll(async () => {
  trained = await train(`-o ${at('m')} --json`)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('train', () => {
  it('leaves a model, a report and metrics, and says the same in JSON', async () => {
    expect(trained).toMatchObject({ code: 0 })
    const result = JSON.parse(trained.stdout)
    expect(readdirSync(at('m')).sort()).toEqual(['metrics.json', 'model.safetensors', 'report.html'])
    expect(JSON.parse(readFileSync(at('m', 'metrics.json'), 'utf8'))).toEqual(result)
    expect(result).toMatchObject({ target: 'churned', task: 'binary', rows: { train: 320, test: 80 } })
    expect(result.test.accuracy).toBeGreaterThan(0.7)
    expect(result.settings).toMatchObject({ epochs: 6, hidden: [16], batchSize: 16 })
    expect(result.importance.map(({ feature }: { feature: string }) => feature).sort()).toEqual(['autopay', 'plan', 'since', 'tenure']) // biome-ignore format: a list
    const html = readFileSync(at('m', 'report.html'), 'utf8')
    for (const part of ['Confusion matrix', 'ROC curve', 'Permutation importance', 'churned'])
      expect(html).toContain(part)
  })

  it('shows a table to people, and one line per epoch', async () => {
    const line = `train ${files['houses.csv']} -t price --epochs 3 --members 1 --no-report -o ${at('h')}`
    const { code, stdout, stderr } = await chainrule(line)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Tested on 60 rows that training never saw, drawn at random:\n\nscore +value\n/)
    for (const part of ['R²', 'RMSE', `Model    ${at('h', 'model.safetensors')}`]) expect(stdout).toContain(part)
    expect(stdout).not.toContain('Report')
    expect(stderr).toMatch(/^Read 300 rows and 3 columns of .*\nepoch 1\/3 {2}loss/)
    expect(existsSync(at('h', 'report.html'))).toBe(false)
  })

  it('takes its settings from a file; flags win', async () => {
    const config = at('settings.json')
    writeFileSync(config, JSON.stringify({ target: 'churned', ignore: ['id', 'since'], epochs: 50, members: 1, hidden: [8], test: 0, seed: 3 })) // biome-ignore format: one call
    const { code, stdout } = await chainrule(
      `train ${files['customers.csv']} -c ${config} --epochs 2 -q -o ${at('c')} --json`,
    )
    const result = JSON.parse(stdout)
    expect(code).toBe(0)
    expect(result).toMatchObject({
      rows: { train: 400, test: 0 },
      test: null,
      settings: { epochs: 2, hidden: [8], seed: 3 },
    })
    expect(result.validation.accuracy).toBeGreaterThan(0.5)
  })

  it('tests on the latest rows, on whole groups, or on another file', async () => {
    const rows = async (rest: string) =>
      JSON.parse((await train(`${rest} --no-report --json -f -o ${at('t')}`)).stdout).rows
    expect(await rows('--time since --test 0.25')).toEqual({ train: 300, test: 100 })
    expect(await rows('--groups plan --test 0.3')).toMatchObject({ train: expect.any(Number) })
    expect(await rows(`--test ${files['new.csv']}`)).toEqual({ train: 400, test: 50 })
  })

  it('overwrites nothing, unless told', async () => {
    const before = readFileSync(at('m', 'model.safetensors'))
    const refused = await train(`-o ${at('m')}`)
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain('is there already; --force overwrites it.')
    expect(readFileSync(at('m', 'model.safetensors'))).toEqual(before)
  })

  it('keeps its state when it is stopped, and goes on to the bits of a training without a break', async () => {
    const slow = '--epochs 40 --patience 40 --no-report --members 2 --seed 4'
    expect((await train(`${slow} -o ${at('whole')}`)).code).toBe(0)
    const stop = new AbortController()
    const running = train(`${slow} -o ${at('broken')}`, { signal: stop.signal })
    const begun = at('broken', 'checkpoints', 'network-2', 'best.safetensors')
    while (!existsSync(begun)) await new Promise((resume) => setTimeout(resume, 1))
    stop.abort()
    const stopped = await running
    expect(stopped.code).toBe(130)
    const [, advice] = /\n {2}chainrule (train .* --resume)\n/.exec(stopped.stderr)!
    expect(existsSync(at('broken', 'model.safetensors'))).toBe(false)
    expect((await train(`${slow} -o ${at('broken')}`)).stderr).toContain(
      '--resume goes on with it, --force begins anew.',
    )
    expect((await chainrule(advice!)).code).toBe(0)
    const [one, other] = await Promise.all(
      ['whole', 'broken'].map((name) => loadTensors(at(name, 'model.safetensors'))),
    )
    expect(other!.tensors).toEqual(one!.tensors)
    expect(readdirSync(at('broken')).sort()).toEqual(['metrics.json', 'model.safetensors'])
  })

  it.each([
    ['-t chruned', 2, 'there is no column "chruned". Did you mean churned? The columns are id, tenure'],
    ['', 2, '--target is needed: the column to predict.'],
    ['-t churned --ignore ids', 2, '--ignore: there is no column "ids". Did you mean id?'],
    ['-t churned --ignore churned', 2, '"churned" is the target'],
    ['-t churned --learning-rate 0', 2, '--learning-rate takes a number above 0 and at most 100, not "0".'],
    ['-t churned --activation rleu', 2, 'Did you mean relu?'],
    ['-t churned --types tenure=numerik', 2, 'not "tenure=numerik". Did you mean numeric?'],
    ['-t churned --test 2', 2, '--test takes a number from 0 to 0.999'],
    ['-t churned --test nothing.csv', 1, 'nothing.csv'],
    ['-t churned --time since --groups plan', 2, 'do not go together'],
    ['-t churned --task regression', 1, 'a target of numbers'],
    ['-t churned --config nothing.json', 2, 'There is no config file "nothing.json".'],
  ])('refuses %s, and writes nothing', async (rest, code, message) => {
    const outcome = await chainrule(`train ${files['customers.csv']} ${rest} -o ${at('refused')} -q`)
    expect(outcome.stderr).toContain(message)
    expect(outcome.code).toBe(code)
    expect(existsSync(at('refused', 'model.safetensors'))).toBe(false)
  })

  it.each([
    ['nothing', '', /./],
    ['a header alone', 'a,b\n', /no rows/],
    ['ragged rows', 'a,b\n1,2\n3,4,5\n', /line 3/],
    ['an open quote', 'a,b\n1,"2\n', /line 2/],
    ['bytes that are no text', '\0\x01\x02', /./],
    ['one class', 'a,b\n1,x\n2,x\n3,x\n4,x\n5,x\n6,x\n', /class/],
  ])('says what is wrong with %s', async (name, text, message) => {
    const path = at(`${name.replaceAll(' ', '-')}.csv`)
    writeFileSync(path, text)
    const { code, stderr, stdout } = await chainrule(`train ${path} -t b -q -o ${at('refused')}`)
    expect(stderr).toMatch(message)
    expect(stderr).not.toContain('not an error that was foreseen')
    expect([code, stdout]).toEqual([1, ''])
  })
})

describe('evaluate', () => {
  it('scores another file, with a report', async () => {
    const { code, stdout } = await chainrule(`evaluate ${at('m')} ${files['new.csv']} --report ${at('e.html')} --json`)
    const result = JSON.parse(stdout)
    expect(code).toBe(0)
    expect(result).toMatchObject({ rows: 50, target: 'churned', report: at('e.html') })
    expect(result.scores.accuracy).toBeGreaterThan(0.7)
    expect(readFileSync(at('e.html'), 'utf8')).toContain('Confusion matrix')
    expect((await chainrule(`evaluate ${at('m')} ${files['new.csv']} --report ${at('e.html')}`)).code).toBe(2)
    expect((await chainrule(`evaluate ${at('m')} ${files['new.csv']} --report x.pdf`)).code).toBe(2)
  })

  it('names the column that is missing', async () => {
    const path = at('less.csv')
    writeFileSync(path, customers(20).replace('tenure', 'tenre'))
    const { code, stderr } = await chainrule(`evaluate ${at('m')} ${path}`)
    expect([code, stderr]).toEqual([2, expect.stringContaining('lacks a column of the training: there is no column "tenure". Did you mean tenre?')]) // biome-ignore format: a row
  })
})

describe('predict', () => {
  it('writes what the library predicts, from a file and from a pipe, as CSV and as JSON lines', async () => {
    const model = await loadTabular(at('m', 'model.safetensors'))
    const input = customers(50, 5)
    const objects = input.trimEnd().split('\n').slice(1).map((line) => {
      const [id, tenure, plan, autopay, since] = line.split(',')
      return { id: Number(id), tenure: tenure === '' ? null : Number(tenure), plan, autopay: autopay === 'true', since: new Date(since!) }
    }) // biome-ignore format: one thought
    const { prediction, probabilities } = await model.predict(objects)
    const csv = await chainrule(`predict ${at('m')} ${files['new.csv']} --with id -p`)
    expect(csv.code).toBe(0)
    const [head, ...lines] = csv.stdout.trimEnd().split('\n')
    expect(head).toBe('id,prediction,probability_no,probability_yes')
    for (const [i, line] of lines.entries()) {
      const [id, value, no] = line.split(',')
      expect([Number(id), value]).toEqual([i, prediction[i]])
      expect(Number(no)).toBeCloseTo(probabilities!.at(i, 0), 6)
    }
    const piped = await chainrule(`predict ${at('m')} --format jsonl`, { stdin: input })
    expect(piped.stdout.trimEnd().split('\n').map((line) => JSON.parse(line).prediction)).toEqual(prediction) // biome-ignore format: one call
    const jsonl = objects.map((row) => `${JSON.stringify(row)}\n`).join('\n')
    const lined = await chainrule(`predict ${at('m')} - --input jsonl --json`, { stdin: jsonl })
    expect(lined.stdout).toBe(piped.stdout)
    expect(lined.stderr).toBe('50 predictions of churned.\n')
  })

  it('reads in chunks, and quotes what must be', async () => {
    const rows = Array.from({ length: 20000 }, (_, i) => `${i % 70},basic,true,2021-01-01,"a ""b"", c"`)
    const stdin = `tenure,plan,autopay,since,note\n${rows.join('\n')}\n`
    const { stdout } = await chainrule(`predict ${at('m')} --with note`, { stdin })
    const lines = stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(20001)
    expect(lines[20000]).toMatch(/^"a ""b"", c",(yes|no)$/)
    expect(lines[1 + 70]).toBe(lines[1 + 140])
  })

  it.each([
    ['a column that lacks', 'tenre,plan,autopay,since\n1,basic,true,2021-01-01\n', '"tenure"'],
    ['values of another kind', 'tenure,plan,autopay,since\nmany,basic,true,2021-01-01\n', 'line 2'],
    ['ragged rows', 'tenure,plan,autopay,since\n1,basic,true\n', 'line 2'],
  ])('says what is wrong with %s', async (_, stdin, message) => {
    const { code, stderr, stdout } = await chainrule(`predict ${at('m')}`, { stdin })
    expect(stderr).toContain(message)
    expect(code).toBeGreaterThan(0)
    expect(stdout).toBe('')
  })

  it.each([
    ['{"tenure": 1,', 'line 1'],
    ['{"tenure": 1}\n[1]\n', 'line 2'],
    ['{"tenre": 1}\n', 'there is no column "tenure". Did you mean tenre?'],
  ])('says what is wrong with %j', async (stdin, message) => {
    const { code, stderr } = await chainrule(`predict ${at('m')} --input jsonl`, { stdin })
    expect([code > 0, stderr]).toEqual([true, expect.stringContaining(message)])
  })

  it('makes a prediction of nothing out of nothing', async () => {
    const stdin = 'tenure,plan,autopay,since\n'
    expect(await chainrule(`predict ${at('m')}`, { stdin })).toMatchObject({
      code: 0,
      stderr: '0 predictions of churned.\n',
    })
  })

  it('refuses a file that is no model', async () => {
    writeFileSync(at('bad.safetensors'), 'no model')
    const { code, stderr } = await chainrule(`predict ${at('bad.safetensors')}`, { stdin: 'a\n1\n' })
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^Error: Expected /)])
  })
})

describe('inspect, export and import', () => {
  it('show what a model is', async () => {
    const { stdout } = await chainrule(`inspect ${at('m')} --picture ${at('m.svg')}`)
    for (const part of ['predicts', 'churned (binary)', 'labels', 'no, yes', 'hidden 16', '2-layer network'])
      expect(stdout).toContain(part)
    expect(readFileSync(at('m.svg'), 'utf8')).toMatch(/^<svg /)
    const result = JSON.parse((await chainrule(`inspect ${at('m')} --json`)).stdout)
    expect(result).toMatchObject({ format: 'chainrule', labels: ['no', 'yes'], training: { target: 'churned' } })
    expect((await chainrule(`inspect ${at('m')} --picture ${at('m.png')}`)).code).toBe(0)
    expect(readFileSync(at('m.png')).subarray(1, 4).toString()).toBe('PNG')
    expect((await chainrule(`inspect ${at('m')} --picture ${at('m.svg')}`)).code).toBe(2)
  })

  it('go to ONNX and back', async () => {
    expect(await chainrule(`export ${at('m')} ${at('m.onnx')}`)).toMatchObject({ code: 0 })
    expect((await chainrule(`export ${at('m')} ${at('m.onnx')}`)).code).toBe(2)
    expect((await chainrule(`inspect ${at('m.onnx')}`)).stdout).toContain('Gemm')
    expect(await chainrule(`export ${at('m')} ${at('table.onnx')} --preprocessing`)).toMatchObject({ code: 0 })
    const { inputs } = JSON.parse((await chainrule(`inspect ${at('table.onnx')} --json`)).stdout)
    expect(inputs.map(({ name }: { name: string }) => name)).toEqual(['tenure', 'plan', 'autopay', 'since'])
    expect(await chainrule(`import ${at('m.onnx')} ${at('back.safetensors')}`)).toMatchObject({ code: 0 })
    const [one, other] = await Promise.all([at('m', 'model.safetensors'), at('back.safetensors')].map(loadTensors))
    const numbers = (tensors: object) => Object.values(tensors).map(({ data }) => Array.from(data)).sort() // biome-ignore format: one thought
    expect(numbers(other!.tensors)).toEqual(numbers(one!.tensors))
  })

  it.each([
    ['export nothing x.onnx', 2, 'There is no model "nothing"'],
    ['export package.json x.txt', 2, 'ends in .onnx; "x.txt" does not'],
    ['import nothing.onnx', 2, 'There is no file "nothing.onnx"'],
    ['import package.json x.safetensors', 1, 'Expected an ONNX model'],
  ])('%s', async (line, code, message) => {
    const outcome = await chainrule(line)
    expect(outcome.stderr).toContain(message)
    expect(outcome.code).toBe(code)
  })
})
