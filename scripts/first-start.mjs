// A process that does what the first ones of a user do, so that what it leaves beside dist/chainrule.cjs holds the code for that.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CrossEntropy, fit, load, mlp, SGD, save } from '../dist/chainrule.js'

const folder = mkdtempSync(join(tmpdir(), 'chainrule-'))
try {
  const file = join(folder, 'model.safetensors')
  const model = mlp({ inputs: 4, hidden: [3], outputs: 2 })
  const data = { x: new Float32Array(8), y: new Int32Array(2) }
  await fit(model, data, { loss: new CrossEntropy(), optimizer: new SGD(), epochs: 1, verbose: false })
  await save(model, file)
  const loaded = await load(file)
  loaded.predictSync(data.x, { shape: [2, 4] })
  loaded.predictInto(data.x.subarray(0, 4), new Float32Array(2))
  await loaded.predict(data.x, { shape: [2, 4] })
} finally {
  rmSync(folder, { recursive: true })
}
