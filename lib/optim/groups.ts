// Groups of parameters: those whose names match get a learning rate or a weight decay of their own.
import { describe, nonNegative, options } from '../checks.js'
import { ArgumentError } from '../errors.js'
import type { Parameter, ParameterBlock } from '../nn/parameters.js'

/** Parameters with values of their own. */
export interface ParameterGroup {
  /** Which: a pattern for names such as `0.weight`, or a function of the parameter. */
  match: RegExp | ((parameter: Parameter) => boolean)
  /** Their learning rate. Its ratio to the optimizer's first one stays when that is changed. Default: the optimizer's. */
  learningRate?: number
  /** Their weight decay. Default: the optimizer's. */
  weightDecay?: number
}

/** What groups may change. */
export interface GroupUpdate {
  readonly learningRate: number
  readonly weightDecay: number
}

/** A stretch of the flat vectors with one learning rate and weight decay. */
export interface GroupRange extends GroupUpdate {
  readonly start: number
  end: number
}

/** The checked groups of one optimizer. */
export class ParameterGroups {
  readonly #groups: readonly { match: ParameterGroup['match']; ratio?: number; weightDecay?: number }[]

  /** @param rate - the optimizer's learning rate at the start */
  constructor(operation: string, groups: readonly ParameterGroup[], rate: number) {
    if (!Array.isArray(groups)) throw new ArgumentError(operation, 'groups to be an array', describe(groups))
    this.#groups = groups.map((group, i) => {
      const name = `groups[${i}]`
      if (group === undefined) throw new ArgumentError(operation, `${name} to be an object`, 'undefined')
      const { match, learningRate, weightDecay } = options(operation, group, ['match', 'learningRate', 'weightDecay'])
      if (!(match instanceof RegExp) && typeof match !== 'function') {
        throw new ArgumentError(operation, `${name}.match to be a pattern or a function`, describe(match))
      }
      if (learningRate !== undefined && rate === 0) {
        throw new ArgumentError(operation, `a learningRate > 0 beside that of ${name}`, '0')
      }
      return {
        match: match instanceof RegExp ? new RegExp(match.source, match.flags.replace(/[gy]/g, '')) : match,
        ...(learningRate !== undefined && {
          ratio: nonNegative(operation, `${name}.learningRate`, learningRate) / rate,
        }),
        ...(weightDecay !== undefined && {
          weightDecay: nonNegative(operation, `${name}.weightDecay`, weightDecay),
        }),
      }
    })
  }

  /** The stretches of a block in order, from its first element to its last. */
  rangesOf(block: ParameterBlock, rate: number, decay: number): readonly GroupRange[] {
    const ranges: GroupRange[] = []
    for (const [i, parameter] of block.parameters.entries()) {
      const end = block.offsets[i + 1] ?? block.values.length
      const group = this.#groups.find(({ match }) =>
        match instanceof RegExp ? match.test(parameter.name) : match(parameter),
      )
      const learningRate = group?.ratio === undefined ? rate : rate * group.ratio
      const weightDecay = group?.weightDecay ?? decay
      const last = ranges.at(-1)
      if (last?.learningRate === learningRate && last.weightDecay === weightDecay) last.end = end
      else ranges.push({ start: last?.end ?? 0, end, learningRate, weightDecay })
    }
    return ranges
  }
}
