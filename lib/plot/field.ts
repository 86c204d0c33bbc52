// What a classifier or function of two numbers says all over the plane: a coloured field, its boundary, and points on it.
import { describe, integer, oneOf, options } from '../checks.js'
import { pngUri } from '../draw/png.js'
import { placed, round } from '../draw/svg.js'
import { colorOf, mix, type Rgb, rgbOf, type Theme } from '../draw/theme.js'
import { ArgumentError, ShapeError } from '../errors.js'
import { Tensor } from '../tensor/tensor.js'
import { type PlotAxis, scaleOf } from './axis.js'
import { contours } from './contours.js'
import {
  type ChartOptions,
  chartKeys,
  clipped,
  matrixOf,
  type Numbers,
  numbersOf,
  type Panel,
  paintCard,
  paintFrame,
  panelOf,
} from './panel.js'
import { ramp } from './ramp.js'

/** Options of {@link field}. */
export interface FieldOptions extends ChartOptions {
  /** The horizontal axis; `min` and `max` are needed unless there are points. */
  x?: PlotAxis
  /** The vertical axis, likewise. */
  y?: PlotAxis
  /**
   * The scores of places: takes float32 [places, 2] and returns [places, classes], or one number per place. For a network:
   * `(places) => model.predictSync(places)`.
   */
  predict: (places: Tensor) => Tensor | Numbers
  /**
   * What the scores are. Several per place: `logits` or `probabilities` of classes. One: the logit or probability of class 1
   * against class 0, or `values` of a function. Default logits.
   */
  scores?: 'logits' | 'probabilities' | 'values'
  /** Points [rows, 2] on the field. */
  points?: Tensor | readonly Numbers[]
  /** The class of each point. */
  labels?: Numbers
  /** How many places are asked in a row of the field. Default 96. */
  resolution?: number
}

// Steps of colour: few from one class to the other, which read as contour lines and compress well; more for values.
const [SHADES, VALUE_SHADES] = [12, 40]

/** Checks a field and asks `predict`. */
export function fieldPanel(operation: string, given: FieldOptions): Panel {
  const all = options(operation, given, [...chartKeys, 'x', 'y', 'predict', 'scores', 'points', 'labels', 'resolution'])
  if (typeof all?.predict !== 'function')
    throw new ArgumentError(operation, 'predict to be a function', describe(all?.predict))
  const scores = oneOf(operation, 'scores', all.scores ?? 'logits', ['logits', 'probabilities', 'values'])
  const n = integer(operation, 'resolution', all.resolution ?? 96, 2, 1024)
  const points = all.points === undefined ? [] : matrixOf(operation, 'points', all.points)
  if (points[0] && points[0].length !== 2)
    throw new ShapeError(operation, 'points [rows, 2]', `[${points.length}, ${points[0].length}]`)
  const labels = all.labels === undefined ? undefined : numbersOf(operation, 'labels', all.labels)
  if (labels && labels.length !== points.length)
    throw new ShapeError(operation, `${points.length} labels, one per point`, String(labels.length))
  const [x, y] = ([all.x, all.y] as const).map((axis, k) =>
    limits(
      operation,
      k === 0 ? 'x' : 'y',
      axis,
      points.map((point) => point[k]!),
    ),
  ) as [PlotAxis, PlotAxis]
  const asked = ask(operation, all.predict, x, y, n)
  const xs = scaleOf(operation, 'x', x, [], { tight: true })
  const ys = scaleOf(operation, 'y', y, [], { tight: true })
  const panel = panelOf(operation, all, 400, 400, (box, theme, bare) => {
    const { drawing, top } = paintCard(panel, box, theme, bare)
    const { inner, x, y, drawing: axes } = paintFrame(box, top, theme, xs, ys)
    const { colors, boundary } = shaded(asked, scores, n, theme)
    const uri = pngUri({ width: n, height: n, samples: 3, data: Uint8Array.from(colors.flat()) })
    const place = ([column, row]: readonly [number, number]) =>
      `${round(inner.x + ((column + 0.5) / n) * inner.width)} ${round(inner.y + ((row + 0.5) / n) * inner.height)}`
    const path = boundary.map((line) => `M${line.map(place).join('L')}`).join('')
    const content = [`<image ${placed(inner)} preserveAspectRatio="none" href="${uri}"/>`]
    if (path)
      content.push(
        `<path d="${path}" fill="none" stroke="${theme.ink}" stroke-width="1.5" stroke-opacity="0.75" stroke-linejoin="round"/>`,
      )
    const radius = points.length > 400 ? 2.2 : points.length > 150 ? 3 : 4
    for (const [i, [px, py]] of points.entries()) {
      if (!Number.isFinite(px) || !Number.isFinite(py)) continue
      const fill = labels ? colorOf(theme, undefined, labels[i]!) : theme.ink
      content.push(
        `<circle cx="${round(x(px!))}" cy="${round(y(py!))}" r="${radius}" fill="${fill}" stroke="${theme.panel}" stroke-width="0.8"/>`,
      )
    }
    return [...drawing, ...axes, ...clipped(inner, content)]
  })
  return panel
}

// The axis with limits: the user's, else a little beyond the points.
function limits(operation: string, name: string, axis: PlotAxis | undefined, values: readonly number[]): PlotAxis {
  const finite = values.filter(Number.isFinite)
  const { min, max } = axis ?? {}
  if (min !== undefined && max !== undefined) return axis!
  if (finite.length === 0)
    throw new ArgumentError(operation, `${name} with min and max where there are no points`, describe(axis))
  const [low, high] = finite.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)] as const, [
    Infinity,
    -Infinity,
  ] as const)
  const margin = (high - low || 1) * 0.08
  return { ...axis, min: min ?? low - margin, max: max ?? high + margin }
}

interface Asked {
  /** Scores per place. */
  readonly width: number
  readonly data: ArrayLike<number>
}

// Rows from the top of the picture down, each from left to right.
function ask(operation: string, predict: FieldOptions['predict'], x: PlotAxis, y: PlotAxis, n: number): Asked {
  const places = new Float32Array(n * n * 2)
  for (let i = 0; i < n * n; i++) {
    places[2 * i] = x.min! + ((x.max! - x.min!) * ((i % n) + 0.5)) / n
    places[2 * i + 1] = y.max! - ((y.max! - y.min!) * (Math.floor(i / n) + 0.5)) / n
  }
  const answer = predict(new Tensor(places, [n * n, 2]))
  const data = answer instanceof Tensor ? answer.data : numbersOf(operation, "predict's answer", answer)
  const width = data.length / (n * n)
  if (Number.isInteger(width) && width >= 1) return { width, data }
  throw new ShapeError(operation, `predict to return scores of ${n * n} places`, `${data.length} numbers`)
}

type Line = readonly (readonly [number, number])[]

function shaded(
  { width, data }: Asked,
  scores: 'logits' | 'probabilities' | 'values',
  n: number,
  theme: Theme,
): { colors: Rgb[]; boundary: Line[] } {
  const count = n * n
  const row = (i: number) => Array.from({ length: width }, (_, c) => data[i * width + c]!)
  if (width === 1 && scores === 'values') {
    const reach =
      Array.from(data).reduce((most, v) => (Number.isFinite(v) ? Math.max(most, Math.abs(v)) : most), 0) || 1
    const colors = Array.from({ length: count }, (_, i) =>
      ramp('diverging', stepped(0.5 + data[i]! / reach / 2, VALUE_SHADES), theme),
    )
    return { colors, boundary: contours(n, n, (i) => data[i]!) }
  }
  const probabilities = Array.from({ length: count }, (_, i) => {
    if (width > 1) return scores === 'logits' ? softmax(row(i)) : row(i)
    const p = scores === 'logits' ? 1 / (1 + Math.exp(-data[i]!)) : data[i]!
    return [1 - p, p]
  })
  const ground = rgbOf(theme.panel)
  const classes = probabilities[0]!.length
  const tints = Array.from({ length: classes }, (_, c) => rgbOf(colorOf(theme, undefined, c)))
  const colors = probabilities.map((p) => {
    const best = p.indexOf(Math.max(...p))
    const sure = best < 0 ? 0 : (p[best]! - 1 / classes) / (1 - 1 / classes)
    return best < 0 ? ground : mix(ground, tints[best]!, 0.1 + 0.4 * stepped(sure, SHADES))
  })
  // A class's boundary: where it is as likely as the likeliest other.
  const boundary = Array.from({ length: classes === 2 ? 1 : classes }, (_, c) =>
    contours(n, n, (i) => probabilities[i]![c]! - Math.max(...probabilities[i]!.filter((_, k) => k !== c))),
  )
  return { colors, boundary: boundary.flat() }
}

function stepped(t: number, steps: number): number {
  return Math.round(Math.min(1, Math.max(0, t)) * steps) / steps
}

function softmax(z: readonly number[]): number[] {
  const top = Math.max(...z)
  const e = z.map((v) => Math.exp(v - top))
  const sum = e.reduce((a, b) => a + b, 0)
  return e.map((v) => v / sum)
}
