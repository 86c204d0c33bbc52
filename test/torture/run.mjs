// Runs parts of the torture, all of them if none is named, and prints what each found.
import { build, commandLine } from '../../scripts/support.mjs'

/** What each part does, in a line, and the file that does it, under its own name. */
const parts = {
  hostile: ['every parameter of every public function with every hostile value, then pairs', 'hostile/hostile.mjs'],
  fuzz: ['damaged files of every format that is read', 'fuzz/fuzz.mjs'],
  faults: ['kills and failing system calls while files are written', 'faults/faults.mjs'],
  starved: ['memory and threads that the system refuses, calls that the engine refuses', 'faults/starved.mjs'],
  properties: ['laws of algebra, gradients, plans and files, on random cases', 'properties/properties.mjs'],
  workers: ['workers and processes that end in the middle of native calls', 'workers/workers.mjs'],
  memory: ['predictions, steps and models without end in bounded memory', 'memory/memory.mjs'],
  load: ['the service of the examples under load and overload, while it trains', 'load/load.mjs'],
}

const help = `Tries to break the library, and prints what it found; fails where that is anything.

  npm run torture -- [parts…] [--count N] [--seed S] [--only PREFIX,…] [--sample N] [--resume]
  npm run torture -- hostile --count 20000
  npm run torture -- fuzz --count 1000000 --resume

${Object.entries(parts)
  .map(([name, [what]]) => `  ${name.padEnd(10)} ${what}`)
  .join('\n')}

  --count N   cases of each part
  --seed S    where they come from (default: 1)
  --only P,…  functions or formats whose names begin so
  --sample N  one case in N where a part has more than --count bounds
  --resume    goes on where the last run of fuzz or hostile stopped
  --build     builds first what is out of date, as npm run torture does
  --help      this text`

const { values, names } = commandLine(
  help,
  {
    count: { type: 'number' },
    seed: { type: 'number', default: 1 },
    resume: { type: 'boolean', default: false },
    only: { type: 'string' },
    sample: { type: 'number' },
    build: { type: 'boolean' },
  },
  Object.keys(parts),
)
if (values.build) build()

let failed = false
for (const name of names.length ? names : Object.keys(parts)) {
  const started = performance.now()
  const [what, file] = parts[name]
  const { [name]: run } = await import(`./${file}`)
  console.log(`${name}: ${what}`)
  const { seed, resume, only, count, sample } = values
  const { calls, findings, ...figures } = await run({
    seed,
    resume,
    only,
    ...(count && { count }),
    ...(sample && { sample }),
  })
  process.stderr.write(process.stderr.isTTY ? '\r\x1b[K' : '')
  for (const finding of findings) console.log(`  ${finding.replaceAll('\n', '\n    ')}`)
  for (const [figure, value] of Object.entries(figures))
    console.log(`  ${figure}: ${Array.isArray(value) ? value.join(';\n    ') || 'none' : value}`)
  console.log(`  ${calls} cases, ${findings.length} findings, ${((performance.now() - started) / 1000).toFixed(0)} s`)
  failed ||= findings.length > 0
}
process.exit(failed ? 1 : 0)
