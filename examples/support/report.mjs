// What a trained classifier is shown as: a confusion table in text, and its mistakes as a sheet of images.
import { plot } from 'chainrule'

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

/**
 * Pictures with their true and predicted classes, as SVG.
 * @param mistakes [{ pixels, truth, predicted, confidence }], pixels of one byte each, 0 the background
 */
export function mistakeSheet(mistakes, { title, subtitle }) {
  const images = mistakes.map(({ pixels, truth, predicted, confidence }) => ({
    pixels,
    caption: [{ text: String(truth) }, { text: '→', color: 'grey' }, { text: String(predicted), color: 'red' }],
    note: `${Math.floor(100 * confidence)} %`,
  }))
  return plot.images({ title, subtitle, images })
}
