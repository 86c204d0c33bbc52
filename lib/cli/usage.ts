// Mistakes in a command line or a config file: what was wrong, and what was probably meant.

/** A command line that cannot be understood; the process ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code = 'USAGE'
}

/** The name that is nearest to a misspelt one, or undefined if none is near. */
export function nearest(wrong: string, names: readonly string[]): string | undefined {
  const word = wrong.toLowerCase()
  const far = Math.max(2, Math.floor(word.length / 3))
  const found = names
    .map((name) => ({ name, steps: distance(word, name.toLowerCase()) }))
    .filter(({ name, steps }) => steps <= far || (word.length > 2 && name.toLowerCase().startsWith(word)))
    .sort((a, b) => a.steps - b.steps)
  return found[0]?.name
}

/** ` Did you mean "…"?`, or nothing. */
export function suggestion(wrong: string, names: readonly string[], prefix = ''): string {
  const name = nearest(wrong, names)
  return name === undefined ? '' : ` Did you mean ${prefix}${name}?`
}

// Insertions, deletions, replacements, and swaps of neighbours that make one word the other.
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 12) return Number.POSITIVE_INFINITY
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let steps = Math.min(last[j]! + 1, next[j - 1]! + 1, last[j - 1]! + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) steps = Math.min(steps, before[j - 2]! + 1)
      next.push(steps)
    }
    before = last
    last = next
  }
  return last[b.length]!
}
