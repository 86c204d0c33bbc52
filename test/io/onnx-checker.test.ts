// The reference implementation's checker takes what is exported: for machines with Python and its package onnx.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Embedding, encodeOnnx, Flatten, Linear, Sequential } from '../../lib/index.js'
import { everything } from './onnx-everything.js'

const python = ['python3', '/usr/bin/python3'].find((each) => spawnSync(each, ['-c', 'import onnx']).status === 0)

const script = `
import sys, onnx
newest = onnx.defs.onnx_opset_version()
for path in sys.argv[1:]:
    model = onnx.load(path)
    if model.opset_import[0].version > newest: continue
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    assert len(inferred.graph.value_info) > 0
    print('checked', path)
`

it.skipIf(python === undefined)('the checker of ONNX takes every gate at every opset that it knows', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'chainrule-checker-'))
  const paths: string[] = []
  for (const opset of [13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25]) {
    const files = {
      float32: await encodeOnnx(everything('float32'), { opset }),
      float64: await encodeOnnx(everything('float64'), { opset }),
      indices: await encodeOnnx(new Sequential(new Embedding(5, 3), new Flatten(), new Linear(6, 2)), {
        opset,
        inputShapes: [[null, 2]],
      }),
    }
    for (const [name, bytes] of Object.entries(files)) {
      paths.push(join(folder, `${name}-${opset}.onnx`))
      writeFileSync(paths.at(-1)!, bytes)
    }
  }
  const { status, stdout, stderr } = spawnSync(python!, ['-c', script, ...paths], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  expect(stdout.split('\n').filter((line) => line.startsWith('checked')).length).toBeGreaterThanOrEqual(9)
  rmSync(folder, { recursive: true })
})
