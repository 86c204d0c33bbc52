// Fitted transforms: figures of scikit-learn and scipy, ways back, edges, and what files must not smuggle in.
import { describe, expect, it } from 'vitest'
import {
  HashingEncoder,
  Imputer,
  MinMaxScaler,
  OneHotEncoder,
  OrdinalEncoder,
  QuantileTransformer,
  RobustScaler,
  StandardScaler,
  Table,
  TargetScaler,
  Tensor,
  type Transform,
  tensor,
  transformFromJson,
} from '../../lib/index.js'
import { murmur3 } from '../../lib/tabular/transforms/hashing.js'
import { normalCdf, normalQuantile } from '../../lib/tabular/transforms/normal.js'

const nan = Number.NaN
const inf = Number.POSITIVE_INFINITY

function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-12): void {
  expect(actual.length).toBe(expected.length)
  expected.forEach((value, i) => {
    if (Number.isNaN(value)) expect(actual[i]).toBeNaN()
    else expect(Math.abs(actual[i]! - value)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value)))
  })
}

function again<T extends Transform>(transform: T): T {
  return transformFromJson(JSON.parse(JSON.stringify(transform))) as unknown as T
}

// Columns: powers of two; one with a missing value; equal numbers.
const x = [
  [1, 10.5, 7],
  [2, nan, 7],
  [4, -3.25, 7],
  [8, 100, 7],
  [16, 2, 7],
]

describe('scalers', () => {
  // What scikit-learn 1.2 makes of x.
  it.each<[string, StandardScaler | MinMaxScaler | RobustScaler, number[]]>([
    [
      'StandardScaler',
      new StandardScaler(),
      [
        -0.9532062476387962,
        -0.3979102734724847,
        0,
        -0.7698973538621047,
        nan,
        0,
        -0.4032795663087215,
        -0.723338749918383,
        0,
        0.3299560087980448,
        1.7203332641208167,
        0,
        1.7964271590115777,
        -0.599084240729949,
        0,
      ],
    ],
    [
      'MinMaxScaler',
      new MinMaxScaler({ range: [-1, 2] }),
      [-1, -0.6004842615012107, -1, -0.8, nan, -1, -0.4, -1, -1, 0.4, 2, -1, 2, -0.847457627118644, -1],
    ],
    [
      'RobustScaler',
      new RobustScaler(),
      [
        -0.5,
        0.13203883495145632,
        0,
        -1 / 3,
        nan,
        0,
        0,
        -0.29514563106796116,
        0,
        2 / 3,
        2.912621359223301,
        0,
        2,
        -0.13203883495145632,
        0,
      ],
    ],
    [
      'RobustScaler of other quantiles',
      new RobustScaler({ quantiles: [0.1, 0.9] }),
      [
        -0.2631578947368421,
        0.056799198128967575,
        0,
        -0.17543859649122806,
        nan,
        0,
        0,
        -0.12696291346475105,
        0,
        0.3508771929824561,
        1.2529234881389908,
        0,
        1.0526315789473684,
        -0.056799198128967575,
        0,
      ],
    ],
  ])('%s: scikit-learn’s figures, and back', (_, scaler, expected) => {
    const y = scaler.fitTransform(x)
    expect([y.shape, y.dtype]).toEqual([[5, 3], 'float64'])
    expectClose(y.data, expected)
    expectClose(scaler.inverse(y).data, x.flat())
    expectClose(again(scaler).transform(x).data, expected)
    const narrow = scaler.transform(tensor(x.map((row) => row.map(Math.fround))))
    expect(narrow.dtype).toBe('float32')
    expectClose(narrow.data, expected, 1e-6)
  })

  it('learn from finite numbers alone; columns of nothing or of one number change nothing but their centre', () => {
    const odd = [
      [1, nan, inf, 3],
      [nan, nan, -inf, 3],
      [3, nan, inf, 3],
    ]
    for (const scaler of [new StandardScaler(), new MinMaxScaler(), new RobustScaler(), new QuantileTransformer()]) {
      const y = scaler.fitTransform(odd)
      expect(y.data[4]).toBeNaN()
      expect([y.data[1], y.data[5], y.data[9]]).toEqual([nan, nan, nan])
      expect([y.data[2], y.data[6]]).toEqual([inf, -inf])
      expect([y.data[3], y.data[7], y.data[11]]).toEqual([0, 0, 0])
      expect(() => JSON.stringify(again(scaler))).not.toThrow()
    }
  })

  it.each([
    ['close to each other and far from 0', [1e9, 1e9 + 1, 1e9 + 2], [-1.224744871391589, 0, 1.224744871391589]],
    ['equal up to rounding', [0.1 + 0.2, 0.3, 0.3], [5.551115123125783e-17, 0, 0]],
    ['the largest there are', [-1e308, 0, 1e308], [-1.224744871391589, 0, 1.224744871391589]],
    ['one number', [5], [0]],
  ])('StandardScaler of numbers that are %s', (_, values, expected) => {
    const y = new StandardScaler().fitTransform(Float64Array.from(values))
    expect(y.shape).toEqual([values.length])
    expectClose(y.data, expected, 1e-9)
  })

  it('MinMaxScaler cuts off on wish, and keeps its range in files', () => {
    const scaler = new MinMaxScaler({ range: [0, 10], clip: true }).fit([1, 3])
    expect(Array.from(again(scaler).transform([-5, 2, 9]).data)).toEqual([0, 5, 10])
  })
})

describe('QuantileTransformer', () => {
  const y = [
    [3, 1],
    [1, 1],
    [4, 1],
    [1, 2],
    [5, 2],
    [9, 2],
    [2, 3],
    [6, nan],
    [5, 5],
    [3, 8],
  ]
  const t = [
    [0, 0],
    [1, 1],
    [1.5, 1.5],
    [3, 2],
    [4.25, 2.5],
    [9, 8],
    [20, 9],
    [8.99999999, nan],
  ]
  const most = 5.19933758270342
  // scikit-learn's; but for the place of 3 among ten quantiles, which its rounding moves off the middle of the two equal ones.
  const figures: [number, 'uniform' | 'normal', number[]][] = [
    [5, 'uniform', [0, 0, 0, 0, 0.1, 0.375, 0.4, 0.5, 0.625, 0.625, 1, 1, 1, 1, 0.999999999375, nan]],
    [
      10,
      'uniform',
      [
        0,
        0,
        0,
        0,
        1 / 6,
        0.3055555555555556,
        3.5 / 9,
        0.5,
        0.5833333333333334,
        0.6833333333333335,
        1,
        1,
        1,
        1,
        0.9999999996296296,
        nan,
      ],
    ],
    [
      5,
      'normal',
      [
        -most,
        -most,
        -most,
        -most,
        -1.2815515655446004,
        -0.31863936396437514,
        -0.2533471031357997,
        0,
        0.31863936396437514,
        0.31863936396437514,
        most,
        most,
        most,
        most,
        most,
        nan,
      ],
    ],
    [
      10,
      'normal',
      [
        -most,
        -most,
        -most,
        -most,
        -0.967421566101701,
        -0.5084880591093566,
        -0.28221614706250825,
        0,
        0.21042839424792484,
        0.4770404284894439,
        most,
        most,
        most,
        most,
        most,
        nan,
      ],
    ],
  ]
  it.each(figures)('%i quantiles, %s: scikit-learn’s figures', (quantiles, output, expected) => {
    const transformer = new QuantileTransformer({ quantiles, output }).fit(y)
    expectClose(transformer.transform(t).data, expected, 1e-8)
    expectClose(again(transformer).transform(t).data, expected, 1e-8)
  })

  it.each(['uniform', 'normal'] as const)('and back, %s', (output) => {
    const transformer = new QuantileTransformer({ quantiles: 5, output }).fit(y)
    const back = [1, 1, 1, 1, 1.5, 1.5, 3, 2, 4.25, 2.5, 9, 8, 9, 8]
    expectClose(transformer.inverse(transformer.transform(t)).data.slice(0, 14), back, 1e-12)
  })

  it('stands on a normal distribution that is right in its tails', () => {
    const p = [1e-300, 1e-20, 1e-7, 0.001, 0.02425, 0.1, 0.3, 0.5, 0.7, 0.975, 0.999999]
    const z = [
      -37.0470962993612, -9.262340089798409, -5.1993375821928165, -3.090232306167813, -1.972961051311885,
      -1.2815515655446004, -0.5244005127080409, 0, 0.5244005127080407, 1.959963984540054, 4.753424308817087,
    ]
    expectClose(p.map(normalQuantile), z, 1e-11)
    const cdf: [number, number][] = [
      [-20, 2.7536241186061556e-89],
      [-8, 6.22096057427174e-16],
      [-5, 2.866515718791933e-7],
      [-2.5, 0.006209665325776132],
      [-2, 0.022750131948179195],
      [-1, 0.15865525393145707],
      [0, 0.5],
      [1.96, 0.9750021048517795],
      [8, 0.9999999999999993],
    ]
    for (const [at, expected] of cdf) expect(Math.abs(normalCdf(at) / expected - 1)).toBeLessThan(1e-13)
    expect([normalQuantile(0), normalQuantile(1), normalQuantile(nan), normalQuantile(2)]).toEqual([
      -inf,
      inf,
      nan,
      nan,
    ])
    expect([normalCdf(-inf), normalCdf(inf), normalCdf(nan)]).toEqual([0, 1, nan])
  })
})

describe('Imputer', () => {
  const y = [
    [3, 1],
    [1, 1],
    [4, 1],
    [1, 2],
    [5, 2],
    [9, 2],
    [2, 3],
    [6, nan],
    [5, 5],
    [3, 8],
  ]
  it.each<['mean' | 'median' | 'mostFrequent', number[]]>([
    ['mean', [3.9, 2.7777777777777777, 1]],
    ['median', [3.5, 2, 1]],
    ['mostFrequent', [1, 1, 1]],
  ])('%s: scikit-learn’s figures, with an indicator where fit met missing ones', (strategy, expected) => {
    const imputer = again(new Imputer({ strategy, indicator: true }).fit(y))
    const filled = imputer.transform([
      [nan, nan],
      [1, 2],
    ])
    expect(filled.shape).toEqual([2, 3])
    expectClose(filled.data, [...expected, 1, 2, 0])
    expectClose(imputer.inverse(filled).data, [expected[0]!, nan, 1, 2])
  })

  it('takes infinities for missing, fills columns of nothing, and keeps vectors vectors', () => {
    const imputer = new Imputer({ strategy: 'constant', fill: -1 })
    expect(
      Array.from(
        imputer.fitTransform([
          [nan, inf],
          [nan, 3],
        ]).data,
      ),
    ).toEqual([-1, -1, -1, 3])
    expect(new Imputer({ fill: 4 }).fitTransform(Float32Array.of(nan, nan))).toEqual(tensor([4, 4]))
  })
})

describe('encoders of categories', () => {
  const cities = ['Rome', 'Oslo', null, 'Rome', undefined, 'Bern', 'Rome']

  it('OneHotEncoder: a column each, in order; missing ones have their own, unknown ones none', () => {
    const encoder = new OneHotEncoder().fit(cities)
    expect([encoder.categories, encoder.missing, encoder.width]).toEqual([['Bern', 'Oslo', 'Rome'], true, 4])
    const y = again(encoder).transform(['Oslo', 'Paris', null, 'Rome'])
    expect([y.dtype, y.toArray()]).toEqual([
      'float32',
      [
        [0, 1, 0, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 1],
        [0, 0, 1, 0],
      ],
    ])
    expect(encoder.inverse(y)).toEqual(['Oslo', null, null, 'Rome'])
    expect(new OneHotEncoder().fit(['a', 'b']).transform([null, 'b']).toArray()).toEqual([
      [0, 0],
      [0, 1],
    ])
  })

  it('OrdinalEncoder: 0 for the unknown, the rare among them', () => {
    const encoder = again(new OrdinalEncoder({ minimumCount: 2 }).fit([...cities, 'Oslo']))
    expect([encoder.categories, encoder.entries]).toEqual([['Oslo', 'Rome'], 4])
    const codes = encoder.transform(['Bern', 'Paris', 'Oslo', 'Rome', null])
    expect([codes.dtype, codes.toArray()]).toEqual(['int32', [0, 0, 1, 2, 3]])
    expect(encoder.inverse(codes)).toEqual([null, null, 'Oslo', 'Rome', null])
    expect(() => encoder.inverse([4])).toThrow(/codes in \[0, 4\), got 4/)
  })

  it('put numbers in the order of numbers, give values back as what they were, and take columns', () => {
    const numbers = again(new OrdinalEncoder().fit([10, 9, 100, nan, 9]))
    expect([numbers.categories, numbers.inverse([1, 2, 3])]).toEqual([
      ['9', '10', '100'],
      [9, 10, 100],
    ])
    const booleans = new OneHotEncoder().fit([true, false])
    expect(booleans.inverse(again(booleans).transform([false, true]))).toEqual([false, true])
    const table = Table.from({
      city: ['b', 'a', null, 'c'],
      flag: [true, null, true, false],
      n: Int32Array.of(3, 1, 2, 3),
    })
    const codes = ['city', 'flag', 'n'].map((name) => new OrdinalEncoder().fitTransform(table.column(name)).toArray())
    expect(codes).toEqual([
      [2, 1, 4, 3],
      [2, 3, 2, 1],
      [3, 1, 2, 3],
    ])
  })

  it('refuse unknown ones on wish, saying which and where', () => {
    const encoder = new OneHotEncoder({ unknown: 'error' }).fit(['a', 'b'])
    expect(() => encoder.transform(['a', 'z'])).toThrow(
      /\[OneHotEncoder\] expected categories that fit has met \("a", "b"\), got "z" in row 1/,
    )
    expect(() => encoder.transform([null])).toThrow(/got a missing value in row 0/)
  })

  it('HashingEncoder: MurmurHash3 of the text, 0 for missing ones', () => {
    const hashes: [string, number, number][] = [
      ['', 0, 0],
      ['a', 0, 1009084850],
      ['ab', 0, 2613040991],
      ['abc', 0, 3017643002],
      ['hello', 0, 613153351],
      ['hello', 1, 3142237357],
      ['Grüße', 42, 1585095681],
      ['The quick brown fox', 123, 3878085220],
    ]
    for (const [text, seed, expected] of hashes) expect(murmur3(text, seed)).toBe(expected)
    const encoder = again(new HashingEncoder({ buckets: 11, seed: 1 }))
    expect(encoder.transform([null, 'hello', 'hello']).toArray()).toEqual([
      0,
      1 + (3142237357 % 10),
      1 + (3142237357 % 10),
    ])
  })
})

describe('TargetScaler', () => {
  it('scales targets and brings predictions back, of amounts by their logarithm', () => {
    const plain = again(new TargetScaler().fit([2, 4, 6, 8]))
    expect([plain.mean, plain.deviation]).toEqual([5, Math.sqrt(5)])
    expectClose(plain.inverse(plain.transform([[2], [9]])).data, [2, 9])
    const log = again(new TargetScaler({ log: true }).fit([0, 10, 1000]))
    expectClose(log.inverse(log.transform([0, 55])).data, [0, 55])
    expect(new TargetScaler().fitTransform([3, 3]).toArray()).toEqual([0, 0])
  })
})

describe('refusals', () => {
  const fitted = new StandardScaler().fit(x)
  it.each<[string, () => unknown, RegExp]>([
    ['transform before fit', () => new StandardScaler().transform(x), /fit before transform/],
    ['toJSON before fit', () => new Imputer().toJSON(), /fit before transform/],
    ['an encoder before fit', () => new OneHotEncoder().transform(['a']), /fit before transform/],
    ['a target before fit', () => new TargetScaler().transform([1]), /fit before transform/],
    ['no rows', () => new StandardScaler().fit([]), /at least one row/],
    ['no rows of categories', () => new OneHotEncoder().fit([]), /at least one row/],
    ['other columns', () => fitted.transform([[1, 2]]), /3 columns as in fit, got 2/],
    [
      'a tensor of rank 3',
      () => fitted.transform(new Tensor(new Float32Array(8), [2, 2, 2])),
      /\[rows, columns\], got \[2, 2, 2\]/,
    ],
    ['a text', () => new StandardScaler().fit('12' as never), /numbers as a tensor, array or numeric column, got "12"/],
    ['texts', () => new StandardScaler().fit(['1'] as never), /got "1"|number/],
    [
      'a text column',
      () => new StandardScaler().fit(Table.from({ a: ['x'] }).column('a') as never),
      /the categorical column "a"/,
    ],
    ['mixed categories', () => new OneHotEncoder().fit(['a', 1]), /text in row 1, got 1/],
    ['objects', () => new OneHotEncoder().fit([{}] as never), /text, number or boolean in row 0, got an object/],
    ['dates', () => new OneHotEncoder().fit(Table.from({ d: [new Date(0)] }).column('d')), /the date column d/],
    ['an object for a number', () => fitted.value(Object.create(null)), /a number, got an object/],
    ['a text for a number', () => fitted.inverseValue('1' as never), /a number, got "1"/],
    ['a range upside down', () => new MinMaxScaler({ range: [1, 1] }), /low < high/],
    ['quantiles outside', () => new RobustScaler({ quantiles: [0.5, 2] }), /0 ≤ low < high ≤ 1/],
    ['one quantile', () => new QuantileTransformer({ quantiles: 1 }), /quantiles to be an integer from 2/],
    ['one bucket', () => new HashingEncoder({ buckets: 1 }), /buckets to be an integer from 2/],
    ['an unknown option', () => new Imputer({ stategy: 'mean' } as never), /options among strategy/],
    ['targets that are missing', () => new TargetScaler().fit([1, nan]), /finite targets, got NaN in row 1/],
    ['negative amounts', () => new TargetScaler({ log: true }).fit([1, -1]), /targets ≥ 0 for log, got -1 in row 1/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message)
  })

  const good = JSON.parse(JSON.stringify(fitted)) as Record<string, unknown>
  const ordinal = JSON.parse(JSON.stringify(new OrdinalEncoder().fit([1, 2]))) as Record<string, unknown>
  const imputer = JSON.parse(JSON.stringify(new Imputer({ indicator: true }).fit(x))) as Record<string, unknown>
  const quantile = JSON.parse(JSON.stringify(new QuantileTransformer().fit(x))) as Record<string, unknown>
  const target = JSON.parse(JSON.stringify(new TargetScaler().fit([1, 2]))) as Record<string, unknown>
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a list', [good]],
    ['an unknown name', { ...good, transform: 'constructor' }],
    ['a version to come', { ...good, version: 2 }],
    ['no version', { ...good, version: undefined }],
    ['no centers', { ...good, centers: undefined }],
    ['a text among numbers', { ...good, centers: ['1', 2, 3] }],
    ['null among numbers', { ...good, scales: [null, 1, 1] }],
    ['fewer scales', { ...good, scales: [1] }],
    ['a scale of 0', { ...good, scales: [1, 0, 1] }],
    ['an infinite center', JSON.parse(JSON.stringify(good).replace(/"centers":\[[^,]*/, '"centers":[1e999'))],
    ['categories that are no numbers', { ...ordinal, categories: ['a'] }],
    ['a hole among categories', { ...ordinal, categories: ['1', undefined] }],
    ['a hole among numbers', { ...good, centers: [1, undefined, 3] }],
    ['a number for categories', { ...ordinal, categories: 3 }],
    ['a category twice', { ...ordinal, categories: ['1', '1'] }],
    ['an unknown type', { ...ordinal, type: 'date' }],
    ['an unknown kind of missing', { ...ordinal, missing: undefined }],
    ['missing as a number', { ...ordinal, missing: 1 }],
    ['a marked column that is not', { ...imputer, marked: [3] }],
    ['a marked column twice', { ...imputer, marked: [1, 1] }],
    ['quantiles that fall', { ...quantile, columns: [[2, 1]] }],
    ['more quantiles than told', { ...quantile, quantiles: 2 }],
    ['a deviation of 0', { ...target, deviation: 0 }],
    ['buckets beyond reason', { transform: 'HashingEncoder', version: 1, buckets: 1e12, seed: 0 }],
  ])('a file with %s', (_, json) => {
    expect(() => transformFromJson(json)).toThrow(expect.objectContaining({ code: 'INVALID_FORMAT' }) as never)
  })
})
