// Laws of transforms, splits and batches: what is scaled scales back, what is divided is whole again.
import fc from 'fast-check'
import { expect } from 'vitest'
import {
  batches,
  kFold,
  MinMaxScaler,
  OneHotEncoder,
  OrdinalEncoder,
  QuantileTransformer,
  RobustScaler,
  StandardScaler,
  split,
  TargetScaler,
  type Tensor,
  tensor,
  transformFromJson,
} from '../../lib/index.js'
import { numbers } from '../support.js'
import { property } from './holds.js'

const scalers = {
  StandardScaler: () => new StandardScaler(),
  MinMaxScaler: () => new MinMaxScaler(),
  'MinMaxScaler of a range': () => new MinMaxScaler({ range: [-2, 5] }),
  RobustScaler: () => new RobustScaler(),
  'RobustScaler of other quantiles': () => new RobustScaler({ quantiles: [0.1, 0.6] }),
  TargetScaler: () => new TargetScaler(),
  'TargetScaler of logarithms': () => new TargetScaler({ log: true }),
} as const

const number = fc.oneof(
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.integer({ min: -5, max: 5 }),
  fc.double({ min: -1e-6, max: 1e-6, noNaN: true }),
)
const matrices = fc
  .tuple(
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 4 }),
    fc.double({ min: -1e9, max: 1e9, noNaN: true }),
  )
  .chain(([rows, columns, shift]) =>
    fc.array(number, { minLength: rows * columns, maxLength: rows * columns }).map((values) => ({
      rows,
      columns,
      x: tensor(
        Float64Array.from(values, (value, i) => (i % columns === 0 ? value + shift : value)),
        {
          shape: [rows, columns],
        },
      ),
    })),
  )

property(
  'a scaler takes back what it did, and does the same after it was JSON',
  40,
  fc.record({ name: fc.constantFrom(...(Object.keys(scalers) as (keyof typeof scalers)[])), of: matrices }),
  ({ name, of }) => {
    const scaler = scalers[name]()
    const x = name.endsWith('logarithms') ? tensor(of.x.data.map(Math.abs), { shape: of.x.shape }) : of.x
    const y = scaler.fitTransform(x)
    const back = scaler.inverse(y)
    for (const [i, value] of x.data.entries()) {
      // As exact as the column's largest number, or, scaled all together, the largest of all; of logarithms, relative.
      const all = name.startsWith('TargetScaler')
        ? Array.from(x.data)
        : numbers(x).filter((_, k) => (k - i) % of.columns === 0)
      const bound = 1e-12 * Math.max(...all.map(Math.abs), Math.abs(value))
      expect(Math.abs(back.data[i]! - value), `element ${i}: ${value}`).toBeLessThanOrEqual(
        bound + 1e-9 * Number(name.endsWith('logarithms')) * (1 + Math.abs(value)),
      )
    }
    const copy = transformFromJson(JSON.parse(JSON.stringify(scaler))) as typeof scaler
    expect(copy.constructor).toBe(scaler.constructor)
    expect(JSON.stringify(copy)).toBe(JSON.stringify(scaler))
    // JSON has no −0.
    const plain = (t: Tensor) => numbers(t).map((value) => value + 0)
    expect(plain(copy.transform(x))).toEqual(plain(y))
  },
)

property(
  'quantiles keep the order, stay in their range, and lead back to the numbers of fit',
  20,
  fc.record({ of: matrices, output: fc.constantFrom('uniform' as const, 'normal' as const) }),
  ({ of: { x, rows, columns }, output }) => {
    const scaler = new QuantileTransformer({ output })
    const y = scaler.fitTransform(x)
    const back = scaler.inverse(y)
    const extent = output === 'uniform' ? 1 : 5.3
    for (let j = 0; j < columns; j++) {
      const column = (t: Tensor) => Array.from({ length: rows }, (_, i) => t.data[i * columns + j]!)
      const [before, after, again] = [column(x), column(y), column(back)]
      const order = before.map((_, i) => i).sort((a, b) => before[a]! - before[b]! || after[a]! - after[b]!)
      for (let k = 1; k < rows; k++) {
        const [p, q] = [order[k - 1]!, order[k]!]
        expect(after[p]).toBeLessThanOrEqual(after[q]!)
        if (before[p] === before[q]) expect(after[p]).toBe(after[q])
      }
      for (const value of after) expect(Math.abs(value)).toBeLessThanOrEqual(extent)
      const width = Math.max(...before) - Math.min(...before)
      for (const [i, value] of before.entries()) {
        // For normal numbers, as in scikit-learn, what lies within 1e-7 of an end is the end.
        const end = output === 'normal' ? 1e-7 : 0
        expect(Math.abs(again[i]! - value)).toBeLessThanOrEqual(end + 1e-6 * width + 1e-12 * Math.abs(value))
      }
    }
  },
)

const categories = fc.array(fc.option(fc.string({ maxLength: 3 }), { nil: null }), { minLength: 1, maxLength: 15 })

property('encoders of categories take back what they did', 20, categories, (given) => {
  for (const encoder of [new OneHotEncoder(), new OrdinalEncoder()]) {
    const codes = encoder.fit(given).transform(given) as never
    expect(Array.from(encoder.inverse(codes) as Iterable<unknown>)).toEqual(given)
    const copy = transformFromJson(JSON.parse(JSON.stringify(encoder))) as OneHotEncoder
    expect(Array.from(copy.inverse(copy.transform(given)) as Iterable<unknown>)).toEqual(given)
  }
})

property(
  'splits and folds have every row once, whatever they keep together',
  15,
  fc.record({
    n: fc.integer({ min: 4, max: 60 }),
    folds: fc.integer({ min: 2, max: 4 }),
    test: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
    seed: fc.nat(1e6),
    groups: fc.integer({ min: 4, max: 9 }),
  }),
  ({ n, folds, test, seed, groups }) => {
    const all = Array.from({ length: n }, (_, i) => i)
    const group = all.map((i) => i % Math.min(groups, n))
    const sorted = (...parts: Int32Array[]) => parts.flatMap((part) => Array.from(part)).sort((a, b) => a - b)
    const plain = split(n, { test, seed })
    expect(sorted(plain.train, plain.test)).toEqual(all)
    const grouped = split(n, { test, seed, groups: group })
    expect(sorted(grouped.train, grouped.test)).toEqual(all)
    const inTest = new Set(Array.from(grouped.test, (i) => group[i]))
    expect(Array.from(grouped.train).some((i) => inTest.has(group[i]))).toBe(false)
    const parts = kFold(n, { folds, seed })
    expect(sorted(...parts.map((fold) => fold.test))).toEqual(all)
    for (const fold of parts) expect(sorted(fold.train, fold.test)).toEqual(all)
  },
)

property(
  'batches have every row once, in an order of the seed',
  15,
  fc.record({
    n: fc.integer({ min: 1, max: 40 }),
    size: fc.integer({ min: 1, max: 45 }),
    seed: fc.nat(1e6),
    shuffle: fc.boolean(),
  }),
  ({ n, size, seed, shuffle }) => {
    const x = tensor(
      Float64Array.from({ length: n }, (_, i) => i),
      { shape: [n, 1] },
    )
    const y = Int32Array.from({ length: n }, (_, i) => i)
    const order = () => [...batches({ x, y }, size, { seed, shuffle })].map((batch) => numbers(batch.x as Tensor))
    const found = order()
    expect(found.flat().sort((a, b) => a - b)).toEqual(Array.from(y))
    expect(found.slice(0, -1).every((batch) => batch.length === size)).toBe(true)
    expect(order()).toEqual(found)
    if (!shuffle) expect(found.flat()).toEqual(Array.from(y))
    for (const { x: rows, y: labels } of batches({ x, y }, size, { seed, shuffle })) {
      expect(numbers(rows as Tensor)).toEqual(numbers(labels as Tensor))
    }
  },
)
