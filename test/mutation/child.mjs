// Runs bundled tests, with one mutant after the other switched on: child.mjs <file with the work as JSON>. Prints a line of
// JSON for each.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { startTests } from '@vitest/runner'

const { bundles, mutants, timeout } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)
let [active, runs] = [0, 0]
const reached = new Set()
globalThis.mutant = (k) => {
  if (active === 0) reached.add(k)
  return k === active
}

// What is left of a test that failed may fail later, when nobody waits for it.
process.on('unhandledRejection', () => {})
process.on('uncaughtException', () => {})

/** Runs the tests of a bundle up to the first that fails, but for those that always do; returns the names of what fails. */
async function failing({ path, broken }) {
  const failed = []
  const config = {
    root: process.cwd(),
    setupFiles: [],
    name: undefined,
    passWithNoTests: true,
    allowOnly: true,
    sequence: { seed: 1, hooks: 'stack', setupFiles: 'list' },
    chaiConfig: undefined,
    maxConcurrency: 1,
    testTimeout: timeout,
    hookTimeout: timeout,
    retry: 0,
    tags: [],
    strictTags: false,
  }
  const runner = {
    config,
    pool: 'forks',
    viteEnvironment: 'ssr',
    importFile: () => import(`${pathToFileURL(path)}?run=${runs++}`),
    onBeforeRunTask(test) {
      if (broken?.includes(test.name) || (broken && failed.length > 0)) test.mode = 'skip'
    },
    onAfterRunTask(test) {
      if (test.result?.state === 'fail') failed.push(test.name)
    },
  }
  const [file] = await startTests([path], runner)
  const isBroken = failed.length === 0 && file.result?.state === 'fail'
  return isBroken ? ['the file itself'] : failed
}

if (mutants === undefined) {
  for (const bundle of bundles) {
    reached.clear()
    const started = performance.now()
    const failed = await failing(bundle)
    say({ test: bundle.test, failed, reached: [...reached], ms: performance.now() - started })
  }
} else {
  for (const { id, tests } of mutants) {
    active = id
    let by
    say({ at: id })
    for (const bundle of bundles.filter(({ test }) => tests.includes(test))) {
      const failed = await failing(bundle)
      if (failed.length > 0) {
        by = `${bundle.test}: ${failed[0]}`
        break
      }
    }
    say({ id, by })
  }
}
process.exit(0)
