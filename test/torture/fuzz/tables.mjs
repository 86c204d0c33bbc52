// Formats of tables.
import { readdirSync, readFileSync } from 'node:fs'
import * as chainrule from '../../../dist/esm/index.js'
import { packageFile } from '../support.mjs'
import { through } from './files.mjs'
import { gzipped } from './pack.mjs'

const text = (lines) => Buffer.from(lines.join('\n'))

// Small files that other programs have written.
const samples = (ending) =>
  readdirSync(packageFile('test/data/files'))
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(packageFile(`test/data/files/${name}`)))

/** @type {Record<string, import('./formats.mjs').Format>} */
export const tables = {
  csv: {
    seeds: () => [
      text(['a,b,c', '1,x,2024-01-01', '2.5,"y ""z"", w",', ',,2024-02-30T10:00:00Z', '1e3,true,']),
      text(['a;b', '1;2', '"multi\nline";-0']),
      Buffer.from('\ufeffa\tb\r\n1\t\r\nNA\tnan\r\n'),
    ],
    read: (bytes) => chainrule.parseCsv(bytes.toString('utf8')),
    needs: 'parseCsv',
  },
  jsonlines: {
    seeds: () => [
      text(['{"a": 1, "b": "x"}', '{"a": null, "c": true}', '', '{"a": 1e400}']),
      gzipped.pack([text(['{"a": 1}', '{"a": 2, "b": "2024-01-01"}'])]),
    ],
    read: (bytes) => chainrule.readJsonLines([bytes]),
    ...gzipped,
    // Mostly plain: gzip is another's work.
    pack: ([content]) => (content.length % 8 ? content : gzipped.pack([content])),
    needs: 'readJsonLines',
  },
  arrow: {
    async seeds() {
      const { tableFromArrays, tableToIPC } = await import('@uwdata/flechette')
      const table = tableFromArrays({ a: [1, 2.5, null], b: ['x', 'y', null], c: [true, false, null] })
      return [...['file', 'stream'].map((format) => Buffer.from(tableToIPC(table, { format }))), ...samples('.arrow')]
    },
    read: through('table.arrow', (path) => chainrule.readArrow(path)),
    needs: 'readArrow',
  },
  parquet: {
    seeds: () => samples('.parquet'),
    read: through('table.parquet', (path) => chainrule.readParquet(path)),
    needs: 'readParquet',
  },
}
