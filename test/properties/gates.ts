// Random gates with inputs: every gate of the library that takes numbers, in all its forms.
import fc from 'fast-check'
import type { Gate, Tensor, Value } from '../../lib/index.js'
import * as chainrule from '../../lib/index.js'
import { randomTensor } from '../support.js'

/** A gate as plain data, so that failures print and shrink: its name, what its constructor takes, and its inputs. */
export interface GateCase {
  readonly gate: string
  readonly given: readonly unknown[]
  readonly shapes: readonly (readonly number[])[]
  readonly seed: number
}

const seed = fc.nat(1e6)
const length = fc.integer({ min: 0, max: 4 })
/** Shapes of 0 to 3 axes; some have no elements. */
export const anyShape = fc.array(length, { maxLength: 3 })
const lengths = (min: number, max: number) =>
  fc.array(fc.integer({ min: 1, max: 4 }), { minLength: min, maxLength: max })

// What may go into a gate, where not everything from −3 to 3 may.
const domains: Readonly<Record<string, readonly [low: number, high: number][]>> = {
  Log: [[0.3, 3]],
  Sqrt: [[0.3, 3]],
  Reciprocal: [[0.3, 3]],
  Power: [[0.3, 3]],
  Divide: [
    [-3, 3],
    [0.3, 3],
  ],
  Pow: [
    [0.3, 2],
    [-2, 2],
  ],
}

const elementwise: Readonly<Record<string, fc.Arbitrary<unknown[]>>> = {
  ...Object.fromEntries(Object.values(chainrule.activations).map((type) => [type.name, fc.constant([])])),
  LeakyReLU: fc.constantFrom([], [{ alpha: 0.3 }]),
  ELU: fc.constantFrom([], [{ alpha: 0.7 }]),
  GELU: fc.constantFrom([], [{ approximate: 'tanh' }]),
  Negate: fc.constant([]),
  Exp: fc.constant([]),
  Log: fc.constant([]),
  Reciprocal: fc.constant([]),
  Sqrt: fc.constant([]),
  Square: fc.constant([]),
  Abs: fc.constant([]),
  Sin: fc.constant([]),
  Cos: fc.constant([]),
  Scale: fc.constantFrom([-2.5], [0], [0.3]),
  AddConstant: fc.constantFrom([1.5], [-3]),
  Power: fc.constantFrom([3], [-1.5], [0.5], [0], [1]),
  Clip: fc.constantFrom([{ min: -0.5 }], [{ max: 0.7 }], [{ min: -1, max: 1 }]),
  SquaredNorm: fc.constant([]),
}

/** A shape, and what broadcasts to it: leading axes left out, others of length 1. */
export const broadcasts: fc.Arbitrary<{ shape: number[]; parts: number[][] }> = anyShape.chain((shape) => {
  const part = fc
    .tuple(fc.nat(shape.length), fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }))
    .map(([from, kept]) => shape.map((n, i) => (kept[i] ? n : 1)).slice(from))
  return fc.tuple(part, part).map((parts) => ({ shape, parts }))
})

const reduction = lengths(1, 3).chain((shape) =>
  fc.record({
    shapes: fc.constant([shape]),
    given: fc.tuple(
      fc
        .record({
          axis: fc.oneof(
            fc.constant(undefined),
            fc.integer({ min: -shape.length, max: shape.length - 1 }),
            fc.subarray(
              shape.map((_, i) => i),
              { minLength: 1 },
            ),
          ),
          keepDims: fc.boolean(),
        })
        .map(({ axis, keepDims }) => (axis === undefined ? { keepDims } : { axis, keepDims })),
    ),
  }),
)

const alongAxis = lengths(1, 3).chain((shape) =>
  fc.record({
    shapes: fc.constant([shape]),
    given: fc.integer({ min: -shape.length, max: shape.length - 1 }).map((axis) => [{ axis }]),
  }),
)

const slice = lengths(1, 3).chain((shape) =>
  fc
    .tuple(
      ...shape.map((n) =>
        fc.oneof(
          fc.constant(null),
          fc.integer({ min: -n, max: n - 1 }),
          fc.record({ start: fc.integer({ min: -n, max: n }), step: fc.constantFrom(1, 2, -1, -2) }),
        ),
      ),
    )
    .map((slices) => ({ shapes: [shape], given: [slices] })),
)

const gather = lengths(1, 3).chain((shape) =>
  fc
    .integer({ min: 0, max: shape.length - 1 })
    .chain((axis) =>
      fc
        .array(fc.integer({ min: -shape[axis]!, max: shape[axis]! - 1 }), { minLength: 1, maxLength: 5 })
        .map((indices) => ({ shapes: [shape], given: [indices, { axis }] })),
    ),
)

const where = broadcasts.chain(({ shape, parts }) =>
  fc
    .array(fc.boolean(), { minLength: shape.at(-1) ?? 1, maxLength: shape.at(-1) ?? 1 })
    .map((condition) => ({ shapes: parts, given: [shape.length === 0 ? condition[0] : condition.map(Number)] })),
)

const joins = (stack: boolean) =>
  fc
    .tuple(lengths(1, 3), fc.integer({ min: 1, max: 3 }), fc.nat(10), fc.array(length, { minLength: 3, maxLength: 3 }))
    .map(([shape, count, at, sizes]) => {
      const axis = at % (stack ? shape.length + 1 : shape.length)
      const shapes = Array.from({ length: count }, (_, i) =>
        stack ? shape : shape.map((n, k) => (k === axis ? sizes[i]! : n)),
      )
      return { shapes, given: [{ axis }] }
    })

/** Factors of a matrix product: matrices, or a vector on either side. */
export const factors = fc
  .tuple(length, length, length, fc.constantFrom('matrices', 'vector left', 'vector right', 'vectors'))
  .map(([m, k, n, form]) => {
    const left = form === 'vector left' || form === 'vectors' ? [k] : [m, k]
    return { shapes: [left, form === 'vector right' || form === 'vectors' ? [k] : [k, n]], given: [] }
  })

const shaped: Readonly<Record<string, fc.Arbitrary<Pick<GateCase, 'shapes' | 'given'>>>> = {
  ...Object.fromEntries(
    ['Add', 'Subtract', 'Multiply', 'Divide', 'Maximum', 'Minimum', 'Pow'].map((name) => [
      name,
      broadcasts.map(({ parts }) => ({ shapes: parts, given: [] })),
    ]),
  ),
  ...Object.fromEntries(['Sum', 'Mean', 'Max', 'Min'].map((name) => [name, reduction])),
  Softmax: alongAxis,
  LogSoftmax: alongAxis,
  Where: where,
  MatMul: factors,
  Concat: joins(false),
  Stack: joins(true),
  Slice: slice,
  Gather: gather,
  Transpose: anyShape.chain((shape) =>
    fc
      .shuffledSubarray(
        shape.map((_, i) => i),
        { minLength: shape.length },
      )
      .map((axes) => ({ shapes: [shape], given: [axes] })),
  ),
  Reshape: lengths(1, 3).map((shape) => ({ shapes: [shape], given: [[-1, shape[0]!]] })),
  Flatten: lengths(1, 3).chain((shape) =>
    fc.nat(shape.length - 1).map((startAxis) => ({ shapes: [shape], given: [{ startAxis }] })),
  ),
  BroadcastTo: broadcasts.map(({ shape, parts }) => ({ shapes: [parts[0]!], given: [shape] })),
}

const each: Readonly<Record<string, fc.Arbitrary<Pick<GateCase, 'shapes' | 'given'>>>> = {
  ...Object.fromEntries(
    Object.entries(elementwise).map(([name, given]) => [name, fc.record({ shapes: fc.tuple(anyShape), given })]),
  ),
  ...shaped,
}

/** Names of the gates that {@link gateCases} draws. */
export const gateNames: readonly string[] = Object.keys(each)

/** Any gate with inputs. */
export const gateCases: fc.Arbitrary<GateCase> = fc.oneof(
  ...Object.entries(each).map(([gate, form]) =>
    fc.tuple(form, seed).map(([rest, drawn]) => ({ gate, ...rest, seed: drawn })),
  ),
)

/** The gate of a case. */
export function gateOf({ gate, given }: GateCase): Gate {
  const type = (chainrule as unknown as Record<string, new (...given: unknown[]) => Gate>)[gate]!
  return new type(...given)
}

/** Inputs of a case, of float64. */
export function inputsOf({ gate, shapes, seed }: GateCase): Tensor[] {
  return shapes.map((shape, i) => {
    const [low, high] = domains[gate]?.[i] ?? domains[gate]?.[0] ?? [-3, 3]
    return randomTensor([...shape], seed + i, low, high)
  })
}

/** Random numbers of the form of a value. */
export function randomLike(value: Value, seed: number): Value {
  const drawn = randomTensor(typeof value === 'number' ? [] : [...value.shape], seed)
  return typeof value === 'number' ? drawn.data[0]! : drawn
}
