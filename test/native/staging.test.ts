// What is staged for plans, and what trainings and copies are told: every kind of array, and every refusal.
import { describe, expect, it } from 'vitest'
import type { Addon, FloatArray, PlanDescription, PlanOp } from '../../lib/native/addon.js'
import { native } from '../../lib/native/load.js'

const addon: Addon = native()
const shared = (n: number, values: readonly number[] = []): Float64Array => {
  const made = new Float64Array(new SharedArrayBuffer(n * 8))
  made.set(values)
  return made
}
const single = (n: number): Float32Array => new Float32Array(new SharedArrayBuffer(n * 4))

// y = x·I: what was staged shows in the losses.
const linear: PlanOp = { kind: 'linear', x: [0], y: 1, weight: 0, weightLength: 4 }
const lookup: PlanOp = { kind: 'embedding', x: [0], y: 1, weight: 0, weightLength: 6 }
const squares: PlanDescription = { float64: true, batch: 4, widths: [2, 2], ops: [linear], loss: 'squaredError', parameters: 4, integers: false }
const identity = shared(4, [1, 0, 0, 1])
const plans = {
  values: () => new addon.NativePlan(squares, identity),
  labels: () => new addon.NativePlan({ ...squares, loss: 'crossEntropy' }, identity),
  ignoring: () => new addon.NativePlan({ ...squares, loss: 'weightedCrossEntropy', lossOptions: { ignore: -1 } }, identity),
  indices: () => new addon.NativePlan({ ...squares, widths: [1, 2], ops: [lookup], parameters: 6, integers: true }, shared(6, [1, 2, 3, 4, 5, 6])),
}
const rows = Int32Array.of(0, 1)
const types = { Float32Array, Float64Array, Int32Array, Uint8Array }
const of = (type: keyof typeof types, ...values: number[]) => types[type].from(values) as Float64Array

describe('stage', () => {
  it.each(Object.keys(types) as (keyof typeof types)[])('takes inputs, targets and weights in a %s', async (type) => {
    const plan = plans.values()
    const loss = async (x: Float64Array, y: Float64Array, scale: number, weights?: Float64Array) => {
      plan.stage(0, x, y, rows, 0, 2, scale, weights)
      return (await plan.evaluate(0))[0]
    }
    expect(await loss(of(type, 1, 2, 3, 4), of('Float64Array', 0, 0, 0, 0), 0.5)).toBeCloseTo((0.25 + 1 + 2.25 + 4) / 4, 14)
    expect(await loss(of('Float64Array', 0, 0, 0, 0), of(type, 1, 2, 3, 4), 1)).toBeCloseTo((1 + 4 + 9 + 16) / 4, 14)
    expect(await loss(of('Float64Array', 1, 2, 3, 4), of('Float64Array', 0, 0, 0, 0), 1, of(type, 3, 1))).toBeCloseTo((3 * 5 + 25) / 8, 14)
  })

  it.each(['Int32Array', 'Uint8Array'] as const)('takes labels and indices in a %s', async (type) => {
    const labels = plans.labels()
    labels.stage(0, of('Float64Array', 0, 0, 0, Math.log(3)), of(type, 0, 1), rows, 0, 2, 1)
    expect((await labels.evaluate(0))[0]).toBeCloseTo((Math.log(2) + Math.log(4 / 3)) / 2, 14)
    const indices = plans.indices()
    indices.stage(0, of(type, 2, 0), of('Float64Array', 5, 6, 1, 0), rows, 0, 2, 1)
    expect((await indices.evaluate(0))[0]).toBe(1)
    const predicting = new addon.NativePlan({ ...squares, loss: 'none' }, identity)
    expect(await predicting.predict(new Float64Array(0))).toEqual(new Float64Array(0))
  })

  const x = of('Float64Array', 1, 2, 3, 4)
  const none = new Int32Array(0)
  it.each<[keyof typeof plans, RegExp, unknown[]]>([
    ['values', /expected x to be a Float32Array, Float64Array/, [0, [1, 2], x, rows, 0, 2, 1]],
    ['values', /expected y to be a Float32Array/, [0, x, new Int16Array(4), rows, 0, 2, 1]],
    ['values', /expected rows to be an Int32Array/, [0, x, x, [0, 1], 0, 2, 1]],
    ['values', /expected start and count/, [0, x, x, rows, 3, 0, 1]],
    ['values', /expected start and count/, [0, x, x, rows, 1, 2, 1]],
    ['values', /expected scale to be a number/, [0, x, x, rows, 0, 2, '1']],
    ['values', /expected weights to be/, [0, x, x, rows, 0, 2, 1, [1, 1]]],
    ['values', /row out of range \(1 at 1\)/, [0, x, x, rows, 0, 2, 1, of('Float64Array', 1)]],
    ['values', /row out of range \(1 at 1\)/, [0, x, of('Float64Array', 1, 2), rows, 0, 2, 1]],
    ['values', /row out of range \(-1 at 2\)/, [0, x, x, Int32Array.of(0, 1, -1), 1, 2, 1]],
    ['values', /expected a slot|slot to be an integer/, [2, x, x, rows, 0, 2, 1]],
    ['labels', /labels in an Int32Array or Uint8Array/, [0, x, x, rows, 0, 2, 1]],
    ['labels', /label out of range/, [0, x, of('Int32Array', 0, 2), rows, 0, 2, 1]],
    ['labels', /label out of range/, [0, x, of('Uint8Array', 0, 255), rows, 0, 2, 1]],
    ['ignoring', /label out of range \(-2 at 1\)/, [0, x, of('Int32Array', -1, -2), rows, 0, 2, 1]],
    ['indices', /indices in an Int32Array or Uint8Array/, [0, x, x, rows, 0, 2, 1]],
    ['indices', /index out of range \(3 at 1\)/, [0, of('Int32Array', 0, 3), x, rows, 0, 2, 1]],
    ['indices', /index out of range \(-1 at 0\)/, [0, of('Int32Array', -1, 3), x, rows, 0, 2, 1]],
  ])('for %s refuses: %s', async (kind, message, values) => {
    const plan = plans[kind]()
    const staged = kind === 'indices' ? of('Int32Array', 0, 1) : x
    plan.stage(0, staged, kind === 'labels' || kind === 'ignoring' ? rows : x, rows, 0, 2, 1)
    expect(() => (plan.stage as (...values: unknown[]) => void)(...values)).toThrow(message)
    plan.stage(0, staged, kind === 'labels' || kind === 'ignoring' ? rows : x, none, 0, 0, 1)
    expect(await plan.evaluate(0)).toEqual(new Float64Array(0))
  })

  it('nothing for plans that only predict, which refuse what does not fit', () => {
    const plan = new addon.NativePlan({ ...squares, loss: 'none' }, identity)
    expect(() => plan.stage(0, x, x, rows, 0, 2, 1)).toThrow(/a plan with a loss/)
    expect(() => plan.evaluate(0)).toThrow(/a plan with a loss/)
    expect(() => plan.train(0, shared(4), null, null, null, -1, new Float64Array(0), 1)).toThrow(/a plan with a loss/)
    expect(() => plan.predict(new Float32Array(4))).toThrow(/the plan's element type/)
    expect(() => plan.predict(new Float64Array(3))).toThrow(/whole rows of x/)
    for (const y of [new Float64Array(3), new Float64Array(2)]) expect(() => plan.predictSync(x, y)).toThrow(/and y as many/)
    expect(() => plan.predictSync(x, new Float32Array(4))).toThrow(/Float64Array like the arguments before/)
    const indices = new addon.NativePlan({ ...squares, widths: [1, 2], ops: [lookup], parameters: 6, integers: true, loss: 'none' }, shared(6))
    expect(() => indices.predict(x)).toThrow(/Int32Array/)
    expect(() => indices.predict(Int32Array.of(0, 3))).toThrow(/index out of range \(3 at 1\)/)
    expect(() => indices.predictSync(Int32Array.of(0), new Float32Array(2))).toThrow(/the plan's element type/)
  })
})

describe('train', () => {
  const sgd = (count = 1) => Float64Array.from({ length: 7 * count }, (_, i) => (i % 7 === 0 ? 0.1 : 0))
  // Each row: what replaces which argument.
  const settings: [message: RegExp, given: { readonly [place: number]: unknown }][] = [
    [/gradients to have 4/, { 1: shared(5) }],
    [/state0 to have 4/, { 2: shared(3) }],
    [/gradients to lie in a SharedArrayBuffer/, { 1: new Float64Array(4) }],
    [/arrays of the plan's element type/, { 1: single(4) }],
    [/rule to be an integer/, { 5: 99 }],
    [/options to have 7 elements, got 0/, { 6: new Float64Array(0) }],
    [/options to have 7 elements, got 8/, { 6: new Float64Array(8) }],
    [/options to be a Float/, { 6: [0.1] }],
    [/step to be an integer/, { 7: 0 }],
    [/ends that ascend/, { 8: Float64Array.of(5) }],
    [/ends to be a Float/, { 8: 'ends' }],
    [/the last end/, { 8: Float64Array.of(2), 6: sgd(1) }],
    [/clip to have 2/, { 9: new Float64Array(3) }],
    [/clip not to be negative/, { 9: Float64Array.of(0, -1) }],
    [/average to have 4/, { 11: shared(3) }],
    [/average to lie in a SharedArrayBuffer/, { 11: new Float64Array(4) }],
    [/averaging to have 2/, { 11: shared(4), 12: new Float64Array(1) }],
    [/groups to have 2/, { 13: new Float64Array(3) }],
    [/divisors not to be negative/, { 13: Float64Array.of(0, -1) }],
    [/divisors not to be negative/, { 13: Float64Array.of(0, Number.NaN) }],
    [/bounds of four numbers/, { 10: new Float64Array(3) }],
    ...[
      [-1, 2, 2, 1], [0, -2, 2, 1], [0, 2, -2, 1], [0.5, 1, 1, 1], [0, 1.5, 1, 1], [0, 1, 1.5, 1], // no whole numbers
      [0, 5, 1, 1], [0, 1, 5, 1], [2, 2, 2, 1], [0, 2, 2, 0], [0, 2, 2, Number.NaN], [Number.NaN, 2, 2, 1], // no matrices, or bounds
    ].map((bound): [RegExp, { 10: Float64Array }] => [/bounds of matrices inside the parameters/, { 10: Float64Array.from(bound) }]),
    [/bounds of matrices/, { 10: Float64Array.of(0, 1, 2, 1, 0, 9, 9, 1) }],
  ]
  it.each(settings)('refuses: %s', async (message, given) => {
    const parameters = shared(4, [1, 0, 0, 1])
    const plan = new addon.NativePlan(squares, parameters)
    const x = of('Float64Array', 1, 2, 3, 4)
    plan.stage(0, x, x, rows, 0, 2, 1)
    const values: unknown[] = [0, shared(4), null, null, null, 0, sgd(), 1, null, null, null, null, null, null]
    for (const [place, value] of Object.entries(given)) values[Number(place)] = value
    expect(() => (plan.train as (...values: unknown[]) => unknown)(...values)).toThrow(message)
    plan.stage(0, x, x, rows, 0, 2, 1) // the slot is not held
    expect([...parameters]).toEqual([1, 0, 0, 1])
  })

  it('bounds rows, keeps a mean, and only computes gradients where no rule is given', async () => {
    const parameters = shared(4, [3, 4, 0, 1])
    const plan = new addon.NativePlan(squares, parameters)
    const [x, average, gradients] = [of('Float64Array', 0, 0, 0, 0), shared(4), shared(4)]
    plan.stage(0, x, x, rows, 0, 2, 1)
    await plan.train(0, gradients, null, null, null, 0, sgd(), 1, null, null, Float64Array.of(0, 2, 2, 1), average, Float64Array.of(0.5, 1))
    ;[0.6, 0.8, 0, 1].forEach((value, i) => expect(parameters[i]).toBeCloseTo(value, 7))
    expect(average).toEqual(parameters)
    plan.stage(0, of('Float64Array', 1, 0, 0, 0), x, rows, 0, 2, 1)
    await plan.train(0, gradients, null, null, null, -1, new Float64Array(0), 1)
    expect(gradients[0]).toBeCloseTo(parameters[0]! / 2, 14)
    expect(average).toEqual(parameters)
  })
})

describe('copies and rows', () => {
  const parameters = shared(4)
  const [f32, f64] = [new Float32Array(2), new Float64Array(2)]
  it.each<[RegExp, unknown, unknown]>([
    [/to and from to be arrays/, [f64], 'from'],
    [/to and from to be arrays/, 7, [f64]],
    [/to and from to be arrays/, [f64], [f64, f64]],
    [/to hold Float32Arrays and Float64Arrays/, [new Int32Array(2)], [f64]],
    [/to hold Float32Arrays and Float64Arrays/, [f64], [{}]],
    [/pairs of arrays of one type and length/, [f64], [f32]],
    [/pairs of arrays of one type and length/, [f64], [new Float64Array(3)]],
    [/pairs of arrays of one type and length/, [f64, f32], [f64, new Float32Array(1)]],
  ])('copyTogether: %s', (message, to, from) => {
    expect(() => addon.copyTogether(parameters, to as FloatArray[], from as FloatArray[], true, true)).toThrow(message)
  })

  it('copies of nothing, of single precision, and without waiting', () => {
    const [from, to] = [Float32Array.of(1, 2), new Float32Array(2)]
    expect(addon.copyTogether(parameters, [to, new Float32Array(0)], [from, new Float32Array(0)], true, false)).toBe(true)
    expect(to).toEqual(from)
    expect(addon.copyTogether(parameters, [to], [Float32Array.of(5, 6)], false, false)).toBe(true)
    expect([...to]).toEqual([5, 6])
  })

  it.each([Float32Array, Float64Array, Uint8Array])('gathers rows of a %o', (type) => {
    const [x, out] = [type.from([1, 2, 3, 4, 5, 6]), new Float64Array(4)]
    addon.gatherRows(x as Float64Array, 2, Int32Array.of(9, 2, 0), 1, 2, 0.5, out)
    expect([...out]).toEqual([2.5, 3, 0.5, 1])
  })

  const x = new Float64Array(6)
  it.each<[RegExp, unknown[]]>([
    [/x to be a Float32Array, Float64Array or Uint8Array/, [new Int32Array(6), 2, rows, 0, 2, 1, new Float64Array(4)]],
    [/cols to be positive/, [x, 0, rows, 0, 2, 1, new Float64Array(4)]],
    [/cols to be positive/, [x, 2 ** 41, rows, 0, 2, 1, new Float64Array(4)]],
    [/start and count to lie in rows/, [x, 2, rows, 3, 0, 1, new Float64Array(0)]],
    [/start and count to lie in rows/, [x, 2, rows, 1, 2, 1, new Float64Array(4)]],
    [/out to have count·cols elements/, [x, 2, rows, 0, 2, 1, new Float64Array(3)]],
    [/out to have count·cols elements/, [x, 2 ** 40, new Int32Array(2 ** 14), 0, 2 ** 14, 1, new Float64Array(3)]],
    [/row out of range \(3 at 1\)/, [x, 2, Int32Array.of(0, 3), 0, 2, 1, new Float64Array(4)]],
    [/row out of range \(-1 at 0\)/, [x, 2, Int32Array.of(-1), 0, 1, 1, new Float64Array(2)]],
  ])('gatherRows: %s', (message, values) => {
    expect(() => (addon.gatherRows as (...values: unknown[]) => void)(...values)).toThrow(message)
  })

  it('sums of the columns of no rows', () => {
    const out = Float64Array.of(1, 2)
    addon.columnSums(new Float64Array(0), out, true)
    expect([...out]).toEqual([1, 2])
    addon.columnSums(new Float64Array(0), out, false)
    expect([...out]).toEqual([0, 0])
    expect(() => addon.columnSums(new Float64Array(1), new Float64Array(0), false)).toThrow(/cols to be positive/)
  })
})

it('measures the peak of this machine', () => {
  expect(addon.measurePeak(true, 1)).toBeGreaterThan(0)
  for (const values of [[1, 1], [true, 0], [true, 257], [true, 1.5]]) {
    expect(() => (addon.measurePeak as (...values: unknown[]) => number)(...values)).toThrow(/measurePeak: expected/)
  }
  for (const threads of [0, 257, Number.NaN, '1']) expect(() => addon.setThreads(threads as number)).toThrow(/setThreads: expected/)
})
