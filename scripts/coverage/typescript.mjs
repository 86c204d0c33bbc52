// Branches of lib/ that vitest takes, in its own processes and in the command lines that tests start: Node writes down what
// those ran of dist/esm, and source maps lead back to lib/.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
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
      include: ['lib/**/*.ts'],
      reporter: ['json'],
      reportsDirectory: folder,
      reportOnFailure: true,
    },
  })
  await run.close()
  const map = coverage.createCoverageMap(JSON.parse(readFileSync(join(folder, 'coverage-final.json'), 'utf8')))
  const ofProcesses = await branchesOfProcesses()
  const taken = new Map([...ofProcesses].map(([path, places]) => [path, placesTaken(places)]))
  const files = map.files().map((path) => {
    const { branchMap, b } = map.fileCoverageFor(path)
    const others = taken.get(path)
    return counted(
      path,
      Object.entries(b).flatMap(([id, counts]) =>
        counts.map((count, i) => {
          const { loc } = branchMap[id]
          return { line: loc.start.line, taken: count > 0 || others?.has(placeOf(branchMap[id], i)) }
        }),
      ),
    )
  })
  // What only the built package has: CommonJS, which vitest does not run.
  for (const [path, places] of ofProcesses) {
    if (path.endsWith('.cts')) files.push(counted(path, [...places.values()]))
  }
  return files
}

function counted(path, branches) {
  const file = relative(root, path)
  const missed = branches.filter(({ taken }) => !taken).map(({ line }) => line)
  const folder = file.split('/').slice(0, 2).join('/')
  return { file, folder, branches: branches.length, covered: branches.length - missed.length, lines: missed }
}

const placesTaken = (places) => new Set([...places].filter(([, { taken }]) => taken).map(([place]) => place))

// Both programs, vitest's and tsc's, come from one source: a branch is known by its kind, its line and its number there.
function placeOf({ type, loc }, i) {
  return `${type} ${loc.start.line}:${loc.start.column} ${i}`
}

// By file of lib/ and place: the line, and whether a process took that branch.
async function branchesOfProcesses() {
  const found = new Map()
  const compiled = join(root, 'dist/esm')
  for (const name of readdirSync(processes)) {
    const { result } = JSON.parse(readFileSync(join(processes, name), 'utf8'))
    for (const script of result) {
      // Tests run copies of the package too, which are gone by now.
      const [, own] = /^file:.*\/dist\/esm\/([^?]*)/.exec(script.url) ?? []
      const path = own && join(compiled, own)
      if (!path || !existsSync(path)) continue
      const code = readFileSync(path, 'utf8')
      const sourceMap = JSON.parse(readFileSync(`${path}.map`, 'utf8'))
      const given = { ...script, url: pathToFileURL(path).href }
      const data = await convert({ ast: parseAstAsync(code), code, wrapperLength: 0, coverage: given, sourceMap })
      for (const [file, { branchMap, b }] of Object.entries(data)) {
        if (!found.has(file)) found.set(file, new Map())
        const places = found.get(file)
        for (const [id, counts] of Object.entries(b)) {
          for (const [i, count] of counts.entries()) {
            const place = placeOf(branchMap[id], i)
            const before = places.get(place)?.taken ?? false
            places.set(place, { line: branchMap[id].loc.start.line, taken: before || count > 0 })
          }
        }
      }
    }
  }
  return found
}
