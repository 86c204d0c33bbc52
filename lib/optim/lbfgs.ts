// L-BFGS, as torch.optim.LBFGS: directions from the last changes of parameters and gradients, on wish with a line search.
import { describe, integer, nonNegative, oneOf, options, positiveInteger } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { native } from '../native/load.js'
import type { ParameterBlock } from '../nn/parameters.js'
import type { FloatArray } from '../tensor/dtype.js'
import { type Point, strongWolfe } from './line-search.js'
import { blockOf, type Optimizable } from './optimizer.js'

/** Options of {@link LBFGS}. */
export interface LBFGSOptions {
  /** Length of a step along its direction, or where the line search begins. Default 1. */
  learningRate?: number
  /** Directions of one step. Default 20. */
  maxIterations?: number
  /** Evaluations of the loss in one step, after which no new direction is begun. Default 5/4 of maxIterations. */
  maxEvaluations?: number
  /** A step ends where no gradient is larger. Default 1e-7. */
  gradientTolerance?: number
  /** … and where loss and parameters change less. Default 1e-9. */
  changeTolerance?: number
  /** How many changes directions are made from. Default 100. */
  historySize?: number
  /** Whether steps are as long as learningRate says, or fulfil the strong Wolfe conditions. Default none. */
  lineSearch?: 'none' | 'strongWolfe'
}

/** A change of the gradient y along one of the parameters s. */
interface Change {
  readonly y: FloatArray
  readonly s: FloatArray
  /** 1/(y·s) */
  readonly rho: number
}

/** What stays from step to step. */
interface State {
  iterations: number
  evaluations: number
  readonly changes: Change[]
  /** y·s/(y·y) of the last change. */
  scale: number
  direction: FloatArray
  /** How far the last step went along it. */
  length: number
  gradient: FloatArray
}

const keys = [
  'learningRate',
  'maxIterations',
  'maxEvaluations',
  'gradientTolerance',
  'changeTolerance',
  'historySize',
  'lineSearch',
] as const

/**
 * d = −H·g, H made of the last changes (Nocedal 1980), p += t·d. For smooth losses over all rows: one step evaluates the loss
 * many times, with the gradient. Formulas, defaults and ends of a step are those of `torch.optim.LBFGS`; a loss that is not
 * finite counts as infinite in the line search. In fit a batch is all rows unless told, and an epoch one step.
 */
export class LBFGS {
  readonly maxIterations: number
  readonly maxEvaluations: number
  readonly gradientTolerance: number
  readonly changeTolerance: number
  readonly historySize: number
  readonly lineSearch: 'none' | 'strongWolfe'
  readonly #states = new WeakMap<ParameterBlock, State>()
  #learningRate: number

  constructor(given?: LBFGSOptions) {
    const name = 'LBFGS'
    const { learningRate = 1, maxIterations = 20, historySize = 100, ...rest } = options(name, given, keys)
    const { gradientTolerance = 1e-7, changeTolerance = 1e-9, lineSearch = 'none' } = rest
    this.#learningRate = nonNegative(name, 'learningRate', learningRate)
    this.maxIterations = positiveInteger(name, 'maxIterations', maxIterations)
    const evaluations = rest.maxEvaluations ?? Math.floor((maxIterations * 5) / 4)
    this.maxEvaluations = positiveInteger(name, 'maxEvaluations', evaluations)
    this.gradientTolerance = nonNegative(name, 'gradientTolerance', gradientTolerance)
    this.changeTolerance = nonNegative(name, 'changeTolerance', changeTolerance)
    this.historySize = integer(name, 'historySize', historySize, 1)
    this.lineSearch = oneOf(name, 'lineSearch', lineSearch, ['none', 'strongWolfe'])
  }

  /** Length of a step; may be changed between steps. */
  get learningRate(): number {
    return this.#learningRate
  }
  set learningRate(value: number) {
    this.#learningRate = nonNegative('LBFGS', 'learningRate', value)
  }

  /**
   * One step: up to maxIterations directions.
   * @param model - a model or layer; each has a state of its own
   * @param evaluate - computes the loss and all gradients for the parameters as they are, and returns the loss; fit has its own
   * @returns the loss before the step
   */
  step(model: Optimizable, evaluate?: () => number): number {
    if (typeof evaluate !== 'function') {
      throw new ArgumentError('LBFGS', 'a function that computes loss and gradients', describe(evaluate))
    }
    const course = this.steps(model)
    for (let next = course.next(); ; next = course.next(evaluate())) if (next.done) return next.value
  }

  /** @internal The same for who evaluates in other ways: yields when it wants the loss, and takes it. */
  *steps(model: Optimizable): Generator<void, number, number> {
    const block = blockOf('LBFGS', model)
    let state = this.#states.get(block)
    const { values } = block
    const evaluate = function* (): Generator<void, Point, number> {
      const loss: number = yield
      block.clearFrozen()
      return { loss, gradient: block.gradients.slice() as FloatArray }
    }
    const first = yield* evaluate()
    if (!state) {
      const nothing = values.slice(0, 0) as FloatArray
      state = { iterations: 0, evaluations: 0, changes: [], scale: 1, direction: nothing, length: 0, gradient: nothing }
      this.#states.set(block, state)
    }
    state.evaluations++
    let { loss, gradient } = first
    let evaluations = 1
    if (largest(gradient) <= this.gradientTolerance || !Number.isFinite(loss)) return loss
    for (let n = 1; ; n++) {
      state.iterations++
      this.#turn(state, gradient)
      const { direction } = state
      const before = loss
      state.gradient = gradient
      const begin = state.iterations === 1 ? Math.min(1, 1 / absoluteSum(gradient)) : 1
      state.length = begin * this.#learningRate
      const slope = native().dot(gradient, direction)
      if (slope > -this.changeTolerance) return first.loss
      let more = 0
      if (this.lineSearch === 'strongWolfe') {
        const start = values.slice() as FloatArray
        const at = function* (length: number): Generator<void, Point, number> {
          move(block, start, length, direction)
          return yield* evaluate()
        }
        const found = yield* strongWolfe(at, { loss, gradient }, direction, slope, state.length, this.changeTolerance)
        ;({ loss, gradient, length: state.length, evaluations: more } = found)
        move(block, start, state.length, direction)
      } else {
        move(block, values, state.length, direction)
        if (n < this.maxIterations) {
          ;({ loss, gradient } = yield* evaluate())
          more = 1
        }
      }
      evaluations += more
      state.evaluations += more
      if (n === this.maxIterations || evaluations >= this.maxEvaluations) return first.loss
      if (largest(gradient) <= this.gradientTolerance) return first.loss
      if (state.length * largest(direction) <= this.changeTolerance) return first.loss
      // Not a number ends the step too.
      if (!(Math.abs(loss - before) >= this.changeTolerance)) return first.loss
    }
  }

  // The next direction, from the last step and its change of the gradient.
  #turn(state: State, gradient: FloatArray): void {
    const { changes } = state
    if (state.iterations > 1) {
      const y = combined(1, gradient, -1, state.gradient)
      const s = combined(state.length, state.direction, 0, state.direction)
      const curvature = native().dot(y, s)
      if (curvature > 1e-10) {
        if (changes.length === this.historySize) changes.shift()
        changes.push({ y, s, rho: 1 / curvature })
        state.scale = curvature / native().dot(y, y)
      }
    }
    const q = combined(-1, gradient, 0, gradient)
    const parts = new Float64Array(changes.length)
    for (let i = changes.length - 1; i >= 0; i--) {
      const { y, s, rho } = changes[i]!
      parts[i] = native().dot(s, q) * rho
      native().axpy(-parts[i]!, y, q)
    }
    native().scale(state.scale, q)
    for (const [i, { y, s, rho }] of changes.entries()) {
      native().axpy(parts[i]! - native().dot(y, q) * rho, s, q)
    }
    state.direction = q
  }

  /** @internal What a checkpoint keeps of the state for a model: numbers, and vectors like the parameters. */
  kept({ block }: Optimizable): { numbers: readonly number[]; vectors: readonly FloatArray[] } {
    const state = this.#states.get(block)
    if (!state) return { numbers: [], vectors: [] }
    const { iterations, evaluations, scale, length, direction, gradient, changes } = state
    const vectors = iterations > 0 ? [direction, gradient, ...changes.flatMap(({ y, s }) => [y, s])] : []
    return { numbers: [iterations, evaluations, scale, length], vectors }
  }
  /** @internal Puts the state back. */
  resume({ block }: Optimizable, numbers: readonly number[], vectors: readonly FloatArray[]): void {
    if (numbers.length === 0) return void this.#states.delete(block)
    const [iterations, evaluations, scale, length] = numbers as [number, number, number, number]
    const nothing = block.values.slice(0, 0) as FloatArray
    const [direction = nothing, gradient = nothing, ...rest] = vectors
    const changes: Change[] = []
    for (let i = 0; i + 1 < rest.length; i += 2) {
      const [y, s] = [rest[i]!, rest[i + 1]!]
      changes.push({ y, s, rho: 1 / native().dot(y, s) })
    }
    this.#states.set(block, { iterations, evaluations, scale, length, direction, gradient, changes })
  }

  /** Forgets the state for a model. */
  reset(model: Optimizable): void {
    this.#states.delete(blockOf('LBFGS', model))
  }
}

/** values = start + length·direction, in one piece for predictions on other threads. */
function move(block: ParameterBlock, start: FloatArray, length: number, direction: FloatArray): void {
  const to = start.slice() as FloatArray
  native().axpy(length, direction, to)
  native().copyTogether(block.values, [block.values], [to], true, true)
  block.touch()
}

// a·x + b·y
function combined(a: number, x: FloatArray, b: number, y: FloatArray): FloatArray {
  const out = x.slice() as FloatArray
  native().scale(a, out)
  if (b !== 0) native().axpy(b, y, out)
  return out
}

function largest(x: FloatArray): number {
  let most = 0
  for (const v of x) if (!(Math.abs(v) <= most)) most = Math.abs(v)
  return most
}

function absoluteSum(x: FloatArray): number {
  let sum = 0
  for (const v of x) sum += Math.abs(v)
  return sum
}
