// Streams of the counter-based generator: (seed, purpose, number) names a sequence, so that no two uses share numbers.

const purposes = { initialize: 0, shuffle: 1, dropout: 2, split: 3, mixup: 4, mixupOrder: 5 } as const
const PER_PURPOSE = 2 ** 48

/**
 * The number of a stream for the addon's generator.
 * @param purpose - what the numbers are for
 * @param index - which sequence of that purpose: a layer, an epoch …
 */
export function stream(purpose: keyof typeof purposes, index: number): number {
  return purposes[purpose] * PER_PURPOSE + index
}
