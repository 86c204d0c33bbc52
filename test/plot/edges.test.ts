// Charts of what is seldom drawn: nothing finite, one value, labels at both axes, many points; each is well-formed and says it.
import { describe, expect, it } from 'vitest'
import { plot, Tensor } from '../../lib/index.js'
import { parseXml, texts } from '../draw/xml.js'

const nan = Number.NaN
const infinite = Number.POSITIVE_INFINITY
const many = (count: number) => Array.from({ length: count }, (_, i) => [(i * 37) % 101, (i * 53) % 97])
const places = (of: (x: number, y: number) => number[]) => (asked: Tensor) => {
  const rows = asked.toArray() as [number, number][]
  return new Tensor(Float32Array.from(rows.flatMap(([x, y]) => of(x, y))), [rows.length, of(0, 0).length])
}
const field = { x: { min: 0, max: 1 }, y: { min: 0, max: 1 }, resolution: 4 }
const line = (y: number[], axis = {}, more = {}) => plot.lines({ series: [{ y }], y: axis, ...more })

const charts: [string, () => string, says?: string[]][] = [
  ['a line of nothing', () => line([nan, infinite]), ['0', '1']],
  ['a line of nothing, logarithmic', () => line([nan, -1], { log: true }), ['0.1', '1']],
  ['a line of one value', () => line([5, 5, 5]), ['4', '6']],
  ['a line of zeros', () => line([0, 0]), ['0']],
  ['a line over nine decades', () => line([1e-4, 1e5], { log: true }), ['0.0001']],
  ['a line up to between two ticks', () => line([1, 95], { log: true, min: 1, max: 95 })],
  ['long labels of ticks', () => plot.lines({ series: [{ y: [1, 2, 3, 4] }], x: { format: () => 'x'.repeat(60) } })],
  ['a title and a subtitle that do not fit beside each other', () => line([1], {}, { title: 'a'.repeat(40), subtitle: 'b'.repeat(60) })],
  ['a page with a subtitle alone', () => plot.page({ subtitle: 'below', panels: [{ kind: 'lines', series: [{ y: [1] }] }] }), ['below']],
  ['bars of holes', () => plot.bars({ labels: ['a', 'b'], series: [{ values: [nan, -2] }] }), ['a', '−2']],
  ['lying bars of holes', () => plot.bars({ labels: ['a', 'b'], series: [{ values: [nan, 2] }], horizontal: true, y: { label: 'hours' } }), ['hours', '2']],
  ['lying bars without values', () => plot.bars({ labels: ['a'], series: [{ values: [2] }], horizontal: true, values: false }), ['a']],
  ['bars on a logarithmic axis', () => plot.bars({ labels: ['a'], series: [{ values: [100] }], y: { log: true } }), ['a']],
  ['cells of one value', () => plot.heatmap({ values: [[3, 3]] }), ['3']],
  ['cells without numbers', () => plot.heatmap({ values: [[1, 2]], numbers: false })],
  ['small cells', () => plot.heatmap({ values: many(45).map((row) => [...row, ...Array(40).fill(1)]), width: 300, height: 300 })],
  ['cells of nothing', () => plot.heatmap({ values: [[nan]], numbers: false })],
  ['a confusion without names', () => plot.confusion({ matrix: [[3, 1], [0, 0]] }), ['predicted', 'true', '0', '1', '3']],
  ['a field of two scores', () => plot.field({ ...field, predict: places((x, y) => [x, y]) })],
  ['a field of two probabilities', () => plot.field({ ...field, scores: 'probabilities', predict: places((x) => [x, 1 - x]) })],
  ['a field of one probability', () => plot.field({ ...field, scores: 'probabilities', predict: places((x) => [x]) })],
  ['a field of zeros', () => plot.field({ ...field, scores: 'values', predict: places(() => [0]) })],
  ['a field of holes', () => plot.field({ ...field, scores: 'values', predict: places((x) => [x > 0.5 ? nan : x]) })],
  ['a field around one point', () => plot.field({ resolution: 4, points: [[2, 3]], predict: places((x) => [x]) })],
  ['a field with holes among its points', () => plot.field({ ...field, points: [[0.5, nan], [nan, 0.5], [0.5, 0.5]], labels: [0, 1, 1], predict: places((x) => [x]) })],
  ['a history on a plain axis', () => plot.history({ epochs: [{ loss: 1 }, { loss: 2 }] as never }, { log: false })],
  ['an image with caption and note', () => plot.images({ images: [{ pixels: [0, 1, 1, 0], caption: 'four', note: 'sure' }, { pixels: [1, 1, 1, 1] }] }), ['four', 'sure']],
  ['an image with an empty caption', () => plot.images({ images: [{ pixels: [0, 1, 1, 0], caption: '', note: 'alone' }] }), ['alone']],
] // biome-ignore format: a table

describe('charts', () => {
  it.each(charts)('%s', (_, draw, says = []) => {
    const svg = draw()
    parseXml(svg)
    expect(svg).not.toMatch(/NaN|undefined|Infinity/)
    expect(texts(svg)).toEqual(expect.arrayContaining(says))
  })

  it('points are smaller the more there are', () => {
    const radius = (count: number) => {
      const svg = plot.field({ resolution: 4, points: many(count), predict: places((x) => [x]) })
      return Number(/<circle [^>]* r="([\d.]+)"/.exec(svg)![1])
    }
    expect([10, 200, 500].map(radius)).toEqual([4, 3, 2.2])
  })
})
