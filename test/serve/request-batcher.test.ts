// RequestBatcher: requests of one moment are one call, order is kept, what waits is bounded, errors reach those they concern.
import { describe, expect, it } from 'vitest'
import { ArgumentError, OverloadError, RequestBatcher, StateError } from '../../lib/index.js'

const doubled = async (inputs: readonly number[]) => inputs.map((x) => 2 * x)

/** A function that answers when it is told to, and the sizes of its calls. */
function held() {
  const sizes: number[] = []
  let go: (() => void)[] = []
  const answer = async (inputs: readonly number[]) => {
    sizes.push(inputs.length)
    await new Promise<void>((resume) => go.push(resume))
    return inputs.map((x) => -x)
  }
  const release = async () => {
    await new Promise((resume) => setImmediate(resume))
    for (const resume of go.splice(0)) resume()
    await new Promise((resume) => setImmediate(resume))
  }
  return { sizes, answer, release, reset: () => (go = []) }
}

describe('RequestBatcher', () => {
  it('gives each request its own answer', async () => {
    const batcher = new RequestBatcher(doubled, { most: 7 })
    const inputs = Array.from({ length: 100 }, (_, i) => i)
    expect(await Promise.all(inputs.map((x) => batcher.ask(x)))).toEqual(inputs.map((x) => 2 * x))
  })

  it('makes one call of what comes at a time, and one of what comes meanwhile', async () => {
    const { sizes, answer, release } = held()
    const batcher = new RequestBatcher(answer)
    const first = [1, 2, 3].map((x) => batcher.ask(x))
    await new Promise((resume) => setImmediate(resume))
    const second = [4, 5].map((x) => batcher.ask(x))
    expect(batcher.waiting).toBe(2)
    await release()
    await release()
    expect(await Promise.all([...first, ...second])).toEqual([-1, -2, -3, -4, -5])
    expect(sizes).toEqual([3, 2])
  })

  it('refuses what is too much, says when to come again, and goes on', async () => {
    const { answer, release } = held()
    const batcher = new RequestBatcher(answer, { most: 1, waiting: 2 })
    const taken = [batcher.ask(1)]
    await new Promise((resume) => setImmediate(resume))
    taken.push(batcher.ask(2), batcher.ask(3))
    const refused = await batcher.ask(4).catch((error) => error)
    expect(refused).toBeInstanceOf(OverloadError)
    expect(refused).toMatchObject({ code: 'OVERLOADED', retryAfter: 1 })
    for (let i = 0; i < 3; i++) await release()
    expect(await Promise.all(taken)).toEqual([-1, -2, -3])
  })

  it.each([
    [[0], 1],
    [[1, 0, 2, 3, 4], 5],
    [[0, 0, 0, 0], 7],
    [[0, 1, 2, 3, 4, 5, 6, 0], 11],
    [[1, 2, 3, 4], 1],
  ])('lets those of %j that cannot be answered fail alone, with %i calls', async (inputs, calls) => {
    let made = 0
    const batcher = new RequestBatcher(async (inputs: readonly number[]) => {
      made++
      if (inputs.includes(0)) throw new RangeError('no zeros')
      return inputs.map((x) => -x)
    })
    const found = await Promise.allSettled(inputs.map((x) => batcher.ask(x)))
    const expected = inputs.map((x) => (x === 0 ? new RangeError('no zeros') : -x))
    expect(found.map((one) => (one.status === 'rejected' ? one.reason : one.value))).toEqual(expected)
    expect(made).toBe(calls)
  })

  it('takes all inputs of a request or none', async () => {
    const { sizes, answer, release } = held()
    const batcher = new RequestBatcher(answer, { waiting: 3 })
    const first = batcher.askAll([1, 2])
    await expect(batcher.askAll([3, 4])).rejects.toThrow(OverloadError)
    const second = batcher.askAll([5])
    await release()
    expect([await first, await second, await batcher.askAll([])]).toEqual([[-1, -2], [-5], []])
    expect(sizes).toEqual([3])
    await expect(batcher.askAll([1, 2, 3, 4])).rejects.toThrow('an array of at most 3 inputs, got 4')
    await expect(batcher.askAll('1' as never)).rejects.toThrow(ArgumentError)
  })

  it('says what is wrong with a function that answers', async () => {
    await expect(new RequestBatcher(async () => [1]).ask(1)).resolves.toBe(1)
    await expect(new RequestBatcher(async () => []).ask(1)).rejects.toThrow('1 outputs, one per input')
    await expect(new RequestBatcher((() => undefined) as never).ask(1)).rejects.toThrow(StateError)
  })

  it('answers what it took before it closes, and nothing after', async () => {
    const { answer, release } = held()
    const batcher = new RequestBatcher(answer)
    const taken = batcher.ask(1)
    const closed = batcher.close()
    await expect(batcher.ask(2)).rejects.toThrow(StateError)
    await release()
    expect(await taken).toBe(-1)
    await closed
    await new RequestBatcher(doubled).close()
  })

  it.each([
    [undefined, {}],
    [doubled, { most: 0 }],
    [doubled, { waiting: 1.5 }],
    [doubled, { longest: 1 }],
  ])('refuses %s, %j', (answer, given) => {
    expect(() => new RequestBatcher(answer as never, given as never)).toThrow(ArgumentError)
  })
})
