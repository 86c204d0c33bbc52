// A tabular model as ONNX with its preprocessing: raw columns go in, labels or values come out, as from predict.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as ort from 'onnxruntime-node'
import { beforeAll, describe, expect, it } from 'vitest'
import { encodeOnnx, type Json, readModelFile, type TabularModel, trainTabular } from '../../lib/index.js'
import { expectSame } from '../io/onnx-support.js'
import { generator } from '../support.js'

interface Row {
  readonly amount: number | null
  readonly active: boolean | null
  readonly colour: string | null
  readonly shop: string | null
  readonly when: Date | null
}

const DAY = 86_400_000

function rowsOf(count: number, seed: number): Row[] {
  const next = generator(seed)
  const or = <T>(value: T): T | null => (next() < 0.1 ? null : value)
  return Array.from({ length: count }, () => ({
    amount: or(1e6 * next() ** 3 - 1000),
    active: or(next() < 0.5),
    colour: or(['red', 'green', 'blue'][Math.floor(3 * next())]!),
    shop: or(`shop ${Math.floor(14 * next())}`),
    when: or(new Date(Math.floor((next() - 0.3) * 40_000 * DAY))),
  }))
}

/** The columns of rows as onnxruntime takes them. */
function feedsOf(rows: readonly Row[]): Record<string, ort.Tensor> {
  const shape = [rows.length, 1]
  const numbers = (f: (row: Row) => number | null) =>
    new ort.Tensor(
      'float64',
      Float64Array.from(rows, (row) => f(row) ?? Number.NaN),
      shape,
    )
  const texts = (f: (row: Row) => string | null) =>
    new ort.Tensor(
      'string',
      rows.map((row) => f(row) ?? ''),
      shape,
    )
  return {
    amount: numbers(({ amount }) => amount),
    active: numbers(({ active }) => (active === null ? null : Number(active))),
    colour: texts(({ colour }) => colour),
    shop: texts(({ shop }) => shop),
    when: numbers(({ when }) => when?.getTime() ?? null),
  }
}

async function run(bytes: Uint8Array, rows: readonly Row[]) {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 })
  return session.run(feedsOf(rows))
}

// Unknown categories, and dates at the ends of years and before 1970.
const odd: Row[] = [
  { amount: 1e12, active: true, colour: 'pink', shop: 'shop 99', when: new Date('2024-02-29T23:59:59Z') },
  {
    amount: Number.POSITIVE_INFINITY,
    active: false,
    colour: null,
    shop: 'shop 2',
    when: new Date('1999-12-31T23:59:59.999Z'),
  },
  { amount: -5, active: null, colour: null, shop: null, when: new Date('2000-01-01T00:00:00Z') },
  { amount: 0, active: true, colour: 'red', shop: 'shop 1', when: new Date('1968-03-01T00:00:00Z') },
  { amount: 0, active: true, colour: 'red', shop: 'shop 1', when: new Date('2100-12-31T12:00:00Z') },
]

describe('exportOnnx of a tabular model with its preprocessing', () => {
  const rows = rowsOf(120, 1)
  const options = { epochs: 2, hidden: [8], seed: 1, validation: 0.2 }
  let classes: TabularModel
  let values: TabularModel
  beforeAll(async () => {
    const labelled = rows.map((row, i) => ({ ...row, kind: ['a', 'b', 'c'][i % 3]! }))
    classes = await trainTabular(labelled, { ...options, target: 'kind' })
    const priced = rows.map((row, i) => ({ ...row, price: 1e3 + 17.3 * i + (row.active ? 50 : 0) }))
    values = await trainTabular(priced, { ...options, target: 'price', task: 'regression' })
  })
  const tried = [...rowsOf(30, 2), ...odd]

  it.each([13, 17, 20, 25])('gives labels and probabilities at opset %i', async (opset) => {
    const results = await run(await encodeOnnx(classes, { opset, preprocessing: true }), tried)
    const { prediction, probabilities } = await classes.predict(tried)
    expect(results.label!.data).toEqual(prediction)
    expectSame(Array.from(results.probabilities!.data as Float32Array), Array.from(probabilities!.data))
  })

  it('gives values in the units of the target', async () => {
    const results = await run(await encodeOnnx(values, { preprocessing: true }), tried)
    const { prediction } = await values.predict(tried)
    expectSame(Array.from(results.prediction!.data as Float32Array), prediction as number[])
  })

  it('does so of the parts that a file has, too, and of the network alone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chainrule-tabular-onnx-'))
    await classes.save(join(folder, 'm'))
    const parts = await readModelFile(join(folder, 'm'))
    rmSync(folder, { recursive: true })
    const results = await run(await encodeOnnx(parts, { preprocessing: true }), tried)
    expect(results.label!.data).toEqual((await classes.predict(tried)).prediction)
    const session = await ort.InferenceSession.create(await encodeOnnx(classes), { logSeverityLevel: 3 })
    expect(session.inputNames).toEqual(['input'])
  })

  const part = (change: object): { model: TabularModel['model']; preprocessing: Json } => {
    return { model: classes.model, preprocessing: { ...(classes.toJSON() as object), ...change } as Json }
  }
  it.each<[string, () => object, RegExp]>([
    ['no preprocessing', () => ({ model: classes.model }), /preprocessing of a TabularModel, got none/],
    ['other preprocessing', () => part({ transform: 'StandardScaler' }), /of a TabularModel, got StandardScaler/],
    ['no target', () => part({ target: null }), /an object target, got null/],
    ['no features', () => part({ features: 7 }), /a list of objects features, got 7/],
    [
      'a column called as an output',
      () => part({ features: [{ name: 'label', kind: 'boolean', indicator: false }] }),
      /names differ from those of outputs, got label/,
    ],
    ['a kind that is not known', () => part({ features: [{ name: 'x', kind: 'constructor' }] }), /known kinds/],
  ])('refuses %s', async (_, given, message) => {
    await expect(encodeOnnx(given() as never, { preprocessing: true })).rejects.toThrow(message)
  })

  it('says that quantiles have no operator', async () => {
    const scaler = { transform: 'QuantileTransformer', columns: [[0, 1]] }
    const feature = { name: 'x', kind: 'numeric', fill: 0, limit: 20, indicator: false, scaler }
    await expect(encodeOnnx(part({ features: [feature] }), { preprocessing: true })).rejects.toThrow(
      /scalers along lines/,
    )
  })
})
