// Memory and threads that the system refuses to native code, one request after another: a typed error, nothing lost, and
// the same numbers afterwards.
import { mkdirSync, writeFileSync } from 'node:fs'
import { child, packageFile, progressLine } from '../support.mjs'
import { compileShim } from './faults.mjs'

/** @param {{ count?: number }} options - count: the most refusals per job */
export async function starved({ count = 400 }) {
  mkdirSync(packageFile('build/torture'), { recursive: true })
  const shim = compileShim()
  const findings = []
  let calls = 0
  if (!shim) {
    console.log('  starved: SKIPPED (needs Linux and gcc)')
    return { calls, findings }
  }
  const control = packageFile('build/torture/control')
  writeFileSync(control, new Uint8Array(4096))
  const result = await child(packageFile('test/torture/faults/starve-child.mjs'), [control, count], {
    env: { LD_PRELOAD: shim, FAULT_CONTROL: control },
    onMessage(message) {
      if (message.finding) findings.push(message.finding)
      else progressLine(`starved ${message.job} ${++calls}`)
    },
  })
  if (result.code !== 0)
    findings.push(
      `${result.hung ? 'hangs' : `ended with ${result.signal ?? result.code}`} after ${calls} cases ${result.stderr.slice(-400)}`,
    )
  return { calls, findings }
}
