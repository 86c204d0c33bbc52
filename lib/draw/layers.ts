// Layered drawings (after Sugiyama): blocks in columns from left to right by their longest path, wires through the columns
// between. Wires from one block run together as far as they can.
import { reduceCrossings } from './order.js'
import { placeRows } from './place.js'

/** What is laid out. Extents are measured from the block's centre, which lies on its wires. */
export interface Block {
  readonly left: number
  readonly right: number
  readonly up: number
  readonly down: number
  /** Half the height over which wires arrive. */
  readonly reach: number
  /** Whether it stands in the first column; else a block without inputs stands just before the first that needs it. */
  readonly first?: boolean
  /** Whether its wires may arrive in any order. */
  readonly symmetric?: boolean
}

/** A connection. `port` counts the inputs of the block that it goes to. */
export interface Wire {
  readonly from: number
  readonly to: number
  readonly port: number
}

/** A place in a column: a block, or where a wire passes. */
export interface Slot {
  /** The block, or −1. */
  readonly block: number
  readonly rank: number
  readonly up: number
  readonly down: number
  readonly ins: Link[]
  readonly outs: Link[]
  /** Position within the column. */
  order: number
  y: number
}

/** A piece of wire between neighbouring columns. */
export interface Link {
  readonly from: Slot
  readonly to: Slot
  /** Where among the target's inputs, from −0.5 to 0.5. */
  readonly port: number
  /** How strongly it wants to be straight. */
  readonly weight: number
}

/** A piece of wire: straight from (x0, y1) to (x1, y1), curved to (x2, y2). Blocks −1 are passages. */
export interface Piece {
  readonly from: number
  readonly to: number
  readonly x0: number
  readonly x1: number
  readonly y1: number
  readonly x2: number
  readonly y2: number
  /** Whether other pieces leave from the same place. */
  readonly branches: boolean
}

/** A drawing laid out: its size, the blocks' centres, and the wires' pieces. */
export interface Layout {
  readonly width: number
  readonly height: number
  readonly centers: readonly { readonly x: number; readonly y: number }[]
  readonly pieces: readonly Piece[]
}

const PASSAGE = 7 // half the room of a wire that passes a column
const STRAIGHT = 6 // how much more than blocks passages pull their neighbours into line

/**
 * Lays out blocks.
 * @param blocks - each after all those that wires come from
 * @param gap - least room between blocks above each other
 */
export function layOut(blocks: readonly Block[], wires: readonly Wire[], gap: number): Layout {
  if (blocks.length === 0) return { width: 0, height: 0, centers: [], pieces: [] }
  const columns = columnsOf(blocks, wires)
  reduceCrossings(columns)
  placeRows(columns, gap)
  return measured(blocks, columns)
}

function ranksOf(blocks: readonly Block[], wires: readonly Wire[]): number[] {
  const ins: number[][] = blocks.map(() => [])
  const outs: number[][] = blocks.map(() => [])
  for (const { from, to } of wires) {
    ins[to]!.push(from)
    outs[from]!.push(to)
  }
  const ranks = new Array<number>(blocks.length).fill(0)
  for (let i = 0; i < blocks.length; i++) for (const from of ins[i]!) ranks[i] = Math.max(ranks[i]!, ranks[from]! + 1)
  for (let i = 0; i < blocks.length; i++) {
    if (ins[i]!.length > 0 || blocks[i]!.first || outs[i]!.length === 0) continue
    ranks[i] = outs[i]!.reduce((least, to) => Math.min(least, ranks[to]!), Number.POSITIVE_INFINITY) - 1
  }
  return ranks
}

// Columns of slots, in a first order: that in which a walk from the outputs meets them.
function columnsOf(blocks: readonly Block[], wires: readonly Wire[]): Slot[][] {
  const ranks = ranksOf(blocks, wires)
  const slot = (block: number, rank: number, { up, down }: { up: number; down: number }): Slot => {
    return { block, rank, up, down, ins: [], outs: [], order: 0, y: 0 }
  }
  const slots = blocks.map((block, i) => slot(i, ranks[i]!, block))
  const passages = blocks.map((): Slot[] => [])
  const inputs = new Array<number>(blocks.length).fill(0)
  for (const { to } of wires) inputs[to]!++
  const link = (from: Slot, to: Slot, port: number) => {
    const made: Link = { from, to, port, weight: 1 + (from.block < 0 ? STRAIGHT : 0) + (to.block < 0 ? STRAIGHT : 0) }
    from.outs.push(made)
    to.ins.push(made)
  }
  for (const { from, to, port } of wires) {
    let last = slots[from]!
    for (let rank = ranks[from]! + 1; rank < ranks[to]!; rank++) {
      const known = passages[from]!
      if (known.length < rank - ranks[from]!) {
        known.push(slot(-1, rank, { up: PASSAGE, down: PASSAGE }))
        link(last, known.at(-1)!, 0)
      }
      last = known[rank - ranks[from]! - 1]!
    }
    link(last, slots[to]!, inputs[to]! > 1 ? port / (inputs[to]! - 1) - 0.5 : 0)
  }
  const columns = Array.from({ length: Math.max(...ranks) + 1 }, (): Slot[] => [])
  const seen = new Set<Slot>()
  const stack = slots.filter(({ outs }) => outs.length === 0).reverse()
  for (let next = stack.pop(); next; next = stack.pop()) {
    if (seen.has(next)) continue
    seen.add(next)
    columns[next.rank]!.push(next)
    for (let k = next.ins.length - 1; k >= 0; k--) stack.push(next.ins[k]!.from)
  }
  for (const column of columns) for (const [order, each] of column.entries()) each.order = order
  return columns
}

function measured(blocks: readonly Block[], columns: readonly Slot[][]): Layout {
  const all = columns.flat()
  const top = Math.min(...all.map(({ y, up }) => y - up))
  const bottom = Math.max(...all.map(({ y, down }) => y + down))
  const lefts = columns.map((column) => Math.max(...column.map(({ block }) => blocks[block]?.left ?? 0)))
  const rights = columns.map((column) => Math.max(...column.map(({ block }) => blocks[block]?.right ?? 0)))
  const x: number[] = []
  for (const [rank, column] of columns.entries()) {
    const steepest = Math.max(0, ...column.flatMap(({ ins }) => ins.map(({ from, to }) => Math.abs(from.y - to.y))))
    const room = Math.min(150, 34 + 0.28 * steepest)
    x.push(rank === 0 ? lefts[0]! : x[rank - 1]! + rights[rank - 1]! + room + lefts[rank]!)
  }
  const pieces = columns.flatMap((column) => column.flatMap((slot) => piecesInto(slot, blocks, x, lefts, rights, top)))
  const centers = blocks.map(() => ({ x: 0, y: 0 }))
  for (const { block, rank, y } of all) if (block >= 0) centers[block] = { x: x[rank]!, y: y - top }
  return { width: x.at(-1)! + rights.at(-1)!, height: bottom - top, centers, pieces }
}

function piecesInto(
  to: Slot,
  blocks: readonly Block[],
  x: readonly number[],
  lefts: readonly number[],
  rights: readonly number[],
  top: number,
): Piece[] {
  const block = blocks[to.block]
  const ins = block?.symmetric ? [...to.ins].sort((a, b) => a.from.y - b.from.y || a.port - b.port) : to.ins
  return ins.map(({ from, port: asked }, i) => {
    const port = block?.symmetric && ins.length > 1 ? i / (ins.length - 1) - 0.5 : asked
    return {
      from: from.block,
      to: to.block,
      x0: x[from.rank]! - (from.block < 0 ? lefts[from.rank]! : 0),
      x1: x[from.rank]! + rights[from.rank]!,
      y1: from.y - top,
      x2: x[to.rank]! - lefts[to.rank]!,
      y2: to.y - top + 2 * port * (block?.reach ?? 0),
      branches: from.outs.length > 1,
    }
  })
}
