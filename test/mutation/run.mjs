// Changes the library's TypeScript in small ways, one at a time, and runs the tests that reach the place. A change that no test
// notices survives, and is printed.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { commandLine } from '../../scripts/support.mjs'
import { child, packageFile, progressLine, progressOf, randomFrom } from '../torture/support.mjs'
import { areas, filesThat, testsOf } from './areas.mjs'

const WANTED = 85
// Runs of one process: every one leaves a copy of the library behind.
const RUNS = 40

const help = `Changes the library's TypeScript in small ways, one at a time, and asks the tests that reach the place whether they notice.

  npm run mutation -- [areas or files…] [--count N] [--seed S] [--resume] [--again]
  npm run mutation -- gates --count 90 --seed 3
  npm run mutation -- lib/data/csv            # files whose path begins so

  areas: ${Object.keys(areas).join(', ')} (default: all)

  --count N  so many changes, drawn from all that there are (default: 200)
  --seed S   how they are drawn (default: 1)
  --resume   keeps what earlier runs found out about files that are the same
  --again    like --resume, but tries once more what no test noticed
  --help     this text

Changes that no test notices are printed. Fails where less than ${WANTED} % are noticed.`

const filesOf = (name) =>
  (areas[name]?.files ?? [name]).flatMap((each) => filesThat(each, '.ts')).filter((file) => !file.endsWith('.test.ts'))
const { values, names } = commandLine(
  help,
  {
    count: { type: 'number', default: 200 },
    seed: { type: 'number', default: 1 },
    resume: { type: 'boolean' },
    again: { type: 'boolean' },
  },
  (name) => filesOf(name).length > 0,
)
const files = [...new Set((names.length > 0 ? names : Object.keys(areas)).flatMap(filesOf))]
const [{ bundled }, { withMutants }] = await Promise.all([import('./bundles.mjs'), import('./mutants.mjs')])

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
const random = randomFrom(values.seed)
const all = []
const sources = new Map()
for (const file of files) {
  const { mutants } = withMutants(file, readFileSync(packageFile(file), 'utf8'))
  sources.set(file, mutants)
  for (let id = 1; id <= mutants.length; id++) all.push({ file, id, order: random() })
}
all.sort((a, b) => a.order - b.order)
const taken = new Map()
for (const each of all.slice(0, values.count)) taken.set(each.file, [...(taken.get(each.file) ?? []), each])

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
