// The heights of blocks: each wants to lie where its neighbours pull it, in its column's order and without overlap. Per
// column this is isotonic regression, solved by pooling neighbours that violate the order.
import type { Slot } from './layers.js'

const SWEEPS = 40
const LARGE = 8000 // slots in all above which a quarter of the sweeps must do
const NEAR = 14 // bends of less than this are taken out

/** Sets the heights of all slots; `gap` is the least room between blocks. */
export function placeRows(columns: readonly Slot[][], gap: number): void {
  for (const column of columns) {
    settle(column, gap, () => ({ place: 0, weight: 1 }))
  }
  const sweeps = columns.reduce((sum, column) => sum + column.length, 0) > LARGE ? SWEEPS / 4 : SWEEPS
  for (let sweep = 0; sweep < sweeps; sweep++) {
    // First each column follows one side, then both.
    const side = sweep >= sweeps / 2 ? 'both' : sweep % 2 === 0 ? 'ins' : 'outs'
    const forward = sweep % 2 === 0
    for (let i = 0; i < columns.length; i++) {
      settle(columns[forward ? i : columns.length - 1 - i]!, gap, (slot) => pull(slot, side))
    }
  }
  straighten(columns, gap)
}

// Least distance between two neighbours of a column.
function apart(above: Slot, below: Slot, gap: number): number {
  return above.down + below.up + (above.block < 0 && below.block < 0 ? gap / 2 : gap)
}

// Takes out what bends are left without need: a wire that passes several columns keeps one height, that of its source if
// there is room; a block with one input moves a little to lie straight behind it.
function straighten(columns: readonly Slot[][], gap: number): void {
  const room = (slot: Slot): [number, number] => {
    const column = columns[slot.rank]!
    const [above, below] = [column[slot.order - 1], column[slot.order + 1]]
    return [
      above ? above.y + apart(above, slot, gap) : Number.NEGATIVE_INFINITY,
      below ? below.y - apart(slot, below, gap) : Number.POSITIVE_INFINITY,
    ]
  }
  for (const slot of columns.flat()) {
    const source = slot.ins[0]?.from
    if (!source || slot.ins.length > 1) continue
    if (slot.block >= 0) {
      const [low, high] = room(slot)
      const near = Math.abs(source.y - slot.y) < NEAR && source.outs.length === 1
      if (near && source.y >= low && source.y <= high) slot.y = source.y
    } else if (source.block >= 0) {
      const passages = [slot]
      for (let next = onward(slot); next; next = onward(next)) passages.push(next)
      const rooms = passages.map(room)
      const [low, high] = [Math.max(...rooms.map(([a]) => a)), Math.min(...rooms.map(([, b]) => b))]
      if (low > high) continue
      const place = Math.min(high, Math.max(low, source.y))
      for (const passage of passages) passage.y = place
    }
  }
}

// Where the wire passes next.
function onward({ outs }: Slot): Slot | undefined {
  return outs.find(({ to }) => to.block < 0)?.to
}

// The mean of the neighbours' heights, and how strong the pull is.
function pull(slot: Slot, side: 'ins' | 'outs' | 'both'): { place: number; weight: number } {
  let [sum, weight] = [0, 0]
  if (side !== 'outs') {
    for (const { from, weight: w } of slot.ins) {
      sum += w * from.y
      weight += w
    }
  }
  if (side !== 'ins') {
    for (const { to, weight: w } of slot.outs) {
      sum += w * to.y
      weight += w
    }
  }
  return weight === 0 ? { place: slot.y, weight: 0.1 } : { place: sum / weight, weight }
}

function settle(column: readonly Slot[], gap: number, wish: (slot: Slot) => { place: number; weight: number }): void {
  // With the room that is needed above taken off, heights must not decrease.
  const groups: { place: number; weight: number; count: number }[] = []
  const offsets: number[] = []
  let offset = 0
  for (const [i, slot] of column.entries()) {
    if (i > 0) offset += apart(column[i - 1]!, slot, gap)
    offsets.push(offset)
    const { place, weight } = wish(slot)
    let group = { place: place - offset, weight, count: 1 }
    for (let before = groups.at(-1); before && before.place > group.place; before = groups.at(-1)) {
      groups.pop()
      const sum = before.weight + group.weight
      const mean = (before.place * before.weight + group.place * group.weight) / sum
      group = { place: mean, weight: sum, count: before.count + group.count }
    }
    groups.push(group)
  }
  let next = 0
  for (const { place, count } of groups) {
    for (let k = 0; k < count; k++, next++) column[next]!.y = place + offsets[next]!
  }
}
