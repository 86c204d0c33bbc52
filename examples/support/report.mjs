// What a trained classifier is shown as: a confusion table in text, its learning curves and its mistakes in SVG.
import { pngDataUri } from './png.mjs'
import { card, colors, heading, lineChart, page, text } from './svg.mjs'

/** A confusion matrix as a table: true classes in rows, predicted ones in columns, and how many of each row are right. */
export function confusionTable(matrix, { color = false } = {}) {
  const rows = matrix.toArray()
  const paint = (code, shown) => (color ? `\x1b[${code}m${shown}\x1b[0m` : shown)
  const width = Math.max(...matrix.data).toString().length + 2
  const cell = (count, i, j) => {
    const shown = (count === 0 ? '·' : String(count)).padStart(width)
    if (i === j) return paint('1;32', shown)
    return count === 0 ? paint('2', shown) : shown
  }
  const head = `true │${rows.map((_, j) => String(j).padStart(width)).join('')} │  right`
  const line = `─────┼${'─'.repeat(width * rows.length)}─┼────────`
  const body = rows.map((row, i) => {
    const all = row.reduce((a, b) => a + b, 0)
    const right = all ? `${((100 * row[i]) / all).toFixed(1)} %`.padStart(7) : '      –'
    return `${String(i).padStart(4)} │${row.map((count, j) => cell(count, i, j)).join('')} │${right}`
  })
  return [`${' '.repeat(7)}predicted`, head, line, ...body].join('\n')
}

/** The confusions that happened most often, at most `count`, with their numbers: ['4 → 9 (6)', …]. */
export function commonConfusions(matrix, count) {
  const all = matrix.toArray().flatMap((row, truth) => row.map((times, predicted) => ({ truth, predicted, times })))
  const wrong = all.filter(({ truth, predicted, times }) => truth !== predicted && times > 0)
  wrong.sort((a, b) => b.times - a.times)
  return wrong.slice(0, count).map(({ truth, predicted, times }) => `${truth} → ${predicted} (${times})`)
}

/** Loss and accuracy over the epochs. */
export function learningCurves({ epochs }, { title, subtitle }) {
  const pair = (train, test) => [
    { name: 'training', color: colors.grey, values: epochs.map(train) },
    { name: 'test', color: colors.blue, values: epochs.map(test) },
  ]
  const loss = pair(
    (e) => e.loss,
    (e) => e.validationLoss,
  )
  const accuracy = pair(
    (e) => 100 * e.accuracy,
    (e) => 100 * e.validationAccuracy,
  )
  const charts = [
    lineChart(32, 96, 456, 312, {
      title: 'Loss',
      note: 'logarithmic',
      series: loss,
      format: (v) => String(Number(v.toPrecision(2))),
      log: true,
    }),
    lineChart(512, 96, 456, 312, {
      title: 'Accuracy, %',
      series: accuracy,
      format: (v) => String(Number(v.toFixed(2))),
    }),
  ]
  return page(1000, 440, title, heading(32, 46, title, subtitle), charts)
}

const COLUMNS = 14
const CELL = { width: 72, height: 98, gap: 6, image: 56 }

/**
 * Pictures with their true and predicted classes.
 * @param mistakes [{ pixels, truth, predicted, confidence }], pixels of side × side bytes, 0 the background
 */
export function mistakeSheet(mistakes, side, { title, subtitle }) {
  const columns = Math.min(COLUMNS, Math.max(8, mistakes.length))
  const rows = Math.max(1, Math.ceil(mistakes.length / columns))
  const width = 64 + columns * CELL.width - CELL.gap
  const drawing = mistakes.map(({ pixels, truth, predicted, confidence }, i) => {
    const x = 32 + (i % columns) * CELL.width
    const y = 96 + Math.floor(i / columns) * CELL.height
    const image = pngDataUri(
      side,
      side,
      pixels.map((value) => 255 - value),
    )
    const middle = x + (CELL.width - CELL.gap) / 2
    const left = middle - CELL.image / 2
    return [
      card(x, y, CELL.width - CELL.gap, CELL.height - CELL.gap),
      `<image x="${left}" y="${y + 5}" width="${CELL.image}" height="${CELL.image}" href="${image}"/>`,
      text(middle - 9, y + 75, truth, { size: 14, weight: 600, anchor: 'end' }),
      text(middle, y + 74.5, '→', { size: 11, fill: colors.muted, anchor: 'middle' }),
      text(middle + 9, y + 75, predicted, { size: 14, weight: 600, fill: colors.red }),
      text(middle, y + 87, `${Math.floor(100 * confidence)} %`, { size: 9.5, fill: colors.muted, anchor: 'middle' }),
    ]
  })
  return page(width, 96 + rows * CELL.height + 26, title, heading(32, 46, title, subtitle), drawing.flat())
}
