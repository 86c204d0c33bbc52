// Groups of parameters: those whose names match get a learning rate or a weight decay of their own.
import { describe, nonNegative, options, positive } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { matcherOf, type ParameterMatch } from '../nn/freezing.js'
import type { Parameter, ParameterBlock } from '../nn/parameters.js'

/** Parameters with values of their own. */
export interface ParameterGroup {
  /** Which: a pattern for names such as `0.weight`, or a function of the parameter. */
  match: ParameterMatch
  /** Their learning rate. Its ratio to the optimizer's first one stays when that is changed. Default: the optimizer's. */
  learningRate?: number
  /** Their weight decay. Default: the optimizer's. */
  weightDecay?: number
  /** The largest norm of the rows of their matrices. Default: the optimizer's. */
  maxNorm?: number
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
  /** Whether it stays as it is. */
  readonly frozen: boolean
}

/** The rows of a weight that are kept short. */
export interface RowBound {
  readonly offset: number
  readonly rows: number
  readonly cols: number
  readonly norm: number
}

interface Group {
  readonly matches: (parameter: Parameter) => boolean
  readonly ratio?: number
  readonly weightDecay?: number
  readonly maxNorm?: number
}

const keys = ['match', 'learningRate', 'weightDecay', 'maxNorm'] as const

/** The checked groups of one optimizer. */
export class ParameterGroups {
  readonly #groups: readonly Group[]

  /** @param rate - the optimizer's learning rate at the start */
  constructor(operation: string, groups: readonly ParameterGroup[], rate: number) {
    if (!Array.isArray(groups)) throw new ArgumentError(operation, 'groups to be an array', describe(groups))
    this.#groups = groups.map((group, i) => {
      const name = `groups[${i}]`
      if (group === undefined) throw new ArgumentError(operation, `${name} to be an object`, 'undefined')
      const { match, learningRate, weightDecay, maxNorm } = options(operation, group, keys)
      const matches = matcherOf(operation, `${name}.match`, match)
      if (learningRate !== undefined && rate === 0) {
        throw new ArgumentError(operation, `a learningRate > 0 beside that of ${name}`, '0')
      }
      return {
        matches,
        ...(learningRate !== undefined && {
          ratio: nonNegative(operation, `${name}.learningRate`, learningRate) / rate,
        }),
        ...(weightDecay !== undefined && {
          weightDecay: nonNegative(operation, `${name}.weightDecay`, weightDecay),
        }),
        ...(maxNorm !== undefined && { maxNorm: positive(operation, `${name}.maxNorm`, maxNorm) }),
      }
    })
  }

  #of(parameter: Parameter): Group | undefined {
    return this.#groups.find(({ matches }) => matches(parameter))
  }

  /** The stretches of a block in order, from its first element to its last. */
  rangesOf(block: ParameterBlock, rate: number, decay: number): readonly GroupRange[] {
    const ranges: GroupRange[] = []
    for (const [i, parameter] of block.parameters.entries()) {
      const end = block.offsets[i + 1] ?? block.values.length
      const group = this.#of(parameter)
      const learningRate = group?.ratio === undefined ? rate : rate * group.ratio
      const weightDecay = group?.weightDecay ?? decay
      const frozen = !parameter.trainable
      const last = ranges.at(-1)
      const same =
        last?.frozen === frozen && (frozen || (last.learningRate === learningRate && last.weightDecay === weightDecay))
      if (last && same) last.end = end
      else ranges.push({ start: last?.end ?? 0, end, learningRate, weightDecay, frozen })
    }
    if (ranges.length === 0) ranges.push({ start: 0, end: 0, learningRate: rate, weightDecay: decay, frozen: false })
    return ranges
  }

  /** The weights whose rows have a largest norm: matrices that are trained. @param norm - of those of no group */
  boundsOf(block: ParameterBlock, norm: number | undefined): readonly RowBound[] {
    return block.parameters.flatMap((parameter, i) => {
      const largest = this.#of(parameter)?.maxNorm ?? norm
      const [rows, cols] = parameter.shape
      if (largest === undefined || !parameter.trainable || parameter.shape.length !== 2) return []
      return [{ offset: block.offsets[i]!, rows: rows!, cols: cols!, norm: largest }]
    })
  }
}
