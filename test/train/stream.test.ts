// fit over data that comes batch by batch.
import { describe, expect, it } from 'vitest'
import { fit, Linear, MeanSquaredError, ReLU, type Samples, Sequential, SGD, tensor } from '../../lib/index.js'

const x = new Float32Array(90).map((_, i) => Math.sin(i))
const y = new Float32Array(30).map((_, i) => Math.cos(i))

function part(from: number, to: number): Samples {
  return { x: x.slice(3 * from, 3 * to), y: tensor(y.slice(from, to), { shape: [to - from, 1] }) }
}

const network = () => new Sequential(new Linear(3, 8), new ReLU(), new Linear(8, 1)).initialize(4)
const base = () => ({
  loss: new MeanSquaredError(),
  optimizer: new SGD({ learningRate: 0.05 }),
  epochs: 3,
  verbose: false,
})
const slices = [
  [0, 8],
  [8, 16],
  [16, 24],
  [24, 30],
] as const

/** A source that can be read again and notes what is asked of it. */
class Source {
  readonly log: string[] = []
  readonly delay: number
  constructor(delay = 0) {
    this.delay = delay
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<Samples> {
    try {
      for (const [i, [from, to]] of slices.entries()) {
        this.log.push(`read ${i + 1}`)
        if (this.delay > 0) await new Promise((resume) => setTimeout(resume, this.delay))
        yield part(from, to)
      }
    } finally {
      this.log.push('closed')
    }
  }
}

describe('a stream of batches', () => {
  const kinds: Record<string, () => AsyncIterable<Samples> | Iterable<Samples>> = {
    'an async iterable': () => new Source(),
    'an array': () => slices.map(([from, to]) => part(from, to)),
    'an iterable': () => ({
      *[Symbol.iterator]() {
        for (const [from, to] of slices) yield part(from, to)
      },
    }),
  }

  it.each(Object.entries(kinds))('%s trains like the same rows in order, the last batch smaller', async (_, make) => {
    const [whole, streamed] = [network(), network()]
    const expected = await fit(whole, part(0, 30), { ...base(), batchSize: 8, shuffle: false })
    const history = await fit(streamed, make(), base())
    expect(streamed.block.values).toEqual(whole.block.values)
    expect(history.epochs.map(({ loss }) => loss)).toEqual(expected.epochs.map(({ loss }) => loss))
  })

  it('may have batches that grow, and trains gate by gate where it must', async () => {
    const growing = [part(0, 2), part(2, 9), part(9, 30)]
    const [planned, gated] = [network(), network()]
    await fit(planned, growing, base())
    const optimizer = new SGD({ learningRate: 0.05 })
    await fit(gated, growing, { ...base(), optimizer: { step: (model) => optimizer.step(model) } })
    for (const [i, value] of planned.block.values.entries()) expect(value).toBeCloseTo(gated.block.values[i]!, 5)
  })

  it('is read one batch ahead', async () => {
    const source = new Source()
    const callback = { batch: ({ batch }: { batch: number }) => source.log.push(`trained ${batch}`) }
    await fit(network(), source, { ...base(), epochs: 1, callbacks: [callback] })
    for (let i = 1; i < 4; i++)
      expect(source.log.indexOf(`read ${i + 1}`)).toBeLessThan(source.log.indexOf(`trained ${i}`))
    expect(source.log.at(-1)).toBe('trained 4')
  })

  it('an abort ends the wait for a slow one, and closes it', async () => {
    const source = new Source(20)
    const controller = new AbortController()
    const running = fit(network(), source, { ...base(), epochs: 1e6, signal: controller.signal })
    setTimeout(() => controller.abort(new Error('enough')), 30)
    await expect(running).rejects.toThrow('enough')
    await new Promise((resume) => setTimeout(resume, 60))
    expect(source.log).toContain('closed')
  })

  it('what it throws is what fit rejects with, and batches are checked like all data', async () => {
    async function* broken() {
      yield part(0, 8)
      throw new RangeError('disk gone')
    }
    await expect(fit(network(), broken(), base())).rejects.toThrow('disk gone')
    await expect(fit(network(), [{ x: new Float32Array(4), y: [[1], [2]] }], base())).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
    })
    await expect(fit(network(), [{ x: new Float32Array(3).fill(Number.NaN), y: [[1]] }], base())).rejects.toMatchObject(
      { code: 'NON_FINITE' },
    )
    await expect(fit(network(), [part(0, 8)], { ...base(), batchSize: 4 })).rejects.toThrow(/batchSize/)
  })

  it('one that is used up is an error in the next epoch', async () => {
    async function* once() {
      yield part(0, 8)
    }
    await expect(fit(network(), once(), base())).rejects.toThrow(/batches in every epoch, got none in 2/)
    await expect(fit(network(), [], base())).rejects.toThrow(/none in 1/)
  })
})
