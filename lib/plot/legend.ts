// Names of series: in rows above a chart, or each at the end of its line.
import { text, textWidth } from '../draw/svg.js'
import type { Theme } from '../draw/theme.js'

/** A series as legends show it, its colour chosen. */
export interface Entry {
  readonly name: string
  readonly color: string
  /** Whether a dot stands for it rather than a line. */
  readonly dot?: boolean
}

const ROW = 20

/** Names in rows from (x, y) on, at most `width` wide; returns the drawing and its height. */
export function paintLegend(
  entries: readonly Entry[],
  x: number,
  y: number,
  width: number,
  theme: Theme,
): { drawing: string[]; height: number } {
  const drawing: string[] = []
  let [left, top] = [x, y + 12]
  for (const { name, color, dot } of entries) {
    const needed = 24 + textWidth(name, 12) + 14
    if (left > x && left + needed > x + width) [left, top] = [x, top + ROW]
    drawing.push(
      dot
        ? `<circle cx="${left + 8}" cy="${top - 4}" r="4.5" fill="${color}"/>`
        : `<path d="M${left} ${top - 4}h16" stroke="${color}" stroke-width="3" stroke-linecap="round"/>`,
      text(left + 24, top, name, { size: 12, fill: theme.ink }),
    )
    left = Math.round(left + needed)
  }
  return { drawing, height: entries.length === 0 ? 0 : top - y + 8 }
}

/**
 * Moves labels apart that would overlap, keeping their order and staying within [low, high] if there is room: groups of
 * touching labels are centred on where they would like to be.
 */
export function spread(places: readonly number[], gap: number, low: number, high: number): number[] {
  const order = places.map((_, i) => i).sort((a, b) => places[a]! - places[b]! || a - b)
  const groups: { start: number; count: number; sum: number }[] = [] // sum of wishes for the group's first place
  for (const i of order) {
    let group = { start: places[i]!, count: 1, sum: places[i]! }
    for (
      let before = groups.at(-1);
      before && before.start + before.count * gap > group.start;
      before = groups.at(-1)
    ) {
      groups.pop()
      const sum = before.sum + group.sum - group.count * before.count * gap
      const count = before.count + group.count
      group = { start: sum / count, count, sum }
    }
    groups.push(group)
  }
  const moved = new Array<number>(places.length)
  let next = 0
  for (const { start, count } of groups) for (let k = 0; k < count; k++) moved[order[next++]!] = start + k * gap
  let floor = low
  for (const i of order) {
    moved[i] = Math.max(moved[i]!, floor)
    floor = moved[i]! + gap
  }
  let ceiling = high
  for (const i of order.reverse()) {
    moved[i] = Math.min(moved[i]!, ceiling)
    ceiling = moved[i]! - gap
  }
  return moved
}
