// How fast do tables load, and in how much memory? Three million flights in Parquet, and 100 MB of CSV and of JSON lines.
import { spawnSync } from 'node:child_process'
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { readTable } from 'chainrule'
import { generator, short } from './support.mjs'

export const title = 'Loading tables: seconds, rows per second, and peak memory beside what is kept'

const flights = fileURLToPath(new URL('../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url))
const FLIGHTS = 3_000_000

export const cases = [
  { name: 'flights.parquet: readTable, then encoded', file: 'flights', by: 'table' },
  { name: 'flights.parquet: hyparquet alone, columns thrown away', file: 'flights', by: 'hyparquet' },
  { name: 'CSV: readTable', file: 'csv', by: 'table' },
  { name: 'CSV: csv-parse alone, rows thrown away', file: 'csv', by: 'csv-parse' },
  { name: 'CSV: pandas', file: 'csv', by: 'pandas' },
  { name: 'JSON lines: readTable', file: 'jsonl', by: 'table' },
  { name: 'JSON lines: JSON.parse alone, rows thrown away', file: 'jsonl', by: 'JSON.parse' },
]

export async function run({ file, by }) {
  const folder = file === 'flights' ? undefined : mkdtempSync(join(tmpdir(), 'chainrule-bench-'))
  try {
    const { path, rows } = file === 'flights' ? { path: flights, rows: FLIGHTS } : written(folder, file)
    if (by === 'pandas') return { rows, ...pandas(path) }
    globalThis.gc?.()
    const before = process.memoryUsage().rss
    const cpu = process.cpuUsage()
    const started = performance.now()
    const kept = await loaders[by](path)
    const seconds = (performance.now() - started) / 1000
    const { user, system } = process.cpuUsage(cpu)
    const peak = process.resourceUsage().maxRSS * 1024 - before
    return { rows, seconds, cpu: (user + system) / 1e6, peak, kept }
  } finally {
    if (folder) rmSync(folder, { recursive: true })
  }
}

// Each returns the bytes that it keeps.
const loaders = {
  async table(path) {
    const table = await readTable(path)
    const bytes = table.columns.reduce((sum, { values, codes }) => sum + (values ?? codes).byteLength, 0)
    if (!path.endsWith('.parquet')) return bytes
    // What a network with embeddings takes: numbers as float32, and the codes of the categories.
    const matrix = table.tensor(['date', 'delay', 'distance'])
    return (
      matrix.data.byteLength + table.column('origin').codes.byteLength + table.column('destination').codes.byteLength
    )
  },

  async hyparquet(path) {
    const { asyncBufferFromFile, parquetMetadataAsync, parquetRead } = await import('hyparquet')
    const { compressors } = await import('hyparquet-compressors')
    const file = await asyncBufferFromFile(path)
    const metadata = await parquetMetadataAsync(file)
    for (const { name } of metadata.schema.slice(1)) {
      let rowStart = 0
      for (const group of metadata.row_groups) {
        const rowEnd = rowStart + Number(group.num_rows)
        await parquetRead({ file, metadata, compressors, columns: [name], rowStart, rowEnd })
        rowStart = rowEnd
      }
    }
    return 0
  },

  async 'csv-parse'(path) {
    const { parse } = await import('csv-parse')
    let fields = 0
    for await (const row of createReadStream(path, { highWaterMark: 1 << 20 }).pipe(parse())) fields += row.length
    return fields > 0 ? 0 : -1
  },

  async 'JSON.parse'(path) {
    let fields = 0
    for await (const line of createInterface({ input: createReadStream(path) }))
      fields += Object.keys(JSON.parse(line)).length
    return fields > 0 ? 0 : -1
  },
}

const PANDAS = `
import json, resource, sys, time
import pandas
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
started = time.perf_counter()
table = pandas.read_csv(sys.argv[1], dtype={'city': 'category', 'note': 'category'}, parse_dates=['day'])
seconds = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({'seconds': seconds, 'peak': 1024 * (peak - before), 'kept': int(table.memory_usage(deep=True).sum())}))
`

function pandas(path) {
  const { status, stdout } = spawnSync(process.env.PYTHON ?? 'python3', ['-c', PANDAS, path], { encoding: 'utf8' })
  return status === 0 ? JSON.parse(stdout) : {}
}

// A table of six columns, each row some 55 bytes of CSV.
function written(folder, format) {
  const rows = format === 'csv' ? 1_800_000 : 800_000
  const random = generator(3)
  const pick = (n) => Math.floor(n * random())
  const cities = ['Berlin', 'Paris', 'New York, NY', 'Oslo', 'Rome']
  const path = join(folder, `table.${format}`)
  const head = format === 'csv' ? 'id,price,city,flag,day,note\n' : ''
  writeFileSync(path, head)
  for (let i = 0; i < rows; ) {
    const lines = []
    for (const end = Math.min(rows, i + 10_000); i < end; i++) {
      const row = { id: i, price: Number((1000 * random()).toFixed(3)), city: cities[pick(5)], flag: random() < 0.5 }
      row.day = `2024-0${1 + pick(9)}-1${pick(10)}`
      row.note = `user ${pick(500)} wrote`
      const csv = () =>
        Object.values(row)
          .map((cell) => (String(cell).includes(',') ? `"${cell}"` : cell))
          .join(',')
      lines.push(format === 'csv' ? csv() : JSON.stringify(row))
    }
    writeFileSync(path, `${lines.join('\n')}\n`, { flag: 'a' })
  }
  return { path, rows }
}

export function show(results) {
  const megabytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MB`
  const rows = results.map(({ name, result: { rows, seconds, cpu, peak, kept } }) => {
    if (seconds === undefined) return [name, '–', '–', '–', '–', '–', '–']
    const ratio = kept > 0 ? (peak / kept).toFixed(1) : '–'
    const used = cpu === undefined ? '–' : short(cpu)
    return [
      name,
      short(seconds),
      used,
      short(rows / seconds / 1000),
      megabytes(peak),
      kept > 0 ? megabytes(kept) : '–',
      ratio,
    ]
  })
  return {
    head: ['', 'seconds', 'CPU s', 'thousand rows/s', 'peak', 'kept', 'peak/kept'],
    rows,
    note: 'Peak: the highest resident memory of the process, less what it was before. Kept: the table; of flights the matrix\n[rows, 3] in float32 and two columns of codes. Pandas where python3 has it, told which columns are categories and dates.',
  }
}
