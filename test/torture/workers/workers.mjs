// Workers that end in the middle of native calls, and processes that end in the middle of a training: no abort, no wait.
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { child, packageFile, progressLine, root } from '../support.mjs'

// Prompt on a machine that may be busy with other things.
const PROMPT_MS = 5000

/** @param {{ count?: number, seed: number }} options - count: workers in all */
export async function workers({ count = 10_000, seed }) {
  const findings = []
  const copy = secondCopy()
  let calls = 0
  const kinds = ['workers', 'both', 'copies']
  for (const [i, kind] of kinds.entries()) {
    let done = false
    const each = Math.ceil(count / kinds.length)
    // Processes of 500 workers, so that a failure says when.
    for (let left = each, part = 0; left > 0; left -= 500, part++) {
      const args = [
        Math.min(left, 500),
        seed + 1000 * i + part,
        kind === 'workers' ? 'workers' : 'both',
        kind === 'copies' ? copy : '',
      ]
      done = false
      const result = await child(packageFile('test/torture/workers/child.mjs'), args, {
        onMessage(message) {
          if (message.at !== undefined) progressLine(`workers ${kind} ${++calls}`)
          if (message.done) done = true
        },
      })
      if (!done || result.code !== 0) {
        findings.push(
          `${kind}, process ${part}: ${result.hung ? 'hangs' : `ended with ${result.signal ?? result.code}`} ${result.stderr.slice(-500)}`,
        )
      }
    }
  }
  findings.push(...(await exits(Math.max(3, Math.min(60, Math.floor(count / 100))))))
  return { calls, findings }
}

async function exits(count) {
  const findings = []
  const expected = { exit: 3, throw: 1, abort: 'SIGTERM' }
  for (let i = 0; i < count; i++) {
    const how = Object.keys(expected)[i % 3]
    let said
    const result = await child(packageFile('test/torture/workers/exit.mjs'), [how, (i * 37) % 400], {
      onMessage: (message) => {
        said = message.at
      },
    })
    const took = Date.now() - said
    if ((result.signal ?? result.code) !== expected[how])
      findings.push(`${how} while training: ended with ${result.signal ?? result.code} ${result.stderr.slice(-300)}`)
    else if (!(took < PROMPT_MS)) findings.push(`${how} while training: took ${took} ms`)
  }
  return findings
}

// The package once more, in a folder of its own, with an addon of its own: what two versions in one tree look like.
function secondCopy() {
  const folder = packageFile('build/torture/second-copy')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'build/Release'), { recursive: true })
  for (const name of ['package.json', 'dist']) cpSync(join(root, name), join(folder, name), { recursive: true })
  cpSync(join(root, 'build/Release/chainrule.node'), join(folder, 'build/Release/chainrule.node'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return join(folder, 'dist/chainrule.js')
}
