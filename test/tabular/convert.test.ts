// Columns of one kind as another: what a model learned from may come as text, truth or numbers when it predicts.
import { describe, expect, it } from 'vitest'
import { ArgumentError, type Column, type ColumnKind } from '../../lib/index.js'
import { converted } from '../../lib/tabular/features/convert.js'

const numeric: Column = { kind: 'numeric', name: 'a', values: Float64Array.of(1, Number.NaN, 0) }
const fractions: Column = { kind: 'numeric', name: 'a', values: Float64Array.of(Number.NaN, 1, 2.5) }
const boolean: Column = { kind: 'boolean', name: 'a', values: Uint8Array.of(1, 255, 0) }
const texts: Column = { kind: 'categorical', name: 'a', codes: Int32Array.of(1, -1, 0), categories: ['x', 'y'] }
const dates: Column = { kind: 'date', name: 'a', values: Float64Array.of(Number.NaN, 0, 1e12) }
const empty: readonly Column[] = [
  { kind: 'numeric', name: 'a', values: Float64Array.of(Number.NaN, Number.NaN) },
  { kind: 'boolean', name: 'a', values: Uint8Array.of(255, 255) },
  { kind: 'categorical', name: 'a', codes: Int32Array.of(-1, -1), categories: [] },
  { kind: 'date', name: 'a', values: Float64Array.of(Number.NaN, Number.NaN) },
]

describe('converted', () => {
  it.each([numeric, boolean, texts, dates])('$kind stays what it is', (column) => {
    expect(converted('test', column, column.kind)).toBe(column)
  })

  it.each<[Column, ColumnKind, object]>([
    [numeric, 'categorical', { codes: Int32Array.of(0, -1, 1), categories: ['1', '0'] }],
    [boolean, 'categorical', { codes: Int32Array.of(0, -1, 1), categories: ['true', 'false'] }],
    [boolean, 'numeric', { values: Float64Array.of(1, Number.NaN, 0) }],
    [numeric, 'boolean', { values: Uint8Array.of(1, 255, 0) }],
  ])('%o as %s', (column, kind, expected) => {
    expect(converted('test', column, kind)).toEqual({ kind, name: 'a', ...expected })
  })

  it.each(empty.flatMap((column) => empty.map((to) => [column.kind, to.kind, column, to] as const)))(
    'a %s column of nothing as %s',
    (_, kind, column, expected) => expect(converted('test', column, kind)).toEqual(expected),
  )

  it.each<[Column, ColumnKind, string]>([
    [texts, 'numeric', 'the categorical value "y"'],
    [texts, 'boolean', 'the categorical value "y"'],
    [texts, 'date', 'the categorical value "y"'],
    [fractions, 'boolean', 'the numeric value 1'],
    [numeric, 'date', 'the numeric value 1'],
    [boolean, 'date', 'the boolean value true'],
    [dates, 'numeric', 'the date value "1970-01-01T00:00:00.000Z"'],
    [dates, 'categorical', 'the date value "1970-01-01T00:00:00.000Z"'],
  ])('%o is no %s', (column, kind, got) => {
    const refused = () => converted('predict', column, kind)
    expect(refused).toThrow(ArgumentError)
    expect(refused).toThrow(`[predict] expected column "a" of type ${kind}, as in training, got ${got}`)
    expect(refused).toThrow(`types: { "a": '${kind}' }`)
  })
})
