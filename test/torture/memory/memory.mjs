// Predictions, training steps and models without end: resident memory stays where it is after warming up, and garbage
// collection keeps up by itself.
import { child, packageFile, progressLine } from '../support.mjs'

const jobs = ['predict', 'predictSync', 'predictInto', 'steps', 'fit', 'models', 'modelsAtOnce', 'files']
// The share of --count each job gets: what costs much is done less often.
const share = {
  predict: 0.1,
  predictSync: 1,
  predictInto: 1,
  steps: 0.1,
  fit: 0.001,
  models: 0.01,
  modelsAtOnce: 0.01,
  files: 0.002,
}
const MOST_GROWTH = 8 * 2 ** 20

/** @param {{ count?: number }} options - count: predictions; the other jobs get their share */
export async function memory({ count = 10_000_000 }) {
  const findings = []
  let calls = 0
  for (const job of jobs) {
    const times = Math.max(40, Math.ceil(count * share[job]))
    let last
    const result = await child(packageFile('test/torture/memory/child.mjs'), [job, times], {
      silence: 300_000,
      // The young generation grows to its size over minutes; here it has it soon.
      node: ['--expose-gc', '--max-semi-space-size=2'],
      onMessage(message) {
        last = message
        progressLine(`memory ${job} ${message.at ?? ''}`)
      },
    })
    calls += times
    if (result.code !== 0 || last?.growth === undefined)
      findings.push(`${job}: ended with ${result.signal ?? result.code} ${result.stderr.slice(-300)}`)
    else {
      // At once, because all of it can take hours.
      const mebibytes = (bytes) => (bytes / 2 ** 20).toFixed(1)
      console.log(`  ${job} × ${times}: ${mebibytes(last.growth)} MiB, highest ${mebibytes(last.highest)}`)
      if (last.growth > MOST_GROWTH)
        findings.push(`${job}: memory grows by ${last.growth} bytes in ${times} times after warming up`)
      if (last.highest > last.allowed)
        findings.push(`${job}: memory rises to ${last.highest} bytes: garbage collection does not keep up`)
    }
  }
  return { calls, findings }
}
