// Where a function on a grid crosses zero: marching squares, the pieces joined to lines.

type Point = readonly [column: number, row: number]

/**
 * The zero lines of a function on a grid of `columns` × `rows` places, each line a list of points in units of the grid.
 * @param at - the function's value at place `row·columns + column`
 */
export function contours(columns: number, rows: number, at: (place: number) => number): Point[][] {
  const values = Float64Array.from({ length: columns * rows }, (_, i) => at(i))
  const crossing = (a: Point, b: Point): Point => {
    const [va, vb] = [values[a[1] * columns + a[0]]!, values[b[1] * columns + b[0]]!]
    const t = va / (va - vb)
    return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]
  }
  const pieces: { ends: readonly [string, string]; points: readonly [Point, Point] }[] = []
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      // Corners around the square; an edge whose corners differ in sign is crossed.
      const corners: Point[] = [
        [column, row],
        [column + 1, row],
        [column + 1, row + 1],
        [column, row + 1],
      ]
      const above = corners.map(([c, r]) => values[r * columns + c]! > 0)
      if (corners.some(([c, r]) => !Number.isFinite(values[r * columns + c]!))) continue
      const found: { id: string; point: Point }[] = []
      for (let k = 0; k < 4; k++) {
        if (above[k] === above[(k + 1) % 4]) continue
        // Both squares beside an edge must name and compute it alike.
        const [a, b] = k < 2 ? [corners[k]!, corners[k + 1]!] : [corners[(k + 1) % 4]!, corners[k]!]
        found.push({ id: `${a.join()}-${b.join()}`, point: crossing(a, b) })
      }
      for (let k = 0; k + 1 < found.length; k += 2) {
        const [p, q] = [found[k]!, found[k + 1]!]
        pieces.push({ ends: [p.id, q.id], points: [p.point, q.point] })
      }
    }
  }
  return joined(pieces)
}

function joined(pieces: readonly { ends: readonly [string, string]; points: readonly [Point, Point] }[]): Point[][] {
  const at = new Map<string, number[]>()
  for (const [i, { ends }] of pieces.entries()) for (const end of ends) at.set(end, [...(at.get(end) ?? []), i])
  const used = new Set<number>()
  // Follows the line from an end of a piece on, as long as there are unused pieces.
  const follow = (from: string): Point[] => {
    const points: Point[] = []
    for (let end: string | undefined = from; end !== undefined; ) {
      const next: number | undefined = at.get(end)!.find((i) => !used.has(i))
      if (next === undefined) break
      used.add(next)
      const side: 0 | 1 = pieces[next]!.ends[0] === end ? 1 : 0
      points.push(pieces[next]!.points[side])
      end = pieces[next]!.ends[side]
    }
    return points
  }
  const lines: Point[][] = []
  for (const [i, { ends, points }] of pieces.entries()) {
    if (used.has(i)) continue
    used.add(i)
    lines.push([...follow(ends[0]).reverse(), ...points, ...follow(ends[1])])
  }
  return lines
}
