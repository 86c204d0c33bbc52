// The formats that the package reads, each with seeds made here and a way to read bytes. A format whose reader this build
// does not have is left out.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import * as chainrule from '../../../dist/esm/index.js'

const {
  BatchNorm,
  Dropout,
  Embedding,
  encodeSafetensors,
  Flatten,
  Linear,
  mlp,
  Parallel,
  ReLU,
  Residual,
  Sequential,
  save,
  tensor,
} = chainrule

const folder = mkdtempSync(join(tmpdir(), 'chainrule-fuzz-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const text = (lines) => Buffer.from(lines.join('\n'))

// Reads through a file, as users do.
const through = (name, read) => async (bytes) => {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  await read(path)
}
async function filesOf(makers) {
  const { readFileSync } = await import('node:fs')
  const files = []
  for (const [i, make] of makers.entries()) {
    const path = join(folder, `seed-${i}`)
    await make(path)
    files.push(readFileSync(path))
  }
  return files
}

const networks = () => [
  mlp({ inputs: 3, hidden: [4], outputs: 2, dropout: 0.1, normalization: 'batch', seed: 1 }),
  new Sequential(
    new Parallel([new Linear(3, 2), new Sequential(new Linear(3, 2), new ReLU())]),
    new Residual(new Linear(4, 4)),
    new BatchNorm(4),
    new Dropout(0.2),
  ),
  new Sequential(new Embedding(5, 3), new Flatten({ startAxis: 1 }), new Linear(6, 1)),
]

function npy(descr, shape, elements, version = 1) {
  const head = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`
  const room = version === 1 ? 10 : 12
  const padded = `${head.padEnd(Math.ceil((room + head.length + 1) / 64) * 64 - room - 1)}\n`
  const length = Buffer.alloc(room - 8)
  length.writeUIntLE(padded.length, 0, room - 8)
  return Buffer.concat([
    Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]),
    length,
    Buffer.from(padded),
    Buffer.from(elements.buffer),
  ])
}

/** @type {Record<string, { seeds: () => Promise<Buffer[]> | Buffer[], read: (bytes: Buffer) => unknown }>} */
const all = {
  safetensors: {
    seeds: () =>
      [
        encodeSafetensors(
          {
            w: tensor([
              [1, 2],
              [3, 4],
            ]),
            b: tensor([1], { dtype: 'float64' }),
            n: tensor([1, 2], { dtype: 'int32' }),
          },
          { format: 'pt', a: '{"b": 1}' },
        ),
        encodeSafetensors({}),
        encodeSafetensors({ 'a "quoted" näme': tensor([]) }),
      ].map((bytes) => Buffer.from(bytes)),
    read: (bytes) => chainrule.decodeSafetensors(bytes),
  },
  model: {
    seeds: () => filesOf(networks().map((model) => (path) => save(model, path))),
    read: through('model.safetensors', chainrule.load),
  },
  idx: {
    seeds: () => [
      Buffer.from([0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3]),
      Buffer.from([0, 0, 13, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 128, 63, 0, 0, 0, 64]),
      Buffer.from([0, 0, 14, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2]),
    ],
    read: (bytes) => chainrule.parseIdx(bytes),
  },
  npy: {
    seeds: () => [
      npy('<f4', [2, 2], Float32Array.of(1, 2, 3, 4)),
      npy('>i8', [2], new BigInt64Array(2)),
      npy('|u1', [], Uint8Array.of(7), 2),
      npy('|b1', [0, 3], new Uint8Array(0)),
    ],
    read: (bytes) => chainrule.parseNpy(bytes),
    needs: 'parseNpy',
  },
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
      gzipSync(text(['{"a": 1}'])),
    ],
    read: through('rows.jsonl', (path) => chainrule.readJsonLines(path)),
    needs: 'readJsonLines',
  },
  onnx: {
    seeds: () =>
      filesOf(
        [
          mlp({ inputs: 3, hidden: [4], outputs: 2, seed: 1 }),
          mlp({ inputs: 3, hidden: [4], outputs: 2, normalization: 'layer', activation: 'gelu', seed: 1 }),
        ].map((model) => (path) => chainrule.exportOnnx(model, path)),
      ),
    read: (bytes) => chainrule.decodeOnnx(bytes),
    needs: 'decodeOnnx',
  },
  arrow: {
    async seeds() {
      const { tableFromArrays, tableToIPC } = await import('@uwdata/flechette')
      const table = tableFromArrays({ a: [1, 2.5, null], b: ['x', 'y', null], c: [true, false, null] })
      return ['file', 'stream'].map((format) => Buffer.from(tableToIPC(table, { format })))
    },
    read: through('table.arrow', (path) => chainrule.readArrow(path)),
    needs: 'readArrow',
  },
}

/** The formats of this build. */
export const formats = Object.fromEntries(
  Object.entries(all).filter(([, { needs }]) => needs === undefined || needs in chainrule),
)
