// JSON lines from a stream, as tables of some rows each.
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { Table } from '../data/table/table.js'
import { FormatError } from '../errors.js'
import type { Reading } from './data.js'

/** Tables of at most so many rows. @throws FormatError, with the line, for what is no object in JSON */
export async function* jsonRows(source: Readable, rows: number, { types = {} }: Reading): AsyncGenerator<Table> {
  let batch: object[] = []
  let line = 0
  const made = () =>
    Table.from(batch, {
      types: Object.fromEntries(
        Object.entries(types).filter(([name]) => batch.some((row) => Object.hasOwn(row, name))),
      ),
    })
  for await (const text of createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY })) {
    line++
    if (text.trim() === '') continue
    batch.push(parsed(text, line))
    if (batch.length < rows) continue
    yield made()
    batch = []
  }
  if (batch.length > 0) yield made()
}

function parsed(text: string, line: number): object {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new FormatError('predict', `JSON in line ${line} of standard input`, (cause as Error).message, { cause })
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new FormatError('predict', `an object in line ${line} of standard input`, text.slice(0, 60))
}
