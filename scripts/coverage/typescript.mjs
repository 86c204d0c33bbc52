// Branches of lib/ that vitest takes, in its own processes and in the command lines that tests start: Node writes down what
// those ran of dist/esm, and source maps lead back to lib/.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { convert } from 'ast-v8-to-istanbul'
import coverage from 'istanbul-lib-coverage'
import { parseAstAsync } from 'vite'
import { startVitest } from 'vitest/node'
import { root } from '../support.mjs'

const folder = join(root, 'coverage/typescript')
const processes = join(folder, 'processes')
// They run the built package in processes of their own, for long.
const exclude = ['node_modules/**', 'test/torture/**', 'test/examples*', 'test/browser/**']

/** @param {string[]} filters - beginnings of test files */
export async function coverTypeScript(filters) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(processes, { recursive: true })
  const run = await startVitest('test', filters, {
    watch: false,
    reporters: ['dot'],
    exclude,
    // Set once Node runs, it holds for what tests start, not for vitest itself.
    env: { NODE_V8_COVERAGE: processes },
    testTimeout: 300_000,
    hookTimeout: 300_000,
    coverage: {
      enabled: true,
      provider: 'v8',
      include: ['lib/**'],
      reporter: ['json'],
      reportsDirectory: folder,
      reportOnFailure: true,
    },
  })
  await run.close()
  const map = coverage.createCoverageMap(JSON.parse(readFileSync(join(folder, 'coverage-final.json'), 'utf8')))
  const taken = await branchesOfProcesses()
  return map.files().map((path) => {
    const { branchMap, b } = map.fileCoverageFor(path)
    const file = relative(root, path)
    const others = taken.get(path)
    let [branches, covered] = [0, 0]
    const lines = []
    for (const [id, counts] of Object.entries(b)) {
      for (const [i, count] of counts.entries()) {
        branches++
        if (count > 0 || others?.has(placeOf(branchMap[id], i))) covered++
        else lines.push(branchMap[id].loc.start.line)
      }
    }
    return { file, folder: file.split('/').slice(0, 2).join('/'), branches, covered, lines }
  })
}

// Both programs, vitest's and tsc's, come from one source: a branch is known by its kind, its line and its number there.
function placeOf({ type, loc }, i) {
  return `${type} ${loc.start.line}:${loc.start.column} ${i}`
}

async function branchesOfProcesses() {
  const taken = new Map()
  for (const name of readdirSync(processes)) {
    const { result } = JSON.parse(readFileSync(join(processes, name), 'utf8'))
    for (const script of result) {
      if (!script.url.startsWith('file://') || !script.url.includes('/dist/esm/')) continue
      const path = fileURLToPath(script.url.split('?')[0])
      const code = readFileSync(path, 'utf8')
      const sourceMap = JSON.parse(readFileSync(`${path}.map`, 'utf8'))
      const data = await convert({ ast: parseAstAsync(code), code, wrapperLength: 0, coverage: script, sourceMap })
      for (const [file, { branchMap, b }] of Object.entries(data)) {
        if (!taken.has(file)) taken.set(file, new Set())
        for (const [id, counts] of Object.entries(b)) {
          for (const [i, count] of counts.entries()) if (count > 0) taken.get(file).add(placeOf(branchMap[id], i))
        }
      }
    }
  }
  return taken
}
