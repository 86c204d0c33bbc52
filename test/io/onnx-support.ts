// What the tests of ONNX share: models of nodes, and onnxruntime, which they are compared with.
import * as ort from 'onnxruntime-node'
import { expect } from 'vitest'
import { type Model, type Tensor, tensor, type Value } from '../../lib/index.js'
import { type AttributeInit, elementType, encodeModel, type ModelInit } from '../../lib/io/onnx/proto.js'

/** The numbers of an output, with its shape where that is told. */
export type Numbers = readonly number[] & { readonly shape?: readonly number[] }

function shaped(data: ArrayLike<number | bigint>, shape: readonly number[]): Numbers {
  return Object.assign(Array.from(data, Number), { shape })
}

/** Runs a model in onnxruntime; returns the numbers of its output of some name, else of the first. */
export async function runOnnx(bytes: Uint8Array, feeds: Record<string, Tensor>, output?: string): Promise<Numbers> {
  const { session, results } = await run(bytes, feeds)
  const { data, dims } = results[output ?? session.outputNames[0]!]!
  return shaped(data as Float32Array, dims)
}

/** The numbers of all outputs, in the order of the graph. */
export async function runOnnxAll(bytes: Uint8Array, feeds: Record<string, Tensor>): Promise<Numbers[]> {
  const { session, results } = await run(bytes, feeds)
  return session.outputNames.map((name) => shaped(results[name]!.data as Float32Array, results[name]!.dims))
}

async function run(bytes: Uint8Array, feeds: Record<string, Tensor>) {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 })
  const inputs = Object.entries(feeds).map(([name, { dtype, data, shape }]) => {
    const type = session.inputMetadata.find((each) => each.name === name)
    const wide = type?.isTensor && type.type === 'int64'
    return [
      name,
      wide
        ? new ort.Tensor('int64', BigInt64Array.from(data, BigInt), shape)
        : new ort.Tensor(dtype, data as never, shape),
    ]
  })
  return { session, results: await session.run(Object.fromEntries(inputs)) }
}

/** The numbers of a network's output as in inference. */
export function inferred(model: Model, ...inputs: Tensor[]): Numbers {
  const made = model.infer(...(inputs as [Tensor])) as Value
  return typeof made === 'number' ? shaped([made], []) : shaped(made.data, made.shape)
}

/**
 * Expects two lists of numbers within |a − b| ≤ tolerance·max(1, |b|), NaN equal to NaN and an infinity to itself; and of one
 * shape where both have one.
 */
export function expectSame(actual: Numbers, expected: Numbers, what = '', tolerance = 1e-5): void {
  expect(actual.length, what).toBe(expected.length)
  if (actual.shape && expected.shape) expect(actual.shape, `${what} shape`).toEqual(expected.shape)
  for (const [i, b] of expected.entries()) {
    const a = actual[i]!
    if (Object.is(a, b) || a === b) continue
    expect(
      Math.abs(a - b) / Math.max(1, Math.abs(b)),
      `${what} element ${i}: ${a} instead of ${b}`,
    ).toBeLessThanOrEqual(tolerance)
  }
}

/** A node: operator, inputs, attributes (numbers are integers unless they stand in `float`), version of the operators. */
export interface TestNode {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs?: readonly string[]
  readonly attributes?: readonly AttributeInit[]
  readonly domain?: string
}

/** Attributes by kind. */
export const attribute = {
  int: (name: string, i: number): AttributeInit => ({ name, type: 2, i: BigInt(i) }),
  float: (name: string, f: number): AttributeInit => ({ name, type: 1, f }),
  ints: (name: string, list: readonly number[]): AttributeInit => ({ name, type: 7, ints: list.map(BigInt) }),
  floats: (name: string, floats: number[]): AttributeInit => ({ name, type: 6, floats }),
  text: (name: string, s: string): AttributeInit => ({ name, type: 3, s: new Uint8Array(Buffer.from(s)) }),
}

/** What {@link modelOf} makes a model of. */
export interface TestModel {
  readonly opset: number
  readonly nodes: readonly TestNode[]
  readonly inputs?: Record<string, readonly (number | string)[]>
  readonly integers?: readonly string[]
  readonly constants?: Record<string, Tensor>
  readonly outputs?: readonly string[]
  readonly double?: boolean
}

/** The message of a model. int32 tensors become int64. */
export function modelOf({
  opset,
  nodes,
  inputs = { x: ['n', 4] },
  integers = [],
  constants = {},
  outputs = ['y'],
  double,
}: TestModel): ModelInit {
  const float = double ? elementType.float64 : elementType.float32
  const value = (name: string, type: number, shape?: readonly (number | string)[]) => ({
    name,
    type: {
      value: {
        case: 'tensorType' as const,
        value: {
          elemType: type,
          ...(shape && {
            shape: {
              dim: shape.map((extent) => ({
                value:
                  typeof extent === 'number'
                    ? ({ case: 'dimValue', value: BigInt(extent) } as const)
                    : ({ case: 'dimParam', value: extent } as const),
              })),
            },
          }),
        },
      },
    },
  })
  return {
    irVersion: opset < 9 ? 3n : 8n,
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph: {
      name: 'test',
      node: nodes.map(({ op, inputs: input, outputs: made, attributes = [], domain = '' }, i) => ({
        name: `n${i}`,
        opType: op,
        domain,
        input: [...input],
        output: [...(made ?? [i + 1 === nodes.length ? outputs[0]! : `v${i}`])],
        attribute: [...attributes],
      })),
      // Before the fourth version of the format, initializers were inputs too.
      input: [
        ...Object.entries(inputs).map(([name, shape]) =>
          value(name, integers.includes(name) ? elementType.int64 : float, shape),
        ),
        ...(opset < 9 ? Object.entries(constants).map(([name, t]) => value(name, typeOf(t), t.shape)) : []),
      ],
      output: outputs.map((name) => value(name, float)),
      initializer: Object.entries(constants).map(([name, t]) => tensorOf(name, t)),
    },
  }
}

function typeOf({ dtype }: Tensor): number {
  return dtype === 'int32' ? elementType.int64 : elementType[dtype]
}

/** A tensor of a file; int32 becomes int64. */
export function tensorOf(name: string, t: Tensor) {
  const data = t.dtype === 'int32' ? BigInt64Array.from(t.data, BigInt) : t.data
  const rawData = new Uint8Array(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  return { name, dataType: typeOf(t), dims: t.shape.map(BigInt), rawData }
}

/** The bytes of a model. */
export function bytesOf(model: TestModel): Promise<Uint8Array> {
  return encodeModel(modelOf(model))
}

/** A node from words: names of its inputs, - for one that is left out, and of its outputs. */
export function node(
  op: string,
  inputs: string,
  attributes: readonly AttributeInit[] = [],
  outputs = 'y',
): TestNode & { readonly outputs: readonly string[] } {
  const names = inputs === '' ? [] : inputs.split(' ')
  return { op, inputs: names.map((name) => (name === '-' ? '' : name)), outputs: outputs.split(' '), attributes }
}

/** Integers as a constant. */
export const list = (...values: number[]): Tensor => tensor(Int32Array.from(values))
