// npm run torture -- [part…] [--count N] [--seed S] [--resume]: runs parts of the torture, all of them if none is named, and
// prints what each found. --count is the number of cases of each part, --only the functions whose names begin so, --sample N
// one case in N where a part has more than --count bounds.
import { parseArgs } from 'node:util'

/** What each part does, in a line, and the file that does it, under its own name. */
const parts = {
  hostile: ['every parameter of every public function with every hostile value, then pairs', 'hostile/hostile.mjs'],
  fuzz: ['damaged files of every format that is read', 'fuzz/fuzz.mjs'],
  faults: ['kills and failing system calls while files are written', 'faults/faults.mjs'],
  starved: ['memory and threads that the system refuses', 'faults/starved.mjs'],
  properties: ['laws of algebra, gradients, plans and files, on random cases', 'properties/properties.mjs'],
  workers: ['workers and processes that end in the middle of native calls', 'workers/workers.mjs'],
  memory: ['predictions, steps and models without end in bounded memory', 'memory/memory.mjs'],
  load: ['the service of the examples under load and overload, while it trains', 'load/load.mjs'],
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string' },
    seed: { type: 'string', default: '1' },
    resume: { type: 'boolean', default: false },
    only: { type: 'string' },
    sample: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})
const unknown = positionals.filter((name) => !(name in parts))
if (values.help || unknown.length) {
  if (unknown.length) console.error(`There is no part ${unknown.join(', ')}.`)
  console.log('npm run torture -- [part…] [--count N] [--seed S] [--only PREFIX,…] [--sample N] [--resume]\n')
  for (const [name, [what]] of Object.entries(parts)) console.log(`  ${name.padEnd(10)} ${what}`)
  process.exit(unknown.length ? 1 : 0)
}

let failed = false
for (const name of positionals.length ? positionals : Object.keys(parts)) {
  const started = performance.now()
  const [what, file] = parts[name]
  const { [name]: run } = await import(`./${file}`)
  console.log(`${name}: ${what}`)
  const options = {
    seed: Number(values.seed),
    resume: values.resume,
    only: values.only,
    ...(values.sample && { sample: Number(values.sample) }),
  }
  const { calls, findings, ...figures } = await run({
    ...options,
    ...(values.count && { count: Number(values.count) }),
  })
  process.stderr.write(process.stderr.isTTY ? '\r\x1b[K' : '')
  for (const finding of findings) console.log(`  ${finding.replaceAll('\n', '\n    ')}`)
  for (const [figure, value] of Object.entries(figures))
    console.log(`  ${figure}: ${Array.isArray(value) ? value.join(';\n    ') || 'none' : value}`)
  console.log(`  ${calls} cases, ${findings.length} findings, ${((performance.now() - started) / 1000).toFixed(0)} s`)
  failed ||= findings.length > 0
}
process.exit(failed ? 1 : 0)
