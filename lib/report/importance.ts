// How much each feature counts: by how much the score falls when the feature's values are dealt to the wrong rows.
import { number, object, text } from './check.js'
import { gallery, WIDTH } from './html.js'
import { numberText } from './numbers.js'

/** What a feature counts. */
export interface Importance {
  readonly feature: string
  /** How much worse the score is without it: the mean over several shuffles. */
  readonly drop: number
  /** The standard deviation of these. */
  readonly spread: number
  /** What the score is, as it reads in a sentence: `accuracy`. */
  readonly score: string
}

/** Checks what stands for it. */
export const checkImportance = object({ feature: text, drop: number, spread: number, score: text })

const SHOWN = 20

/** A chart of the features that count most. */
export function importanceSection(all: readonly Importance[]): string {
  const sorted = [...all].sort((a, b) => b.drop - a.drop)
  const shown = sorted.slice(0, SHOWN)
  const rest = all.length > SHOWN ? ` Shown are the first ${SHOWN} of ${all.length}.` : ''
  const { score } = sorted[0]!
  return gallery([
    {
      title: `Permutation importance: by how much ${score} gets worse`,
      alt: `Permutation importance; first come ${shown.slice(0, 3).map(({ feature }) => feature).join(', ')}`, // biome-ignore format: one text
      caption: `How much worse ${score} is when one feature's values are dealt to the wrong rows. Features that say the same share their importance.${rest}`,
      panel: {
        kind: 'bars',
        horizontal: true,
        width: WIDTH,
        height: 70 + 28 * shown.length,
        labels: shown.map(({ feature }) => feature),
        series: [{ values: shown.map(({ drop }) => (Math.abs(drop) < 1e-6 ? 0 : drop)) }],
        y: { format: (value) => numberText(Number(value.toPrecision(3))) },
        values: true,
      },
    },
  ])
}
