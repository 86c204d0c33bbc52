// What hostile calls are made with: small networks, tensors, tables and files.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as chainrule from '../../../dist/esm/index.js'
import { npy, zip } from '../fuzz/pack.mjs'
import { packageFile } from '../support.mjs'

const { tensor, mlp, variable } = chainrule

const folder = mkdtempSync(join(tmpdir(), 'chainrule-hostile-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

/** A path in a folder that goes with the process. */
export const path = (name) => join(folder, name)

export const model = () => mlp({ inputs: 3, hidden: [4], outputs: 2, seed: 1 })
export const normalised = () => mlp({ inputs: 3, hidden: [4], outputs: 2, normalization: 'batch', seed: 1 })
export const rows = [
  [1, 2, 3],
  [4, 5, 6.5],
]
export const x23 = () => tensor(rows)
export const wide = () => tensor(rows, { dtype: 'float64' })
export const x32 = () =>
  tensor([
    [1, 2],
    [3, 4],
    [5, 6],
  ])
export const labels = () => tensor([0, 1], { dtype: 'int32' })
export const samples = () => ({ x: x23(), y: labels() })
export const product = (x, y) => x.mul(y).sum()
export const number = () => variable(2).mul(3)
export const matrix = () => variable(x23())
export const classes = () => tensor([0, 1, 1, 0], { dtype: 'int32' })
export const score = () => tensor([0.1, 0.9, 0.8, 0.2])
export const scores = () =>
  tensor([
    [2, 1],
    [0, 1],
    [1, 3],
    [2, 0],
  ])
export const bytes = () => chainrule.encodeSafetensors({ w: x23() })
export const idx = () => Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 9)
export const numpy = () => npy('<f4', [2], Float32Array.of(1, 2))
export const archive = () => zip([Buffer.from('x.npy'), numpy()])
export const table = () =>
  chainrule.Table.from(
    [1, 2, 3, 4, 5, 6, 7, 8].map((i) => ({ a: i, b: 'xy'[i % 2], c: i % 3 === 0, d: new Date(i * 1e9), y: 2 * i })),
  )
/** A transform that has learned a column of the table. */
export const fitted = (Class, column = 'a') => {
  const made = new Class()
  return made.fit(table().column(column)) ?? made
}

export const csv = 'a,b\n1,x\n2.5,y\n'
await chainrule.save(model(), path('model.safetensors'))
await chainrule.saveTensors({ w: x23() }, path('tensors.safetensors'))
await chainrule.exportOnnx(model(), path('model.onnx'))
export const onnx = await chainrule.encodeOnnx(model())
writeFileSync(path('data.idx'), idx())
writeFileSync(path('data.npy'), numpy())
writeFileSync(path('data.npz'), archive())
writeFileSync(path('data.csv'), csv)
writeFileSync(path('data.jsonl'), '{"a": 1}\n{"a": 2}\n')
for (const ending of ['parquet', 'arrow'])
  copyFileSync(packageFile(`test/data/files/kinds-uncompressed.${ending}`), path(`data.${ending}`))
export const tabular = await chainrule.trainTabular(table(), {
  target: 'y',
  epochs: 1,
  members: 1,
  hidden: [4],
  seed: 1,
})
await tabular.save(path('tabular.safetensors'))
export const assessed = await chainrule.assess(tabular, table())
