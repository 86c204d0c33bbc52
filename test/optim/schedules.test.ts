// Schedules against torch.optim.lr_scheduler's own recursions, written out; in fit by plan and by gates; and their refusals.
import { describe, expect, it } from 'vitest'
import {
  Adam,
  CrossEntropy,
  type FitOptions,
  fit,
  Linear,
  ReLU,
  type ScheduleLike,
  Sequential,
  SGD,
  schedules,
} from '../../lib/index.js'
import { scheduleOf } from '../../lib/optim/schedules/schedule.js'
import { expectClose, generator } from '../support.js'

const length = { epochs: 20, batches: 20 }

/** The first rates of a schedule, each unit of it being a batch and an epoch. */
function rates(schedule: ScheduleLike, base: number, count: number): number[] {
  const course = scheduleOf('test', schedule).start(base, length)
  return Array.from({ length: count }, (_, t) => course.rate(t, t))
}

/** Rates as torch makes them: each from the one before. */
function recursion(base: number, count: number, next: (rate: number, t: number) => number): number[] {
  const list = [base]
  for (let t = 1; t < count; t++) list.push(next(list.at(-1)!, t))
  return list
}

/** torch's chainable form of CosineAnnealingLR, minimum m over T steps. */
const cosineStep = (m: number, T: number, base: number) => (rate: number, t: number) => {
  if ((t - 1 - T) % (2 * T) === 0) return rate + ((base - m) * (1 - Math.cos(Math.PI / T))) / 2
  return ((1 + Math.cos((Math.PI * t) / T)) / (1 + Math.cos((Math.PI * (t - 1)) / T))) * (rate - m) + m
}

/** CosineAnnealingWarmRestarts, counting T_cur. */
function restarts(base: number, m: number, first: number, factor: number, count: number): number[] {
  let [current, length] = [0, first]
  return Array.from({ length: count }, () => {
    const rate = m + ((base - m) * (1 + Math.cos((Math.PI * current) / length))) / 2
    if (++current >= length) [current, length] = [current - length, length * factor]
    return rate
  })
}

const rows: [string, ScheduleLike, number[]][] = [
  ['step', schedules.step({ size: 3 }), recursion(0.5, 20, (rate, t) => (t % 3 === 0 ? rate * 0.1 : rate))],
  [
    'step per batch',
    schedules.step({ size: 4, gamma: 0.5, per: 'batch' }),
    recursion(0.5, 20, (rate, t) => (t % 4 === 0 ? rate * 0.5 : rate)),
  ],
  [
    'multiStep',
    schedules.multiStep({ milestones: [2, 5, 5, 9], gamma: 0.5 }),
    recursion(0.5, 20, (rate, t) => rate * 0.5 ** [2, 5, 5, 9].filter((m) => m === t).length),
  ],
  ['exponential', schedules.exponential({ gamma: 0.9 }), recursion(0.5, 20, (rate) => rate * 0.9)],
  [
    'polynomial',
    schedules.polynomial({ steps: 8, power: 2 }),
    recursion(0.5, 20, (rate, t) => (t > 8 ? rate : rate * ((1 - t / 8) / (1 - (t - 1) / 8)) ** 2)),
  ],
  ['cosine', schedules.cosine({ steps: 7, minimum: 0.1 }), recursion(0.5, 20, cosineStep(0.1, 7, 0.5))],
  ['cosine over all', schedules.cosine(), recursion(0.5, 20, cosineStep(0, 20, 0.5))],
  ['cosineRestarts', schedules.cosineRestarts({ steps: 3, factor: 2, minimum: 0.01 }), restarts(0.5, 0.01, 3, 2, 20)],
  ['cosineRestarts of one length', schedules.cosineRestarts({ steps: 4 }), restarts(0.5, 0, 4, 1, 20)],
  [
    'warmUp',
    schedules.warmUp({ steps: 4, next: schedules.exponential({ gamma: 0.5 }) }),
    // LinearLR(start_factor=1/3, total_iters=4), then ExponentialLR from its beginning
    recursion(0.5 / 3, 20, (rate, t) =>
      t < 4 ? rate * (1 + (1 - 1 / 3) / (4 / 3 + (t - 1) * (1 - 1 / 3))) : t === 4 ? 0.5 : rate * 0.5,
    ),
  ],
  ['warmUp alone', schedules.warmUp({ steps: 2, start: 0 }), [0, 0.25, ...Array(18).fill(0.5)]],
  ['a function', (step, epoch) => 1 / (1 + step + epoch), Array.from({ length: 20 }, (_, t) => 1 / (1 + 2 * t))],
]

describe('schedules have the numbers of torch', () => {
  it.each(rows)('%s', (_, schedule, expected) => {
    expectClose(rates(schedule, 0.5, 20), expected, 1e-12)
  })

  // torch.optim.lr_scheduler.OneCycleLR(max_lr=1, total_steps=10): from 1/25 up to 1 at step 2, then down to 4e-6 at step 9.
  it('oneCycle', () => {
    const cosine = (from: number, to: number, part: number) => to + ((from - to) / 2) * (Math.cos(Math.PI * part) + 1)
    const expected = Array.from({ length: 10 }, (_, t) =>
      t <= 2 ? cosine(0.04, 1, t / 2) : cosine(1, 0.04 / 1e4, (t - 2) / 7),
    )
    expect(expected[1]).toBeCloseTo(0.52, 12)
    expectClose(rates(schedules.oneCycle({ maximum: 1, steps: 10 }), 0.7, 10), expected, 1e-12)
    expect(rates(schedules.oneCycle({ maximum: 1, steps: 10 }), 0.7, 12).at(-1)).toBeCloseTo(4e-6, 12)
  })

  it('oneCycle, linear, in three phases', () => {
    const options = {
      maximum: 2,
      steps: 11,
      rise: 0.4,
      shape: 'linear',
      divisor: 4,
      finalDivisor: 10,
      threePhases: true,
    } as const
    // phases end at 0.4·11 − 1, 2·0.4·11 − 2 and 10
    const linear = (from: number, to: number, part: number) => from + (to - from) * part
    const expected = Array.from({ length: 11 }, (_, t) => {
      if (t <= 3.4) return linear(0.5, 2, t / 3.4)
      if (t <= 6.8) return linear(2, 0.5, (t - 3.4) / 3.4)
      return linear(0.5, 0.05, (t - 6.8) / 3.2)
    })
    expectClose(rates(schedules.oneCycle(options), 0.1, 11), expected, 1e-12)
  })

  it('reduceOnPlateau', () => {
    const plateau = (options: Parameters<typeof schedules.reduceOnPlateau>[0], losses: number[], key = 'loss') => {
      const course = schedules.reduceOnPlateau(options).start(1, length)
      return losses.map((loss, i) => {
        course.observe!({ [key]: loss })
        if (i === 2) course.resume!([...course.state!()])
        return course.rate(i, i)
      })
    }
    expect(plateau({ patience: 1, factor: 0.5 }, [1, 1, 1, 1, 1, 0.5, 0.5, 0.5])).toEqual([
      1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125,
    ])
    // 0.99995 is not better by a part of 1e-4; 0.9 is
    expect(plateau({ patience: 0, factor: 0.5 }, [1, 0.99995, 0.9])).toEqual([1, 0.5, 0.5])
    expect(plateau({ patience: 0, factor: 0.5, cooldown: 2 }, [1, 1, 1, 1, 1])).toEqual([1, 0.5, 0.5, 0.5, 0.25])
    expect(plateau({ patience: 0, factor: 0.1, minimum: 0.05 }, [1, 1, 1, 1])).toEqual([1, 0.1, 0.05, 0.05])
    expect(plateau({ patience: 0, factor: 0.5, thresholdMode: 'absolute', threshold: 0.3 }, [1, 0.8, 0.6])).toEqual([
      1, 0.5, 0.5,
    ])
    const up = { monitor: 'accuracy', patience: 0, factor: 0.5 }
    expect(plateau(up, [0.5, 0.6, 0.6], 'accuracy')).toEqual([1, 1, 0.5])
    expect(() => plateau({ monitor: 'speed' }, [1])).toThrow(
      '[reduceOnPlateau] expected monitor among loss, got "speed"',
    )
  })

  it('a warm-up of batches before a schedule of epochs', () => {
    const schedule = schedules.warmUp({ steps: 10, start: 0, per: 'batch', next: schedules.step({ size: 2 }) })
    const course = schedule.start(1, { epochs: 5, batches: 40 })
    expect([schedule.per, course.rate(4, 0), course.rate(12, 1), course.rate(16, 2)]).toEqual(['batch', 0.4, 1, 0.1])
  })
})

// 45 rows in batches of 8: the last of 6 has 5.
const next = generator(11)
const x = Array.from({ length: 45 }, () => [next() - 0.5, next() - 0.5, next() - 0.5])
const data = { x, y: x.map(([a, b]) => (a! * b! > 0 ? 1 : 0)) }
const network = () =>
  new Sequential(
    new Linear(3, 6, { dtype: 'float64', seed: 1 }),
    new ReLU(),
    new Linear(6, 2, { dtype: 'float64', seed: 2 }),
  )
const base = { loss: new CrossEntropy(), epochs: 4, batchSize: 8, verbose: false }

/** An optimizer that fit does not know: it runs gate by gate. */
class Unknown extends SGD {}

async function trained(optimizer: SGD | Adam, more: Partial<FitOptions>): Promise<number[]> {
  const model = network()
  await fit(model, data, { ...base, optimizer, ...more })
  return Array.from(model.block.values)
}

describe('fit follows a schedule', () => {
  it.each<[string, ScheduleLike]>([
    ['step', schedules.step({ size: 2 })],
    ['cosine per batch', schedules.cosine({ per: 'batch' })],
    ['oneCycle', schedules.oneCycle({ maximum: 0.3 })],
    ['reduceOnPlateau', schedules.reduceOnPlateau({ patience: 0, threshold: 0.5 })],
    ['warmUp', schedules.warmUp({ steps: 9, per: 'batch', next: schedules.cosine() })],
    ['a function', (step, epoch) => 0.2 / (1 + step + 3 * epoch)],
  ])('%s: by plan, by gates, one batch at a time', async (_, schedule) => {
    const optimizer = new SGD({ learningRate: 0.2, momentum: 0.9 })
    const byPlan = await trained(optimizer, { schedule })
    expect(optimizer.learningRate).toBe(0.2)
    expectClose(byPlan, await trained(new Unknown({ learningRate: 0.2, momentum: 0.9 }), { schedule }), 1e-10)
    const seen: number[] = []
    const watcher = new SGD({ learningRate: 0.2, momentum: 0.9 })
    const watched = await trained(watcher, {
      schedule,
      callbacks: [{ batch: () => void seen.push(watcher.learningRate) }],
    })
    expect(watched).toEqual(byPlan)
    expect(seen.length).toBe(24)
    expect(new Set(seen).size).toBeGreaterThan(1)
    expect(byPlan).not.toEqual(await trained(new SGD({ learningRate: 0.2, momentum: 0.9 }), {}))
  })

  it('the function is asked for each batch', async () => {
    const asked: [number, number][] = []
    const schedule = (step: number, epoch: number) => {
      asked.push([step, epoch])
      return 0.1
    }
    expect(await trained(new SGD({ learningRate: 9 }), { schedule })).toEqual(
      await trained(new SGD({ learningRate: 0.1 }), {}),
    )
    expect(asked).toEqual(Array.from({ length: 24 }, (_, i) => [i, Math.floor(i / 6)]))
  })
})

describe('fit bounds and gathers gradients', () => {
  it('clips by value, then by norm, as one does by hand', async () => {
    for (const clip of [
      { clipValue: 0.01 },
      { clipNorm: 0.05 },
      { clipValue: 0.02, clipNorm: 0.03 },
      { clipNorm: 1e6 },
    ]) {
      const byPlan = await trained(new SGD({ learningRate: 1 }), clip)
      expectClose(byPlan, await trained(new Unknown({ learningRate: 1 }), clip), 1e-10)
      const model = network()
      class ByHand extends SGD {
        override step(of: Sequential): void {
          const g = of.block.gradients
          if ('clipValue' in clip)
            for (const [i, v] of g.entries()) g[i] = Math.max(-clip.clipValue!, Math.min(clip.clipValue!, v))
          const norm = Math.hypot(...g)
          const factor = 'clipNorm' in clip ? Math.min(1, clip.clipNorm! / (norm + 1e-6)) : 1
          for (const [i, v] of g.entries()) g[i] = v * factor
          super.step(of)
        }
      }
      await fit(model, data, { ...base, optimizer: new ByHand({ learningRate: 1 }) })
      expectClose(byPlan, Array.from(model.block.values), 1e-10)
    }
    expect(await trained(new SGD({ learningRate: 1 }), { clipNorm: 1e6 })).toEqual(
      await trained(new SGD({ learningRate: 1 }), {}),
    )
  })

  it('batches together are one that has their rows', async () => {
    for (const reduction of ['mean', 'sum'] as const) {
      const loss = new CrossEntropy({ reduction })
      const one = await trained(new Adam(), { batchSize: 24, loss })
      expectClose(await trained(new Adam(), { batchSize: 8, accumulate: 3, loss }), one, 1e-10)
      expectClose(await trained(new Adam(), { batchSize: 6, accumulate: 4, clipNorm: 1e6, loss }), one, 1e-10)
    }
  })
})

describe('refusals', () => {
  const bad: [string, () => unknown][] = [
    ['step', () => schedules.step({ size: 0 })],
    ['step', () => schedules.step({ size: 1, gamma: -1 })],
    ['step', () => schedules.step({ size: 1, per: 'day' as never })],
    ['step', () => schedules.step({ size: 1, gama: 1 } as never)],
    ['multiStep', () => schedules.multiStep({ milestones: [3, 2] })],
    ['multiStep', () => schedules.multiStep({ milestones: 3 as never })],
    ['exponential', () => schedules.exponential({} as never)],
    ['polynomial', () => schedules.polynomial({ steps: 1.5 })],
    ['polynomial', () => schedules.polynomial({ power: 0 })],
    ['cosine', () => schedules.cosine({ minimum: -1 })],
    ['cosineRestarts', () => schedules.cosineRestarts({ steps: 2, factor: 1.5 })],
    ['oneCycle', () => schedules.oneCycle({ maximum: 0 })],
    ['oneCycle', () => schedules.oneCycle({ maximum: 1, rise: 1 })],
    ['oneCycle', () => schedules.oneCycle({ maximum: 1, rise: 0.5, threePhases: true })],
    ['oneCycle', () => schedules.oneCycle({ maximum: 1, shape: 'round' as never })],
    ['oneCycle', () => schedules.oneCycle({ maximum: 1 }).start(1, { epochs: 1, batches: undefined })],
    ['reduceOnPlateau', () => schedules.reduceOnPlateau({ factor: 1 })],
    ['reduceOnPlateau', () => schedules.reduceOnPlateau({ monitor: 3 as never })],
    ['reduceOnPlateau', () => schedules.reduceOnPlateau({ mode: 'up' as never })],
    ['warmUp', () => schedules.warmUp({} as never)],
    ['warmUp', () => schedules.warmUp({ steps: 1, next: 3 as never })],
  ]
  it.each(bad)('%s (%#)', (operation, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', operation }))
  })

  it.each<[string, Partial<FitOptions>]>([
    ['schedule', { schedule: 3 as never }],
    ['schedule', { schedule: { per: 'day', start() {} } as never }],
    ['learningRate', { schedule: schedules.step({ size: 1 }), optimizer: { step() {} } }],
    ['clipValue', { clipValue: 0 }],
    ['clipNorm', { clipNorm: Number.NaN }],
    ['accumulate', { accumulate: 0 }],
  ])('fit: %s', async (what, more) => {
    const model = network()
    const before = Array.from(model.block.values)
    await expect(fit(model, data, { ...base, optimizer: new SGD(), ...more })).rejects.toThrow(what)
    expect(Array.from(model.block.values)).toEqual(before)
  })

  it('a rate that is none ends the training, and the optimizer has its own back', async () => {
    const optimizer = new SGD({ learningRate: 0.1 })
    const schedule = (step: number) => (step < 3 ? 0.2 : Number.NaN)
    await expect(trained(optimizer, { schedule })).rejects.toThrow('[schedule] expected the learning rate')
    expect(optimizer.learningRate).toBe(0.1)
  })
})
