// npm run mutation -- [area or file…] [--count N] [--seed S] [--resume] [--again]: changes the library's TypeScript in small ways, one at
// a time, and runs the tests that reach the place. A change that no test notices survives, and is printed;
// --again tries those of earlier runs once more.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { child, packageFile, progressLine, progressOf, randomFrom } from '../torture/support.mjs'
import { areas, filesThat, testsOf } from './areas.mjs'
import { bundled } from './bundles.mjs'
import { withMutants } from './mutants.mjs'

const WANTED = 85
// Runs of one process: every one leaves a copy of the library behind.
const RUNS = 40

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    resume: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
  },
})
const names = positionals.length > 0 ? positionals : Object.keys(areas)
const chosen = [
  ...new Set(names.flatMap((name) => areas[name]?.files ?? [name]).flatMap((each) => filesThat(each, '.ts'))),
]
const files = chosen.filter((file) => !file.endsWith('.test.ts'))
if (files.length === 0) {
  console.error(`There is no file ${names.join(', ')}; areas are ${Object.keys(areas).join(', ')}.`)
  process.exit(2)
}

const progress = progressOf('mutation', values.resume || values.again)
const known = progress.value ?? {}
const script = packageFile('test/mutation/child.mjs')
const work = packageFile('build/mutation/work.json')

const survives = (result) => result === 'survived' || result === 'not reached'

/** Runs the child over some work; what it says goes to `hear`. */
function run(task, hear, silence) {
  writeFileSync(work, JSON.stringify(task))
  return child(script, [work], { onMessage: hear, silence, memory: 8000 })
}

// Which mutants each bundle reaches when all is as it should be.
async function baseline(bundles) {
  const found = []
  const ended = await run({ bundles, timeout: 120_000 }, (message) => found.push(message), 300_000)
  if (found.length < bundles.length) throw new Error(`the tests end the process: ${ended.stderr}`)
  // Some look for the library's files where bundles are not; the others of their file are asked all the same.
  for (const { test, failed } of found) for (const name of failed) console.log(`  not asked: ${test}, ${name}`)
  return found.sort((a, b) => a.ms - b.ms)
}

async function tried(file, bundles, mutants, results) {
  const tests = await baseline(bundles)
  const ordered = tests.map(({ test, failed }) => ({
    ...bundles.find((bundle) => bundle.test === test),
    broken: failed,
  }))
  const silence = 20_000 + 5 * tests.reduce((sum, { ms }) => sum + ms, 0)
  const reaching = (id) => tests.filter(({ reached }) => reached.includes(id)).map(({ test }) => test)
  let left = mutants.map((id) => ({ id, tests: reaching(id) }))
  for (const { id } of left.filter((each) => each.tests.length === 0)) results[id] = 'not reached'
  left = left.filter((each) => each.tests.length > 0)
  while (left.length > 0) {
    let at
    const hear = (message) => {
      if (message.at !== undefined) at = message.at
      else results[message.id] = message.by ?? 'survived'
      progressLine(`${file} ${Object.keys(results).length}`)
    }
    const end = await run({ bundles: ordered, mutants: left.slice(0, RUNS), timeout: silence }, hear, silence)
    // What ends the process or never ends is noticed too.
    if (at !== undefined && results[at] === undefined)
      results[at] = end.hung ? 'hangs' : `ends the process (${end.signal ?? end.code})`
    if (at === undefined) throw new Error(`no mutant of ${file} ran: ${end.stderr}`)
    left = left.filter(({ id }) => results[id] === undefined)
    progress.save(known)
  }
}

// All mutants of all files, of which `count` are taken.
const random = randomFrom(Number(values.seed))
const all = []
const sources = new Map()
for (const file of files) {
  const { mutants } = withMutants(file, readFileSync(packageFile(file), 'utf8'))
  sources.set(file, mutants)
  for (let id = 1; id <= mutants.length; id++) all.push({ file, id, order: random() })
}
all.sort((a, b) => a.order - b.order)
const taken = new Map()
for (const each of all.slice(0, Number(values.count))) taken.set(each.file, [...(taken.get(each.file) ?? []), each])

let [killed, sum] = [0, 0]
const survivors = []
for (const [file, list] of [...taken].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const source = readFileSync(packageFile(file))
  const key = `${file} ${createHash('sha256').update(source).digest('hex').slice(0, 12)}`
  known[key] ??= {}
  const results = known[key]
  if (values.again) for (const [id, what] of Object.entries(results)) if (survives(what)) delete results[id]
  const ids = list.map(({ id }) => id).filter((id) => results[id] === undefined)
  if (ids.length > 0) {
    const { bundles } = await bundled(file, testsOf(file))
    await tried(file, bundles, ids, results)
  }
  const alive = list.map(({ id }) => id).filter((id) => survives(results[id]))
  killed += list.length - alive.length
  sum += list.length
  process.stderr.write(process.stderr.isTTY ? '\r\x1b[K' : '')
  console.log(`  ${file}: ${list.length - alive.length} of ${list.length} noticed`)
  for (const id of alive.sort((a, b) => a - b)) {
    const { line, what } = sources.get(file)[id - 1]
    const text = source.toString('utf8').split('\n')[line - 1].trim()
    survivors.push(
      `${file}:${line}  ${what}${results[id] === 'not reached' ? ' (not reached)' : ''}   ${text.slice(0, 90)}`,
    )
  }
}
for (const survivor of survivors) console.log(survivor)
const share = (100 * killed) / sum
console.log(
  `${killed} of ${sum} mutants noticed, ${share.toFixed(1)} % (of ${all.length} that there are; asked: ${WANTED} %)`,
)
process.exit(share >= WANTED ? 0 : 1)
