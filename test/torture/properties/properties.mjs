// The property tests (test/properties) with as many cases as wanted, from a seed.
import { spawnSync } from 'node:child_process'
import { packageFile, root } from '../support.mjs'

/**
 * @param {{ count?: number, seed: number, only?: string }} options - count: cases of each property, fewer of costly ones;
 *   only: beginnings of the names of test files
 */
export function properties({ count = 500, seed, only = '' }) {
  const files = only.split(',').map((name) => `test/properties/${name}`)
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [packageFile('node_modules/vitest/vitest.mjs'), 'run', ...files, '--reporter=json', '--maxWorkers=2'],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      env: { ...process.env, CHAINRULE_PROPERTY_CASES: String(count), CHAINRULE_PROPERTY_SEED: String(seed) },
    },
  )
  const start = stdout.indexOf('{"')
  if (start < 0) return { calls: 0, findings: [`the tests did not run: ${stderr.slice(-2000)}`] }
  const tests = JSON.parse(stdout.slice(start)).testResults.flatMap(({ name, message, assertionResults }) =>
    assertionResults.length > 0 ? assertionResults : [{ title: name, status: 'failed', failureMessages: [message] }],
  )
  const findings = tests
    .filter(({ status }) => status === 'failed')
    .map(({ title, failureMessages }) => `${title}: ${failureMessages.join('\n').slice(0, 1500)}`)
  return { calls: tests.length * count, findings, properties: tests.length }
}
