// Charts: well-formed SVG with what was given in it, at the right places, for every kind, theme and odd number.
import { inflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ArgumentError, plot, ShapeError, type Tensor, tensor } from '../../lib/index.js'
import { all, readPicture, texts } from '../draw/xml.js'
import { thrownBy } from '../support.js'

type Kind = 'lines' | 'bars' | 'heatmap' | 'confusion' | 'field' | 'images'
const plane = { x: { min: -1, max: 1 }, y: { min: -2, max: 2 } }
const half = (places: Tensor) => Array.from({ length: places.shape[0]! }, (_, i) => places.data[2 * i]!)
const charts: [Kind, object][] = [
  ['lines', { series: [{ name: 'a', y: [1, 2, 3] }] }],
  ['lines', { series: [{ y: [] }], x: { label: 'x' } }],
  ['lines', { series: [{ y: [5] }, { name: 'all NaN', y: [Number.NaN, Number.NaN] }] }],
  ['lines', { series: [{ y: [0, -1, Number.POSITIVE_INFINITY, 4] }], y: { log: true } }],
  ['lines', { series: [{ x: [1, 1, 1], y: [2, 2, 2], marks: 'points', name: 'one place' }] }],
  ['lines', { series: [{ y: [1e300, -1e300] }, { y: [1e-300, 5e-324], name: 'tiny' }] }],
  ['lines', { series: Array.from({ length: 12 }, (_, i) => ({ name: `series ${i}`, y: [i, 1] })) }],
  ['bars', { labels: ['a', 'b'], series: [{ name: 's', values: [1, -2] }] }],
  ['bars', { labels: ['a'], series: [{ values: [Number.NaN] }], horizontal: true }],
  ['bars', { labels: ['long '.repeat(20), 'b'], series: [{ values: [0, 1e9] }], y: { log: true } }],
  ['heatmap', { values: [[1]] }],
  ['heatmap', { values: tensor([[1, -2, 3], [4, 5, Number.NaN]]), rows: ['a', 'b'], x: 'columns', y: 'rows' }], // biome-ignore format: a matrix
  ['heatmap', { values: Array.from({ length: 60 }, () => new Float64Array(60)) }],
  ['confusion', { matrix: [[3, 1], [0, 0]], classes: ['cat', 'dog'] }], // biome-ignore format: a matrix
  ['field', { ...plane, predict: half }],
  ['field', { ...plane, predict: half, scores: 'values', resolution: 2 }],
  ['field', { points: [[0, 0], [1, 1]], labels: [0, 1], predict: (p: Tensor) => tensor(new Float32Array(p.shape[0]! * 3), { shape: [p.shape[0]!, 3] }) }], // biome-ignore format: one chart
  ['field', { ...plane, predict: (p: Tensor) => new Float64Array(p.shape[0]!).fill(Number.NaN), resolution: 4 }],
  ['images', { images: [{ pixels: new Uint8Array(16), caption: '3', note: '9 %' }] }],
  ['images', { images: [{ pixels: [Number.NaN, 1, -1, 0, 2, 3] }], pixelsPerRow: 3 }],
]
const drawn = (kind: Kind, options: object) => (plot[kind] as (options: object) => string)(options)

describe('every chart', () => {
  const cases = charts.map(([kind, options], i) => [`${kind} ${i}`, kind, options] as const)
  it.each(cases)(
    '%s is well-formed in both themes, alone and on a page, and the same each time',
    (_, kind, options) => {
      for (const theme of ['light', 'dark'] as const) {
        const picture = drawn(kind, { ...options, theme, title: 'T <1> & "2"', subtitle: 'how\u0000\ud800' })
        expect(texts(picture).slice(0, 2)).toEqual(['T <1> & "2"', 'how��'])
        expect(drawn(kind, { ...options, theme, title: 'T <1> & "2"', subtitle: 'how\u0000\ud800' })).toBe(picture)
        const panels = [{ kind, title: 'first', ...options }, { kind, ...options }] as plot.PagePanel[] // biome-ignore format: a page
        const page = plot.page({ theme, title: 'page', panels })
        expect(texts(page)).toEqual(expect.arrayContaining(['page', 'first']))
      }
    },
  )

  it('keeps all it draws within the picture', () => {
    for (const [kind, options] of charts) {
      const root = readPicture(drawn(kind, options))
      const [width, height] = [Number(root.attributes.width), Number(root.attributes.height)]
      for (const { attributes: a } of [...all(root, 'rect'), ...all(root, 'image')]) {
        expect(Number(a.x ?? 0) + Number(a.width), kind).toBeLessThanOrEqual(width)
        expect(Number(a.y ?? 0) + Number(a.height), kind).toBeLessThanOrEqual(height)
        expect(Number(a.width), kind).toBeGreaterThanOrEqual(0)
        expect(Number(a.height), kind).toBeGreaterThanOrEqual(0)
      }
    }
  })
})

describe('plot.lines', () => {
  const points = (picture: string) =>
    all(readPicture(picture), 'circle').map(({ attributes: a }) => [Number(a.cx), Number(a.cy)] as const)

  it('places values in proportion, and logarithmic ones by their logarithm', () => {
    const [a, b, c] = points(plot.lines({ series: [{ x: [0, 1, 4], y: [0, 5, 10] }] })) as [number, number][]
    expect((b![0] - a![0]) * 4).toBeCloseTo(c![0] - a![0], 0)
    expect((b![1] - a![1]) * 2).toBeCloseTo(c![1] - a![1], 0)
    const [p, q, r] = points(plot.lines({ series: [{ y: [1, 10, 100] }], y: { log: true } })) as [number, number][]
    expect(q![1] - p![1]).toBeCloseTo(r![1] - q![1], 0)
    expect(p![1]).toBeGreaterThan(q![1]) // upwards
  })

  it('leaves a gap where a value is not finite', () => {
    const picture = plot.lines({ series: [{ y: [1, Number.NaN, 2, 3], marks: 'lines', color: '#123456' }] })
    const [line] = all(readPicture(picture), 'path').filter(({ attributes }) => attributes.stroke === '#123456')
    expect(line!.attributes.d).toMatch(/^M[\d. ]+M[\d. ]+L[\d. ]+$/)
  })

  it.each([
    [[0, 10], undefined, ['0', '5', '10']],
    [[1, 2, 3], undefined, ['1', '2', '3']],
    [[-0.2, 0.3], undefined, ['−0.2', '0', '0.2', '0.4']],
    [[0.001, 0.5], { log: true }, ['0.001', '0.01', '0.1', '1']],
    [[20, 180], { log: true }, ['20', '50', '100', '200']],
    [[99_500, 101_000], { format: (v: number) => `${v / 1000}k` }, ['99.5k', '100k', '100.5k', '101k']],
  ])('the axis of %j has round numbers', (y, axis, expected) => {
    const x = { min: 1e7, max: 1e8, format: () => '' }
    const series = [{ y, x: y.map(() => 2e7) }]
    expect(texts(plot.lines({ series, x, ...(axis ? { y: axis } : {}) })).filter((text) => text !== '')).toEqual(
      expected,
    )
  })

  it('names lines at their ends without overlap, however close they are', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const picture = plot.lines({ series: names.map((name, i) => ({ name, y: [i, 1 + i / 1000, 1] })) })
    const places = all(readPicture(picture), 'text').filter(({ text }) => names.includes(text)).map(({ attributes }) => Number(attributes.y)) // biome-ignore format: one thought
    expect(places).toHaveLength(6)
    places.sort((a, b) => a - b)
    for (let i = 1; i < 6; i++) expect(places[i]! - places[i - 1]!).toBeGreaterThanOrEqual(16.9)
  })
})

describe('plot.field', () => {
  it('has its boundary where the score is 0, and asks from the top left to the bottom right', () => {
    let asked: Tensor | undefined
    const picture = plot.field({
      ...plane,
      resolution: 10,
      predict(places) {
        asked = places
        return half(places)
      },
    })
    expect(Array.from(asked!.data.subarray(0, 2), (v) => Number(v.toFixed(4)))).toEqual([-0.9, 1.8])
    expect(Array.from(asked!.data.subarray(-2), (v) => Number(v.toFixed(4)))).toEqual([0.9, -1.8])
    const root = readPicture(picture)
    const image = all(root, 'image')[0]!.attributes
    const middle = Number(image.x) + Number(image.width) / 2
    const boundary = all(root, 'path').find(({ attributes }) => attributes['stroke-opacity'] !== undefined)!
    const xs = Array.from(boundary.attributes.d!.matchAll(/[ML]([\d.]+) /g), ([, x]) => Number(x))
    expect(xs).toHaveLength(10)
    for (const x of xs) expect(x).toBeCloseTo(middle, 1)
  })

  it('draws a circle as one closed line', () => {
    const predict = (p: Tensor) =>
      Array.from({ length: p.shape[0]! }, (_, i) => 0.25 - p.data[2 * i]! ** 2 - p.data[2 * i + 1]! ** 2)
    const picture = plot.field({ x: plane.x, y: plane.x, predict })
    const { d } = all(readPicture(picture), 'path').find(({ attributes }) => attributes['stroke-opacity'])!.attributes
    expect(d!.match(/M/g)).toHaveLength(1)
    const points = Array.from(d!.matchAll(/[ML]([\d.]+ [\d.]+)/g), ([, at]) => at)
    expect(points[0]).toBe(points.at(-1))
  })
})

describe('plot.images', () => {
  it('holds the pixels: bytes as ink on white', () => {
    const picture = plot.images({
      images: [{ pixels: Uint8Array.of(0, 255, 128, 1), caption: [{ text: '4' }, { text: '9', color: 'red' }] }],
    })
    const { href } = all(readPicture(picture), 'image')[0]!.attributes
    const png = Buffer.from(href!.split(',')[1]!, 'base64')
    const start = png.indexOf('IDAT')
    const body = inflateSync(png.subarray(start + 4, start + 4 + png.readUInt32BE(start - 4)))
    expect(Array.from(body)).toEqual([0, 255, 0, 0, 127, 254])
    expect(texts(picture)).toEqual(['4 9'].map(() => expect.stringMatching(/4.*9/)))
  })
})

describe('plot.page', () => {
  const chart = { kind: 'lines', series: [{ y: [1, 2] }], width: 300, height: 200 } as const
  const size = (columns: number | undefined, count: number) => {
    const drawn = plot.page({ panels: Array(count).fill(chart), ...(columns && { columns }) })
    return /width="(\d+)" height="(\d+)"/.exec(drawn)!.slice(1).map(Number)
  }
  it.each([
    [1, 4, 1, 4],
    [2, 4, 2, 2],
    [5, 12, 5, 3],
    [undefined, 3, 3, 1],
    [undefined, 4, 2, 2],
    [undefined, 12, 3, 4],
  ])('with columns %s puts %i charts into %i columns and %i rows', (columns, count, across, down) => {
    const [gap, margin] = [24, 32]
    const [width, height] = [2 * margin + across * (300 + gap) - gap, 2 * margin + down * (200 + gap) - gap]
    expect(size(columns, count)).toEqual([width, height])
  })
})

describe('plot.history', () => {
  it('shows loss and accuracy of what fit returns, and the loss alone without labels', () => {
    const epoch = { loss: 0.5, accuracy: 0.9, validationLoss: 0.6, validationAccuracy: 0.85 }
    const both = plot.history({ epochs: [{ ...epoch, loss: 1 }, epoch] }, { title: 'Training', validationName: 'test' })
    expect(texts(both)).toEqual(
      expect.arrayContaining(['Training', 'Loss', 'Accuracy, %', 'training', 'test', '90', '85', '0.6']),
    )
    const alone = texts(plot.history({ epochs: [{ loss: 1 }, { loss: Number.NaN }] }))
    expect(alone).toContain('Loss')
    expect(alone).not.toContain('Accuracy, %')
  })
})

describe('refusals', () => {
  const cases: [string, () => unknown, typeof ArgumentError | typeof ShapeError, string][] = [
    ['unknown option', () => plot.lines({ serie: [] } as never), ArgumentError, '[plot.lines] expected options among'],
    ['no options', () => plot.lines(undefined as never), ArgumentError, '[plot.lines] expected series to be an array'],
    ['no series', () => plot.lines({ series: [] }), ArgumentError, 'series to be an array with entries, got an empty one'],
    ['text for a number', () => plot.lines({ series: [{ y: [1, '2'] as never }] }), ArgumentError, 'series[0].y[1] to be a number, got "2"'],
    ['other lengths', () => plot.lines({ series: [{ x: [1], y: [1, 2] }] }), ShapeError, '2 entries of series[0].x, one per y, got 1'],
    ['a colour that is none', () => plot.lines({ series: [{ y: [1], color: '"/><script>' }] }), ArgumentError, 'color to be one of blue,'],
    ['min above max', () => plot.lines({ series: [{ y: [1] }], y: { min: 2, max: 1 } }), ArgumentError, 'y.min below y.max, got 2 and 1'],
    ['log from 0', () => plot.lines({ series: [{ y: [1] }], y: { min: 0, log: true } }), ArgumentError, 'y.min > 0 on a logarithmic axis, got 0'],
    ['theme', () => plot.lines({ series: [{ y: [1] }], theme: 'red' as never }), ArgumentError, 'theme to be one of light, dark, got "red"'],
    ['width', () => plot.lines({ series: [{ y: [1] }], width: 1e9 }), ArgumentError, 'width to be an integer from 80 to 20000'],
    ['labels and values', () => plot.bars({ labels: ['a'], series: [{ values: [1, 2] }] }), ShapeError, '1 entries of series[0].values, one per label, got 2'],
    ['ragged rows', () => plot.heatmap({ values: [[1], [1, 2]] }), ArgumentError, 'rows of one length, 1, got 2'],
    ['not square', () => plot.confusion({ matrix: [[1, 2]] }), ShapeError, 'a square matrix, got [1, 2]'],
    ['names', () => plot.confusion({ matrix: [[1]], classes: ['a', 'b'] }), ShapeError, '1 classes, got 2'],
    ['no limits', () => plot.field({ predict: half }), ArgumentError, 'x with min and max where there are no points'],
    ['scores of fewer places', () => plot.field({ ...plane, predict: () => [1, 2, 3] }), ShapeError, 'predict to return scores of 9216 places, got 3 numbers'],
    ['no predict', () => plot.field({ ...plane } as never), ArgumentError, 'predict to be a function, got undefined'],
    ['pixels', () => plot.images({ images: [{ pixels: [1, 2, 3] }] }), ShapeError, 'rows of 2 pixels, got 3 pixels'],
    ['kind', () => plot.page({ panels: [{ kind: 'pie' } as never] }), ArgumentError, 'panels[0].kind to be one of lines, bars'],
    ['a history of nothing', () => plot.history({ epochs: [] }), ArgumentError, 'a history of at least one epoch'],
  ] // biome-ignore format: a table
  it.each(cases)('%s', (_, f, type, message) => {
    const error = thrownBy(f)
    expect(error).toBeInstanceOf(type)
    expect((error as Error).message).toContain(message)
  })
})
