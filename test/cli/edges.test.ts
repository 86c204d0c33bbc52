// What command lines say at their edges: other separators and kinds, one row, many tensors, files without much in them.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { notesOf, scoresFor, scoreTable, testNotes } from '../../lib/cli/results.js'
import { quoted } from '../../lib/cli/resume.js'
import { secondsText, table } from '../../lib/cli/table.js'
import { saveTensors, zeros } from '../../lib/index.js'
import { chainrule } from './terminal.js'

const folder = mkdtempSync(join(tmpdir(), 'chainrule-edges-'))
const at = (name: string) => join(folder, name)
const put = (name: string, content: string) => {
  writeFileSync(at(name), content)
  return at(name)
}
afterAll(() => rmSync(folder, { recursive: true }))

const line = (i: number) => `${i % 7}\t${['a', 'b', 'none'][i % 3]}\t${i % 2 ? 'yes' : 'no'}`
const lines = (from: number, count: number) => Array.from({ length: count }, (_, i) => line(from + i)).join('\n')
const quick = '-t kept --epochs 1 --members 1 --hidden 4 --quiet --no-report --json'

beforeAll(async () => {
  put('rows.txt', `size\tkind\tkept\n${lines(0, 60)}\n`)
  const reading = '--delimiter tab --missing none --types size=numeric,kind=categorical'
  const { code, stderr } = await chainrule(`train ${at('rows.txt')} ${quick} ${reading} -o ${at('m')}`)
  expect({ code, stderr }).toMatchObject({ code: 0 })
})

describe('predict', () => {
  it('says 1 of one row, and keeps all columns', async () => {
    const one = put('one.tsv', `size\tkind\n${line(1).split('\t').slice(0, 2).join('\t')}\n`)
    const { code, stdout, stderr } = await chainrule(`predict ${at('m')} ${one} --with all --delimiter \\t`)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '1 prediction of kept.\n' })
    expect(stdout).toMatch(/^size,kind,prediction\n1,b,(yes|no|true|false)\n$/)
  })

  it('gives probabilities by class in JSON, of JSON lines from a file and from a terminal', async () => {
    const input = '{"size":3,"kind":"a"}\n{"size":null,"kind":"b"}\n'
    const words = `--probabilities --format jsonl`
    const read = await chainrule(`predict ${at('m')} ${put('rows.jsonl', input)} ${words}`)
    const [first] = read.stdout.split('\n').map((text) => text && JSON.parse(text))
    expect(Object.keys(first.probabilities)).toHaveLength(2)
    const piped = await chainrule(`predict ${at('m')} - --input jsonl --missing ? ${words}`, { stdin: input })
    expect(piped.stdout).toBe(read.stdout)
  })

  it('names what lacks, among the columns that are there', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `c${i}`)
    const wide = put('wide.csv', `${names.join()}\n${names.map(() => 1).join()}\n`)
    const { code, stderr } = await chainrule(`predict ${at('m')} ${wide}`)
    expect(code).toBe(2)
    expect(stderr).toMatch(/no column "(size|kind)".* c29, …\.$/m)
  })
})

it('kinds that are none are refused with the likeliest', async () => {
  const { code, stderr } = await chainrule(`train ${at('rows.txt')} -t kept --types kind=catgorical`)
  expect([code, stderr]).toEqual([2, expect.stringContaining('Did you mean categorical?')])
  expect((await chainrule(`train ${at('rows.txt')} -t kept --types =numeric`)).code).toBe(2)
})

it('evaluate without a report, and of rows without a target', async () => {
  const rows = put('other.tsv', `size\tkind\tkept\n1\ta\tyes\n2\tb\tno\n3\ta\t\n4\ta\tmaybe\n`)
  const { code, stdout, stderr } = await chainrule(`evaluate ${at('m')} ${rows} --delimiter tab`)
  expect(code).toBe(0)
  expect(`${stdout}${stderr}`).toMatch(/of classes that the model does not know|no value of the target/)
  expect(stdout).not.toContain('Report')
})

describe('inspect', () => {
  it('shows the first of many tensors, and draws none of them', async () => {
    const tensors = Object.fromEntries(Array.from({ length: 80 }, (_, i) => [`t${i}`, zeros([2])]))
    await saveTensors(tensors, at('many.safetensors'))
    const { code, stdout } = await chainrule(`inspect ${at('many.safetensors')}`)
    expect([code, stdout]).toEqual([0, expect.stringMatching(/… and \d+ more/)])
    const drawn = await chainrule(`inspect ${at('many.safetensors')} --picture ${at('x.svg')}`)
    expect([drawn.code, drawn.stderr]).toEqual([2, expect.stringContaining('holds no network that could be drawn')])
  })

  it('goes to ONNX and back under names of its own', async () => {
    const model = join(at('m'), 'model.safetensors')
    const out = await chainrule(`export ${model} --opset 17`)
    expect([out.code, existsSync(join(at('m'), 'model.onnx'))], out.stderr).toEqual([0, true])
    expect((await chainrule(`inspect ${join(at('m'), 'model.onnx')}`)).code).toBe(0)
  })
})

describe('words', () => {
  const record = (more: object) => ({ data: { dropped: 0, ignored: [], classes: null }, ...more }) as never
  const judged = (missing: number, unknown: number) => ({ missing, unknown }) as never

  it('of a training', () => {
    const classes = [{ label: 'a', rows: 1500 }, { label: 'b', rows: 1 }] // biome-ignore format: a table
    expect(notesOf(record({}), undefined)).toEqual([])
    const data = { dropped: 1, ignored: [{ name: 'id', reason: 'one value' }], classes }
    expect(notesOf(record({ data, classWeights: [0.5, 9] }), judged(2, 3))).toEqual([
      '1 row without a value of the target were left out of the training.',
      'Column id is not used: one value.',
      'Classes are very unequal: b has 1 row, each of which counts 9 times in the loss.',
      '2 tested rows have no value of the target and are left out.',
      '3 tested rows are of classes that the model does not know and are left out.',
    ])
    const even = { dropped: 2000, ignored: [], classes: [...classes].reverse() }
    expect(notesOf(record({ data: even, classWeights: [9, 0.5] }), judged(0, 0))).toEqual([
      '2,000 rows without a value of the target were left out of the training.',
      'Classes are very unequal: b has 1 row, each of which counts 9 times in the loss.',
    ])
    expect(testNotes(undefined)).toEqual([])
  })

  it('of scores', () => {
    expect(scoresFor({ record: {} } as never, undefined)).toEqual({ test: null, validation: null })
    expect(scoreTable({ test: null, validation: null }, 80)).toBe('Nothing to judge it by: no row was kept out.')
    const shown = scoreTable({ test: null, validation: { accuracy: 0.5, myOwnScore: 2 } }, 80)
    expect(shown).toMatch(/50\.00 %/)
    expect(shown).toMatch(/my own score +2/)
  })

  it('of shells, seconds and tables', () => {
    expect(['a.csv', `it's`].map(quoted)).toEqual(['a.csv', `'it'\\''s'`])
    expect([0.5, 12.3, 75].map(secondsText)).toEqual(['0.5 s', '12 s', expect.stringContaining('1')])
    expect(table(['a', 'b'], [], 80)).toMatch(/^a +b/)
    expect(table(['a', 'b'], [['x']], 80)).toContain('x')
  })
})

it('doctor says what is there and what is not', async () => {
  const { code, stdout } = await chainrule('doctor --json')
  const { ok, checks } = JSON.parse(stdout)
  expect({ code, ok }).toEqual({ code: 0, ok: true })
  expect(checks.length).toBeGreaterThan(1)
})
