// Arguments that work for pictures and reports.
import * as chainrule from '../../../dist/esm/index.js'
import { assessed, model, number } from './samples.mjs'

const line = () => ({ series: [{ y: [1, 2, 3], name: 'a' }], title: 't', x: { label: 'x' }, y: { log: true } })

export const pictures = {
  draw: () => [number(), { format: 'svg', theme: 'light', title: 't', digits: 3 }],
  'plot.lines': () => [line()],
  'plot.bars': () => [{ labels: ['a', 'b'], series: [{ values: [1, 2] }], horizontal: true }],
  'plot.heatmap': () => [
    {
      values: [
        [1, 2],
        [3, 4],
      ],
      rows: ['a', 'b'],
      columns: ['c', 'd'],
      numbers: true,
    },
  ],
  'plot.confusion': () => [
    {
      matrix: [
        [1, 2],
        [3, 4],
      ],
      classes: ['a', 'b'],
    },
  ],
  'plot.field': () => [
    {
      x: { min: 0, max: 1 },
      y: { min: 0, max: 1 },
      predict: (at) => new Float32Array(at.shape[0]),
      resolution: 8,
      scores: 'values',
      points: [[0.5, 0.5]],
      labels: [0],
    },
  ],
  'plot.images': () => [
    { images: [{ pixels: [0, 0.5, 1, 0], caption: 'c', note: 'n' }], pixelsPerRow: 2, columns: 1, size: 20 },
  ],
  'plot.history': () => [
    {
      epochs: [
        { epoch: 1, loss: 1, seconds: 1 },
        { epoch: 2, loss: 0.5, seconds: 1 },
      ],
    },
    { title: 't', log: true },
  ],
  'plot.page': () => [{ title: 't', panels: [{ kind: 'lines', ...line() }], columns: 1 }],
  'plot.toPng': () => [chainrule.plot.lines(line()), { scale: 1 }],
  report: () => [
    {
      title: 't',
      subtitle: 's',
      history: { epochs: [{ epoch: 1, loss: 1, seconds: 1, samplesPerSecond: 1 }], seconds: 1 },
      model: model(),
      predictions: assessed.predictions,
      settings: { a: 1 },
      notes: ['n'],
    },
  ],
}
