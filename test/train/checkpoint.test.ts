// Trainings that stop and go on from a checkpoint end with the bits of one that did not stop; files survive kills; refusals.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import {
  Adam,
  BatchNorm,
  CrossEntropy,
  checkpoint,
  Dropout,
  type FitOptions,
  fit,
  type History,
  Linear,
  type Model,
  type Optimizer,
  ReLU,
  RMSProp,
  Sequential,
  SGD,
  schedules,
  setThreads,
} from '../../lib/index.js'
import { generator } from '../support.js'

const root = mkdtempSync(join(tmpdir(), 'chainrule-checkpoint-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let folders = 0
const fresh = () => join(root, String(folders++), 'inner')

// 45 rows in batches of 8: six per epoch.
const next = generator(3)
const x = Array.from({ length: 45 }, () => [next() - 0.5, next() - 0.5, next() - 0.5])
const data = { x, y: x.map(([a, b]) => (a! * b! > 0 ? 1 : 0)) }
const network = (dtype: 'float32' | 'float64' = 'float32') =>
  new Sequential(
    new Linear(3, 40, { dtype, seed: 1 }),
    new BatchNorm(40, { dtype }),
    new ReLU(),
    new Dropout(0.3, { seed: 4 }),
    new Linear(40, 2, { dtype, seed: 2 }),
  )
/** Runs gate by gate: fit does not know its rule. */
class Unknown extends Adam {}

const numbersOf = (history: History) => history.epochs.map(({ seconds, samplesPerSecond, ...numbers }) => numbers)
const bits = (model: Model) => Object.values(model.stateDict()).map(({ data }) => Array.from(data))

/** Trains in one go, and again with a break after some batches; both must agree. */
async function compare(
  make: () => { model: Model; options: FitOptions },
  breakAfter: number,
  rhythm: { everyBatches?: number } = { everyBatches: 1 },
): Promise<void> {
  const whole = make()
  const expected = await fit(whole.model, data, whole.options)
  const folder = fresh()
  const first = make()
  const controller = new AbortController()
  let batches = 0
  const breaking = { pauseEvery: 1, pause: () => void (++batches === breakAfter && controller.abort()) }
  const callbacks = [...(first.options.callbacks ?? []), checkpoint({ folder, ...rhythm }), breaking]
  await expect(fit(first.model, data, { ...first.options, callbacks, signal: controller.signal })).rejects.toThrow()
  const second = make()
  const found = await fit(second.model, data, { ...second.options, resume: folder })
  expect(numbersOf(found)).toEqual(numbersOf(expected))
  expect(bits(second.model)).toEqual(bits(whole.model))
}

const base = { loss: new CrossEntropy(), epochs: 4, batchSize: 8, validation: data, verbose: false }

describe('a training that goes on ends as one that did not stop', () => {
  const optimizers: [string, () => Optimizer][] = [
    ['compiled', () => new Adam({ learningRate: 0.02 })],
    ['eager', () => new Unknown({ learningRate: 0.02 })],
    ['RMSProp with sparse states', () => new RMSProp({ centered: true })],
    ['SGD without state', () => new SGD()],
  ]
  it.each(optimizers)('%s, for 1 and 2 threads, float32 and float64', async (_, optimizer) => {
    for (const threads of [1, 2]) {
      setThreads(threads)
      for (const dtype of ['float32', 'float64'] as const) {
        for (const at of [1, 6, 9]) {
          await compare(() => ({ model: network(dtype), options: { ...base, optimizer: optimizer() } }), at)
        }
      }
    }
  })

  it('with schedules, also ones that remember', async () => {
    for (const schedule of [
      schedules.oneCycle({ maximum: 0.1 }),
      schedules.reduceOnPlateau({ patience: 0, threshold: 0.9, factor: 0.5 }),
      schedules.warmUp({ steps: 3, next: schedules.reduceOnPlateau({ patience: 0, threshold: 0.9 }) }),
    ]) {
      await compare(() => ({ model: network(), options: { ...base, schedule, optimizer: new Adam() } }), 19)
    }
  })

  it('after a callback has changed the learning rate', async () => {
    await compare(() => {
      const optimizer = new SGD({ learningRate: 0.2 })
      const halve = {
        epoch: () => {
          optimizer.learningRate /= 2
        },
      }
      return { model: network(), options: { ...base, optimizer, callbacks: [halve] } }
    }, 15)
  })

  it('with gradients of several batches', async () => {
    const options = () => ({ ...base, optimizer: new Adam(), accumulate: 4 })
    await compare(() => ({ model: network(), options: options() }), 11)
  })

  it('from the last epoch, where that is the rhythm, and from the file itself', async () => {
    await compare(() => ({ model: network(), options: { ...base, optimizer: new Adam() } }), 15, {})
    const folder = fresh()
    await fit(network(), data, { ...base, optimizer: new Adam(), epochs: 2, callbacks: [checkpoint({ folder })] })
    const [model, whole] = [network(), network()]
    await fit(model, data, { ...base, optimizer: new Adam(), resume: join(folder, 'checkpoint-000000012.safetensors') })
    await fit(whole, data, { ...base, optimizer: new Adam() })
    expect(bits(model)).toEqual(bits(whole))
  })

  it('with data in batches', async () => {
    const stream = {
      *[Symbol.iterator]() {
        for (let i = 0; i < 45; i += 9) yield { x: x.slice(i, i + 9), y: data.y.slice(i, i + 9) }
      },
    }
    const options = { loss: new CrossEntropy(), epochs: 3, verbose: false }
    const [whole, model] = [network(), network()]
    await fit(whole, stream, { ...options, optimizer: new Adam() })
    const folder = fresh()
    const controller = new AbortController()
    let batches = 0
    const breaking = { pause: () => void (++batches === 7 && controller.abort()) }
    const callbacks = [checkpoint({ folder, everyBatches: 1 }), breaking]
    const given = { ...options, optimizer: new Adam(), callbacks, signal: controller.signal }
    await expect(fit(network(), stream, given)).rejects.toThrow()
    await fit(model, stream, { ...options, optimizer: new Adam(), resume: folder })
    expect(bits(model)).toEqual(bits(whole))
  })

  it('where everything was over: nothing is left to do', async () => {
    const folder = fresh()
    const model = network()
    const history = await fit(model, data, { ...base, optimizer: new Adam(), callbacks: [checkpoint({ folder })] })
    const again = network()
    const found = await fit(again, data, { ...base, optimizer: new Adam(), resume: folder })
    expect(numbersOf(found)).toEqual(numbersOf(history))
    expect(bits(again)).toEqual(bits(model))
  })
})

describe('files', () => {
  it('the newest are kept; an empty or missing folder begins anew', async () => {
    const folder = fresh()
    const callbacks = [checkpoint({ folder, everyBatches: 5, keep: 2 })]
    const history = await fit(network(), data, { ...base, optimizer: new Adam(), callbacks, resume: folder })
    expect(history.epochs.length).toBe(4)
    expect(readdirSync(folder).sort()).toEqual(['checkpoint-000000015.safetensors', 'checkpoint-000000020.safetensors'])
  })

  it('every so many seconds', async () => {
    const folder = fresh()
    const callbacks = [checkpoint({ folder, everySeconds: 1e-6, keep: 100 })]
    await fit(network(), data, { ...base, optimizer: new Adam(), callbacks })
    expect(readdirSync(folder).length).toBeGreaterThan(0)
    const rare = fresh()
    await fit(network(), data, {
      ...base,
      optimizer: new Adam(),
      callbacks: [checkpoint({ folder: rare, everySeconds: 1e6 })],
    })
    expect(readdirSync(rare)).toEqual([])
  })

  it('a damaged file is refused and changes nothing', async () => {
    const folder = fresh()
    await fit(network(), data, { ...base, optimizer: new Adam(), epochs: 1, callbacks: [checkpoint({ folder })] })
    const path = join(folder, readdirSync(folder)[0]!)
    const bytes = readFileSync(path)
    bytes[bytes.length - 9]! ^= 1
    writeFileSync(path, bytes)
    const model = network()
    const before = bits(model)
    await expect(fit(model, data, { ...base, optimizer: new Adam(), resume: folder })).rejects.toMatchObject({
      code: 'INVALID_FORMAT',
      message: expect.stringContaining('the file is damaged'),
    })
    expect(bits(model)).toEqual(before)
  })

  it('a process that is killed leaves a checkpoint, and the rest ends as if nothing had happened', async () => {
    const script = `
      import { Adam, checkpoint, CrossEntropy, fit, mlp } from 'chainrule'
      const model = mlp({ inputs: 20, hidden: [200], outputs: 2, seed: 1 })
      const x = Float32Array.from({ length: 20 * 64 }, (_, i) => Math.sin(i * i))
      const y = Int32Array.from({ length: 64 }, (_, i) => (x[20 * i] > 0 ? 1 : 0))
      const [folder, epochs] = process.argv.slice(1)
      const callbacks = [checkpoint({ folder, everyBatches: 1 }), { pause: () => process.stdout.write('.') }]
      const options = { loss: new CrossEntropy(), optimizer: new Adam(), epochs: +epochs, batchSize: 8, verbose: false }
      await fit(model, { x, y }, { ...options, callbacks, resume: folder })
      const { buffer, byteOffset, byteLength } = model.block.values
      console.log(Buffer.from(buffer, byteOffset, byteLength).toString('base64'))`
    const run = (folder: string, epochs: number) =>
      spawn(process.execPath, ['--input-type=module', '--eval', script, folder, String(epochs)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
    const finish = async (folder: string) => {
      const child = run(folder, 6)
      let text = ''
      child.stdout.on('data', (part) => {
        text += part
      })
      await once(child, 'exit')
      return text.replace(/^\.*/, '')
    }
    const expected = await finish(fresh())
    expect(expected.length).toBeGreaterThan(1000)
    const folder = fresh()
    for (const delay of [0, 5, 11]) {
      const child = run(folder, 6)
      await once(child.stdout, 'data')
      await setTimeout(delay)
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    expect(await finish(folder)).toBe(expected)
  })
})

describe('refusals', () => {
  it.each<[string, unknown]>([
    ['no options', undefined],
    ['no folder', {}],
    ['an empty folder name', { folder: '' }],
    ['everyBatches 0', { folder: 'f', everyBatches: 0 }],
    ['everySeconds 0', { folder: 'f', everySeconds: 0 }],
    ['both', { folder: 'f', everyBatches: 1, everySeconds: 1 }],
    ['keep 0', { folder: 'f', keep: 0 }],
    ['unknown', { folder: 'f', every: 1 }],
  ])('checkpoint: %s', (_, given) => {
    expect(() => checkpoint(given as never)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })

  it('resume: another optimizer, other options, batches, seeds, models', async () => {
    const folder = fresh()
    await fit(network(), data, { ...base, optimizer: new Adam(), epochs: 1, callbacks: [checkpoint({ folder })] })
    for (const [other, model] of [
      [{ optimizer: new SGD() }],
      [{ optimizer: new Adam({ epsilon: 1e-3 }) }],
      [{ batchSize: 9 }],
      [{ seed: 3 }],
      [{ shuffle: false }],
      [{ accumulate: 2 }],
      [{ resume: join(folder, 'checkpoint-000000001.safetensors') }],
      [{ resume: 3 as never }],
      [{ optimizer: { step() {} } }],
      [{}, new Sequential(new Linear(3, 2))],
      [{}, network('float64')],
    ] as [Partial<FitOptions>, Model?][]) {
      const mine = model ?? network()
      const before = bits(mine)
      const given = { ...base, optimizer: new Adam(), resume: folder, ...other }
      await expect(fit(mine, data, given), JSON.stringify(other)).rejects.toMatchObject({
        code: expect.stringMatching(/INVALID_ARGUMENT|FILE_FAILED|SHAPE_MISMATCH|DTYPE_MISMATCH/),
      })
      expect(bits(mine)).toEqual(before)
    }
  })

  it('a folder that cannot be made', async () => {
    const file = join(root, 'file')
    writeFileSync(file, '')
    const callbacks = [checkpoint({ folder: join(file, 'inner') })]
    await expect(fit(network(), data, { ...base, optimizer: new Adam(), callbacks })).rejects.toMatchObject({
      code: 'FILE_FAILED',
    })
  })
})
