// How properties are tried: on every run of the tests a few cases from a fixed seed; `npm run torture -- properties` tries
// as many as it is told.
import fc from 'fast-check'
import { it } from 'vitest'

const { CHAINRULE_PROPERTY_CASES: cases, CHAINRULE_PROPERTY_SEED: seed } = process.env

/**
 * A test that a property holds for `few` cases, or for as many as the environment asks for. What fails is made smaller
 * first; the message has the seed and the path that lead to it.
 * @param few - cases on every run of the tests
 * @param weight - how many usual cases one of these costs
 */
export function property<T>(
  title: string,
  few: number,
  given: fc.Arbitrary<T>,
  predicate: (given: T) => void | Promise<void>,
  weight = 1,
): void {
  const numRuns = cases === undefined ? few : Math.max(few, Math.ceil(Number(cases) / weight))
  const run = () =>
    fc.assert(
      fc.asyncProperty(given, async (each) => {
        await predicate(each)
      }),
      { numRuns, seed: Number(seed ?? 1), maxSkipsPerRun: 20 },
    )
  it(title, run, cases === undefined ? 60_000 : 3_600_000)
}
