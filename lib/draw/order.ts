// The order of blocks within columns: barycentres of neighbours, back and forth, and exchanges of neighbours, keeping the
// order with the fewest crossings.
import type { Link, Slot } from './layers.js'

const SWEEPS = 12
const EXCHANGED = 600 // slots in all above which exchanging neighbours would take too long
const LARGE = 8000 // slots in all above which a third of the sweeps must do

/** Orders the slots of every column so that few wires cross. */
export function reduceCrossings(columns: readonly Slot[][]): void {
  let best = snapshot(columns)
  let fewest = crossings(columns)
  const slots = columns.reduce((sum, column) => sum + column.length, 0)
  const sweeps = slots > LARGE ? SWEEPS / 3 : SWEEPS
  for (let sweep = 0; sweep < sweeps && fewest > 0; sweep++) {
    const forward = sweep % 2 === 0
    for (let i = 1; i < columns.length; i++) arrange(columns[forward ? i : columns.length - 1 - i]!, forward)
    if (slots <= EXCHANGED) exchange(columns)
    const count = crossings(columns)
    if (count >= fewest) continue
    fewest = count
    best = snapshot(columns)
  }
  for (const [i, column] of columns.entries()) renumber(column, best[i]!)
}

function snapshot(columns: readonly Slot[][]): Slot[][] {
  return columns.map((column) => [...column])
}

function renumber(column: Slot[], order: readonly Slot[]): void {
  for (const [i, slot] of order.entries()) {
    column[i] = slot
    slot.order = i
  }
}

// Sorts a column by the mean position of its neighbours on one side; those without neighbours stay where they are.
function arrange(column: Slot[], forward: boolean): void {
  const weights = new Map<Slot, number>()
  for (const slot of column) {
    const links = forward ? slot.ins : slot.outs
    const places = links.map((link) => (forward ? link.from.order : link.to.order + 0.4 * link.port))
    if (places.length > 0) weights.set(slot, places.reduce((a, b) => a + b, 0) / places.length)
  }
  const sorted = column
    .filter((slot) => weights.has(slot))
    .sort((a, b) => weights.get(a)! - weights.get(b)! || a.order - b.order)
  let next = 0
  renumber(
    column,
    column.map((slot) => (weights.has(slot) ? sorted[next++]! : slot)),
  )
}

// Exchanges neighbours as long as that takes crossings away.
function exchange(columns: readonly Slot[][]): void {
  for (let round = 0, better = true; better && round < 8; round++) {
    better = false
    for (const column of columns) {
      for (let i = 0; i + 1 < column.length; i++) {
        const [a, b] = [column[i]!, column[i + 1]!]
        if (between(b, a) >= between(a, b)) continue
        column[i] = b
        column[i + 1] = a
        b.order = i
        a.order = i + 1
        better = true
      }
    }
  }
}

// Crossings among the wires of two slots of a column if `above` stands above `below`.
function between(above: Slot, below: Slot): number {
  let count = 0
  for (const a of above.ins) for (const b of below.ins) if (a.from.order > b.from.order) count++
  for (const a of above.outs) for (const b of below.outs) if (end(a) > end(b)) count++
  return count
}

function end({ to, port }: Link): number {
  return to.order + 0.4 * port
}

/** How many pairs of wires cross, over all columns: inversions, counted with a Fenwick tree. */
function crossings(columns: readonly Slot[][]): number {
  let total = 0
  for (const column of columns) {
    const links = column.flatMap((slot) => [...slot.outs].sort((a, b) => end(a) - end(b)))
    const ends = Array.from(new Set(links.map(end))).sort((a, b) => a - b)
    const rank = new Map(ends.map((place, i) => [place, i + 1]))
    const tree = new Array<number>(ends.length + 1).fill(0)
    for (const [seen, link] of links.entries()) {
      const at = rank.get(end(link))!
      let notBelow = 0
      for (let i = at; i > 0; i -= i & -i) notBelow += tree[i]!
      total += seen - notBelow
      for (let i = at; i < tree.length; i += i & -i) tree[i]!++
    }
  }
  return total
}
