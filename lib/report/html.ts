// Pieces of HTML: tables, tiles, and charts that are there twice, in the colours of light and of dark pages.
import { escaped } from '../draw/svg.js'
import { type PagePanel, page } from '../plot/page.js'

export { escaped } from '../draw/svg.js'

/** A section of a report. */
export interface Section {
  /** The name of its anchor. */
  readonly id: string
  readonly title: string
  readonly html: string
}

/** A chart with what it shows. */
export interface Chart {
  readonly title: string
  /** What one sees, for those who cannot. */
  readonly alt: string
  /** One or two sentences below it. */
  readonly caption: string
  readonly panel: PagePanel
  /** Whether it takes the whole width. */
  readonly wide?: boolean
  /** Its numbers, to be unfolded. */
  readonly numbers?: string
}

/** Size of a chart; a phone shows it whole and its text can still be read. */
export const [WIDTH, HEIGHT] = [440, 300]

/** A chart as a figure. */
export function figure({ title, alt, caption, panel, wide, numbers }: Chart): string {
  const drawn = (['light', 'dark'] as const).map((theme) => {
    const id = `${theme}-${title.replaceAll(/\W+/g, '-')}-`
    return page({ theme, margin: 0, panels: [panel] })
      .replace(/<title>.*?<\/title>/, `<title>${escaped(alt)}</title>`)
      .replace(/^<svg /, `<svg class="${theme}-only" `)
      .replaceAll('id="clip-', `id="${id}`)
      .replaceAll('url(#clip-', `url(#${id}`)
  })
  // What is too wide for a phone scrolls there.
  const shown = (panel.width ?? 0) > WIDTH || wide ? scrolling(title, drawn.join('')) : drawn.join('')
  const unfolded = numbers === undefined ? '' : `<details><summary>The numbers</summary>${numbers}</details>`
  return `<figure${wide ? ' class="wide"' : ''}><h3>${escaped(title)}</h3>${shown}<figcaption>${escaped(caption)}</figcaption>${unfolded}</figure>`
}

/** Charts beside each other. */
export function gallery(charts: readonly (Chart | undefined)[]): string {
  const shown = charts.filter((chart) => chart !== undefined)
  return shown.length === 0 ? '' : `<div class="gallery">${shown.map(figure).join('\n')}</div>`
}

/** A cell of a table: text, or HTML that is already made. */
export type Cell = string | { readonly html: string }

/** A table that scrolls where it is too wide. Columns named in `numeric` stand to the right. */
export function htmlTable(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  numeric: readonly number[] = [],
): string {
  const kind = (i: number) => (numeric.includes(i) ? ' class="number"' : '')
  const titles = head.map((title, i) => `<th scope="col"${kind(i)}>${escaped(title)}</th>`)
  const lines = rows.map((row) => {
    const cells = row.map((cell, i) => {
      const content = typeof cell === 'string' ? escaped(cell) : cell.html
      return i === 0 ? `<th scope="row">${content}</th>` : `<td${kind(i)}>${content}</td>`
    })
    return `<tr>${cells.join('')}</tr>`
  })
  const body = `<thead><tr>${titles.join('')}</tr></thead><tbody>${lines.join('\n')}</tbody>`
  return scrolling(caption, `<table><caption>${escaped(caption)}</caption>${body}</table>`)
}

/** A box that scrolls sideways, for the keyboard too. */
export function scrolling(name: string, content: string): string {
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escaped(name)}">${content}</div>`
}

/** Names and values. */
export function definitions(entries: readonly (readonly [string, string])[]): string {
  return `<dl>${entries.map(([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`).join('')}</dl>`
}

/** Large numbers. */
export function tiles(entries: readonly (readonly [name: string, value: string])[]): string {
  return `<div class="tiles">${entries.map(([name, value]) => `<div><b>${escaped(value)}</b><span>${escaped(name)}</span></div>`).join('')}</div>`
}
