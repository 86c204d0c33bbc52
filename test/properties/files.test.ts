// What is written is read again, bit by bit: models, tensors and ONNX.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect } from 'vitest'
import {
  decodeOnnx,
  decodeSafetensors,
  encodeOnnx,
  encodeSafetensors,
  loadTensors,
  readModelFile,
  save,
  saveTensors,
  Tensor,
} from '../../lib/index.js'
import { expectClose, numbers } from '../support.js'
import { property } from './holds.js'
import { has, networkCases, networkOf, rowsOf } from './networks.js'

const folder = mkdtempSync(join(tmpdir(), 'chainrule-properties-'))
afterAll(() => rmSync(folder, { recursive: true }))

const bytesOf = ({ data }: Tensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)

const dtypes = fc.constantFrom('float32' as const, 'float64' as const)
const extras = fc.record(
  {
    preprocessing: fc.jsonValue({ maxDepth: 3 }),
    labels: fc.array(fc.string({ unit: 'grapheme' }), { minLength: 2, maxLength: 4 }),
    training: fc.jsonValue({ maxDepth: 3 }),
  },
  { requiredKeys: [] },
)

property(
  'a model and what lies beside it come back from a file, which is written the same again',
  6,
  fc.record({ of: networkCases, dtype: dtypes, beside: extras }),
  async ({ of, dtype, beside }) => {
    const model = networkOf(of, dtype)
    const x = rowsOf(of, 3, dtype)
    // Running statistics and the state of dropout are part of it.
    model.forward(x)
    const given = { ...beside, ...(beside.labels && { labels: [...new Set(beside.labels)] }) } as object
    const [first, second] = ['first', 'second'].map((name) => join(folder, `${name}.safetensors`)) as [string, string]
    await save(model, first, given)
    const { model: back, metadata: _, version: __, ...rest } = await readModelFile(first)
    expect(rest).toEqual(JSON.parse(JSON.stringify(given)))
    for (const [name, tensor] of Object.entries(model.stateDict())) {
      expect(bytesOf(back.stateDict()[name]!).equals(bytesOf(tensor)), name).toBe(true)
    }
    expect(bytesOf(back.predictSync(x)).equals(bytesOf(model.predictSync(x)))).toBe(true)
    expect(bytesOf(back.forward(x)).equals(bytesOf(model.forward(x)))).toBe(true)
    await save((await readModelFile(first)).model, second, given)
    expect(readFileSync(second).equals(readFileSync(first))).toBe(true)
  },
  2,
)

const kinds = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const
const anyTensor = fc
  .record({
    dtype: fc.constantFrom(...(Object.keys(kinds) as (keyof typeof kinds)[])),
    shape: fc.array(fc.nat(4), { maxLength: 4 }),
    bytes: fc.infiniteStream(fc.nat(255)),
  })
  .map(({ dtype, shape, bytes }) => {
    const size = shape.reduce((a, b) => a * b, 1)
    const type = kinds[dtype]
    const raw = Uint8Array.from([...bytes.take(size * type.BYTES_PER_ELEMENT)])
    return new Tensor(new type(raw.buffer), shape)
  })
const names = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .filter((name) => name !== '__metadata__' && name !== '__proto__')

property(
  'tensors of any bits under any names come back from safetensors, in memory and from a file',
  15,
  fc.record({ tensors: fc.dictionary(names, anyTensor, { maxKeys: 5 }), metadata: fc.dictionary(names, fc.string()) }),
  async ({ tensors, metadata }) => {
    const bytes = encodeSafetensors(tensors, metadata)
    const path = join(folder, 'tensors.safetensors')
    await saveTensors(tensors, path, metadata)
    expect(readFileSync(path).equals(bytes)).toBe(true)
    for (const back of [decodeSafetensors(bytes), await loadTensors(path)]) {
      expect({ ...back.metadata }).toEqual({ ...metadata })
      expect(Object.keys(back.tensors).sort()).toEqual(Object.keys(tensors).sort())
      for (const [name, tensor] of Object.entries(tensors)) {
        const { dtype, shape } = back.tensors[name]!
        expect([dtype, ...shape]).toEqual([tensor.dtype, ...tensor.shape])
        expect(bytesOf(back.tensors[name]!).equals(bytesOf(tensor)), name).toBe(true)
      }
      expect(Buffer.from(encodeSafetensors(back.tensors, back.metadata)).equals(bytes)).toBe(true)
    }
  },
)

property(
  'a network that is written as ONNX computes the same when it is read',
  5,
  fc.record({ of: networkCases, dtype: dtypes }),
  async ({ of, dtype }) => {
    const model = networkOf(of, dtype).eval()
    const x = rowsOf(of, 3, dtype)
    const shapes = { inputShapes: [[null, of.inputs]] }
    const back = (await decodeOnnx(await encodeOnnx(model, shapes))).eval()
    const tolerance = (dtype === 'float64' ? 1e-12 : 1e-5) * (has('logSoftmax', of.layers) ? 10 : 1)
    expectClose(back.predictSync(x), numbers(model.predictSync(x)), tolerance)
    expectClose(
      (await decodeOnnx(await encodeOnnx(back, shapes))).predictSync(x),
      numbers(back.predictSync(x)),
      tolerance,
    )
  },
  2,
)
