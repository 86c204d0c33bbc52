// Freezing: parameters that optimizers leave as they are.
import { describe } from '../checks.js'
import { ArgumentError } from '../errors.js'
import type { Parameter } from './parameters.js'

/** Which parameters of a network: a pattern for names such as `0.weight`, or a function of the parameter. */
export type ParameterMatch = RegExp | ((parameter: Parameter) => boolean)

/** A test of parameters. Throws ArgumentError for what is neither a pattern nor a function. */
export function matcherOf(operation: string, name: string, match: unknown): (parameter: Parameter) => boolean {
  if (typeof match === 'function') return match as (parameter: Parameter) => boolean
  if (!(match instanceof RegExp)) {
    throw new ArgumentError(operation, `${name} to be a pattern or a function`, describe(match))
  }
  const pattern = new RegExp(match.source, match.flags.replace(/[gy]/g, ''))
  return (parameter) => pattern.test(parameter.name)
}

/** Freezes parameters, or trains them again: all, or those that match. Throws ArgumentError where none does. */
export function setTrainable(
  operation: string,
  parameters: readonly Parameter[],
  trainable: boolean,
  match: ParameterMatch | undefined,
): void {
  const matches = match === undefined ? () => true : matcherOf(operation, 'match', match)
  const chosen = parameters.filter(matches)
  if (chosen.length === 0 && match !== undefined) {
    throw new ArgumentError(
      operation,
      `a match among ${parameters.map(({ name }) => name).join(', ')}`,
      describe(match),
    )
  }
  for (const parameter of chosen) parameter.trainable = trainable
}
