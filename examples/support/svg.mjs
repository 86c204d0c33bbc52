// Small pieces of SVG: a page, text, and one line chart.

export const colors = {
  ink: '#1b2333',
  muted: '#68738a',
  grid: '#e6e9f0',
  axis: '#c3cad8',
  panel: '#ffffff',
  page: '#f6f7fa',
  blue: '#2f6bff',
  grey: '#8b97ad',
  red: '#e0354b',
}

const LEAST = 1e-9 // what a logarithmic axis shows 0 as
const FONT = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"

/** A whole drawing; its name is what screen readers say. */
export function page(width, height, name, ...content) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}" role="img">`,
    `<title>${escaped(name)}</title>`,
    `<rect width="${width}" height="${height}" fill="${colors.page}"/>`,
    ...content.flat(),
    '</svg>\n',
  ].join('\n')
}

/** A line of text; `anchor` is start, middle or end. */
export function text(x, y, content, { size = 13, fill = colors.ink, weight = 400, anchor = 'start' } = {}) {
  const place = `x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"`
  return `<text ${place} font-size="${size}" font-weight="${weight}" fill="${fill}">${escaped(content)}</text>`
}

function escaped(content) {
  return String(content).replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c])
}

/** Title and subtitle at the top left. */
export function heading(x, y, title, subtitle) {
  return [text(x, y, title, { size: 22, weight: 650 }), text(x, y + 25, subtitle, { size: 13.5, fill: colors.muted })]
}

/** A white card. */
export function card(x, y, width, height) {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="12" fill="${colors.panel}" stroke="${colors.grid}"/>`
}

/**
 * Lines over the epochs 1, 2, …, each named at its end.
 * @param options.series [{ name, color, values }]
 * @param options.note what stands beside the title
 * @param options.format how values are written at lines and axis
 * @param options.log whether the axis is logarithmic
 */
export function lineChart(x, y, width, height, { title, note = '', series, format, log = false }) {
  const [left, right, top, bottom] = [58, 92, 60, 48]
  const inner = { x: x + left, y: y + top, width: width - left - right, height: height - top - bottom }
  const floor = inner.y + inner.height
  const small = { size: 11.5, fill: colors.muted }
  const ticks = log ? logTicks(series) : linearTicks(series)
  const scale = log ? (value) => Math.log(Math.max(value, LEAST)) : Number
  const [low, high] = [scale(ticks[0]), scale(ticks.at(-1))]
  const epochs = Math.max(...series.map(({ values }) => values.length))
  const atX = (epoch) => inner.x + (epochs === 1 ? inner.width / 2 : ((epoch - 1) / (epochs - 1)) * inner.width)
  const atY = (value) => inner.y + inner.height * (1 - (scale(value) - low) / (high - low))
  const drawing = [
    card(x, y, width, height),
    text(x + 20, y + 32, title, { size: 15, weight: 600 }),
    text(x + width - 20, y + 32, note, { ...small, anchor: 'end' }),
    text(inner.x + inner.width / 2, floor + 38, 'epoch', { ...small, anchor: 'middle' }),
  ]
  for (const tick of ticks) {
    const stroke = tick === ticks[0] ? colors.axis : colors.grid
    drawing.push(`<path d="M${inner.x} ${round(atY(tick))}h${inner.width}" stroke="${stroke}"/>`)
    drawing.push(text(inner.x - 10, atY(tick) + 4, format(tick), { ...small, anchor: 'end' }))
  }
  const step = [1, 2, 5, 10, 20, 50, 100].find((each) => epochs / each <= 10) ?? epochs
  for (let epoch = step; epoch <= epochs; epoch += step) {
    drawing.push(text(atX(epoch), floor + 20, epoch, { ...small, anchor: 'middle' }))
  }
  const ends = series.map(({ values }) => atY(values.at(-1)))
  const labels = spread(ends, 34)
  for (const [i, { name, color, values }] of series.entries()) {
    const points = values.map((value, at) => [round(atX(at + 1)), round(atY(value))])
    const dots = points.length > 30 ? points.slice(-1) : points
    drawing.push(
      `<path d="M${points.map((point) => point.join(' ')).join('L')}" fill="none" stroke="${color}" stroke-width="2.5" stroke-linejoin="round"/>`,
      ...dots.map(([cx, cy]) => dot(cx, cy, cx === points.at(-1)[0] ? 5 : 3.5, color)),
      text(atX(epochs) + 14, labels[i] - 3, name, { size: 12, fill: color, weight: 600 }),
      text(atX(epochs) + 14, labels[i] + 12, format(values.at(-1)), { size: 12, fill: color }),
    )
  }
  return drawing
}

function dot(x, y, radius, color) {
  return `<circle cx="${x}" cy="${y}" r="${radius}" fill="${color}" stroke="${colors.panel}" stroke-width="1.5"/>`
}

function round(value) {
  return Math.round(value * 100) / 100
}

// Moves labels apart that would overlap, keeping their order.
function spread(heights, gap) {
  const order = heights.map((_, i) => i).sort((a, b) => heights[a] - heights[b])
  const moved = [...heights]
  for (let k = 1; k < order.length; k++) {
    const overlap = moved[order[k - 1]] + gap - moved[order[k]]
    if (overlap <= 0) continue
    moved[order[k - 1]] -= overlap / 2
    moved[order[k]] += overlap / 2
  }
  return moved
}

function range(series) {
  const values = series.flatMap((each) => each.values)
  return [Math.min(...values), Math.max(...values)]
}

// About five round numbers that enclose all values.
function linearTicks(series) {
  const [low, high] = range(series)
  const rough = (high - low || Math.abs(high) || 1) / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) * power
  const first = Math.floor(low / step)
  const last = Math.max(first + 1, Math.ceil(high / step))
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step)
}

// 1, 2, 5, 10 … or powers of ten alone where there are many.
function logTicks(series) {
  const [low, high] = range(series).map((value) => Math.max(value, LEAST))
  const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))]
  const all = []
  for (let power = from; power <= to; power++) {
    for (const factor of to - from > 2 ? [1] : [1, 2, 5]) all.push(factor * 10 ** power)
  }
  const first = all.findLastIndex((tick) => tick <= low)
  const last = all.findIndex((tick) => tick >= high)
  return all.slice(Math.max(0, first), Math.max(first + 1, last) + 1).map((tick) => Number(tick.toPrecision(1)))
}
