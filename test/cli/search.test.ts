// Searches: the space, the points of grids and of chance, halving, what is written down, and the command as a process.
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { rungs } from '../../lib/cli/halving.js'
import { drawn, grid, parseDimension, pointText } from '../../lib/cli/space.js'
import { TrialFile } from '../../lib/cli/trials.js'
import { texts } from '../draw/xml.js'
import { customers, houses, written } from './tables.js'

const folder = mkdtempSync(join(tmpdir(), 'chainrule-search-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('the space', () => {
  it.each([
    ['learning-rate=0.001..0.1', { low: 0.001, high: 0.1 }],
    ['learningRate=0.1,1', { values: [0.1, 1] }],
    ['hidden=64,128x64,none', { values: [[64], [128, 64], []] }],
    ['activation=relu,gelu', { values: ['relu', 'gelu'] }],
    ['batch-size=16..256', { low: 16, high: 256 }],
  ])('%s', (text, expected) => expect(parseDimension(text)).toMatchObject(expected))

  it.each([
    ['lr=1', 'There is no hyperparameter "lr".'],
    ['epoch=1', 'Did you mean epochs?'],
    ['epochs', 'Write epochs=a,b,c'],
    ['epochs=', 'takes a whole number'],
    ['epochs=5..1', 'takes a whole number'],
    ['learning-rate=0..1', 'takes a number above 0'],
    ['weight-decay=0..1', 'begins above 0, not at 0'],
    ['hidden=1..2', 'takes numbers of units'],
    ['activation=rleu', 'takes one of'],
  ])('refuses %s', (text, message) => expect(() => parseDimension(text)).toThrow(message))

  it('makes grids of all combinations, ranges by factors where factors count', () => {
    const points = grid(['hidden=8,16', 'learning-rate=0.001..0.1'].map(parseDimension), 3)
    expect(points).toHaveLength(6)
    expect(new Set(points.map(pointText)).size).toBe(6)
    expect(points.map(({ learningRate }) => learningRate)).toEqual([0.001, 0.001, 0.01, 0.01, 0.1, 0.1])
    expect(grid(['epochs=1..3'].map(parseDimension), 9)).toHaveLength(3)
    expect(() => grid(Array(6).fill(parseDimension('dropout=0..0.5')), 5)).toThrow('15,625 points')
  })

  it('draws points that stay the same, all over the ranges', () => {
    const space = ['learning-rate=0.0001..1', 'dropout=0..0.5', 'hidden=4,8', 'batch-size=16..64'].map(parseDimension)
    const points = drawn(space, 200, 7)
    expect(drawn(space, 50, 7)).toEqual(points.slice(0, 50))
    expect(drawn(space, 50, 8)).not.toEqual(points.slice(0, 50))
    const rates = points.map(({ learningRate }) => Math.log10(learningRate as number))
    for (const decade of [-4, -3, -2, -1]) {
      const share = rates.filter((rate) => rate >= decade && rate < decade + 1).length / 200
      expect(share).toBeGreaterThan(0.15)
    }
    for (const { dropout, hidden, batchSize } of points) {
      expect(dropout).toBeLessThanOrEqual(0.5)
      expect([4, 8]).toContain((hidden as number[])[0])
      expect(Number.isInteger(batchSize)).toBe(true)
    }
  })
})

it.each([
  [27, 27, 3, [[27, 1], [9, 3], [3, 9], [1, 27]]],
  [10, 50, 3, [[10, 6], [3, 17], [1, 50]]],
  [2, 5, 3, [[2, 5]]],
  [1, 5, 2, [[1, 5]]],
  [8, 2, 2, [[8, 1], [4, 1], [2, 1], [1, 2]]],
] as const)('%i trials to %i epochs, one in %i', (trials, epochs, factor, expected) => {
  expect(rungs(trials, epochs, factor).map((rung) => [rung.trials, rung.epochs])).toEqual(expected)
}) // biome-ignore format: a table

it('trials are known again, whatever order their settings have, and a torn line counts for nothing', async () => {
  const path = join(folder, 'trials.jsonl')
  const file = await TrialFile.create(path, { a: 1 })
  const outcome = {
    number: 1,
    values: { epochs: 2, dropout: 0.1 },
    score: 1,
    loss: 1,
    metrics: {},
    parameters: 3,
    seconds: 1,
  }
  await file.add(outcome)
  writeFileSync(path, `${readFileSync(path, 'utf8')}{"number":2,"val`)
  const again = await TrialFile.open(path, { a: 1 })
  expect(again.known({ number: 9, values: { dropout: 0.1, epochs: 2 } })).toEqual(outcome)
  expect(again.known({ number: 1, values: { dropout: 0.1, epochs: 2 }, epochs: 3 })).toBeUndefined()
  await again.add({ ...outcome, number: 2 })
  expect(readFileSync(path, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line))).toHaveLength(3) // biome-ignore format: one call
  await expect(TrialFile.open(path, { a: 2 })).rejects.toThrow('is of another search')
})

describe('the command', () => {
  const { 'customers.csv': data } = written(folder, { 'customers.csv': customers(240) })
  const program = resolve(import.meta.dirname, '../../dist/bin/chainrule.mjs')
  const search = (...words: string[]) =>
    new Promise<{ code: unknown; stdout: string; stderr: string }>((done) => {
      const args = [program, 'search', data!, '-t', 'churned', '--ignore', 'id', '--epochs', '4', '--json', ...words]
      execFile(process.execPath, args, (error, stdout, stderr) => done({ code: error?.code ?? 0, stdout, stderr }))
    })

  it('tries points in worker threads, writes tables, a picture and the best settings, and goes on', async () => {
    const out = join(folder, 'out')
    const words = ['-n', '4', '-j', '2', '-o', out, 'hidden=4,8', 'learning-rate=0.001..0.1']
    const { code, stdout } = await search(...words)
    expect(code).toBe(0)
    const { best, trials } = JSON.parse(stdout)
    expect(trials).toHaveLength(4)
    expect(best.loss).toBe(Math.min(...trials.map(({ loss }: { loss: number }) => loss)))
    expect(JSON.parse(readFileSync(join(out, 'best.json'), 'utf8'))).toEqual(best.settings)
    expect(readFileSync(join(out, 'results.csv'), 'utf8')).toMatch(/^trial,hidden,learningRate,loss,accuracy,/)
    expect(texts(readFileSync(join(out, 'results.svg'), 'utf8'))).toContain('Best loss so far')
    // The same again after half of the trials were lost: the same best, and only the lost ones are run.
    const log = join(out, 'trials.jsonl')
    writeFileSync(log, readFileSync(log, 'utf8').split('\n').slice(0, 3).join('\n'))
    const again = await search(...words, '--resume')
    expect(again.stderr).toContain('2 of 4 trials are known already.')
    const { score, values } = JSON.parse(again.stdout).best
    expect({ score, values }).toEqual({ score: best.score, values: best.values })
    expect((await search(...words)).code).toBe(2)
  })

  it('halves, and judges by another score', async () => {
    const out = join(folder, 'halved')
    const { code, stdout } = await search('-m', 'halving', '-n', '4', '--factor', '2', '--by', 'accuracy', '-o', out, 'hidden=4,8', 'dropout=0,0.1') // biome-ignore format: one call
    expect(code).toBe(0)
    const { best, trials } = JSON.parse(stdout)
    expect(trials.map(({ epochs }: { epochs: number }) => epochs).sort()).toEqual([1, 1, 1, 1, 2, 2, 4])
    expect(best.epochs).toBe(4)
    expect(best.score).toBe(best.metrics.accuracy)
  })

  it('goes on where trials fail, takes settings from a file, and shows the best of many', async () => {
    const { 'houses.csv': other } = written(folder, { 'houses.csv': houses(40) })
    const config = join(folder, 'config.json')
    writeFileSync(
      config,
      JSON.stringify({ task: 'regression', seed: 3, validation: 0.3, epochs: 40, members: 1, optimizer: 'sgd' }),
    )
    const out = join(folder, 'grid')
    const args = [
      program,
      'search',
      other!,
      '-t',
      'price',
      '-c',
      config,
      '-o',
      out,
      '-m',
      'grid',
      '-j',
      '2',
      '--by',
      'rSquared',
    ]
    const words = ['learning-rate=0.01,100', 'hidden=4,6', 'dropout=0..0.2']
    const { code, stdout, stderr } = await new Promise<{ code: unknown; stdout: string; stderr: string }>((done) =>
      execFile(process.execPath, [...args, ...words], (error, stdout, stderr) =>
        done({ code: error?.code ?? 0, stdout, stderr }),
      ),
    )
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(stderr).toMatch(/trial \d+ {2}failed: /)
    expect(stdout).toContain('… and 2 more')
    expect(stdout).toContain('failed')
    const [first, ...rest] = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')).trials
    expect(first.error).toBeUndefined()
    expect(rest.filter(({ error }: { error?: string }) => error)).toHaveLength(6)
  })

  it('says which scores there are', async () => {
    const { code, stderr } = await search('-n', '1', '--by', 'acuracy', '-o', join(folder, 'by'))
    expect([code, stderr]).toEqual([1, expect.stringContaining('--by takes loss, accuracy')])
    expect(existsSync(join(folder, 'by', 'results.csv'))).toBe(false)
  })
})
