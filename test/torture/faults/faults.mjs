// Files that fail and processes that are killed: at every system call of a save, and at random moments of a training that
// writes checkpoints. What stands in the file is the old or the new content, and training goes on to the same bits.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { child, packageFile, progressLine, randomFrom } from '../support.mjs'
import { jobs, train } from './jobs.mjs'
import { inBadPlaces } from './places.mjs'

const script = packageFile('test/torture/faults/jobs.mjs')
const kinds = ['kill', 'kill-after', 'EIO', 'ENOSPC', 'EMFILE', 'EROFS', 'short']

/** The shim as a library, compiled now; undefined where there is no compiler or no way to preload. */
export function compileShim() {
  if (process.platform !== 'linux') return undefined
  const library = packageFile('build/torture/shim.so')
  const source = packageFile('test/torture/faults/shim.c')
  const { status, stderr, error } = spawnSync(
    'gcc',
    ['-shared', '-fPIC', '-O1', '-Wall', '-Wextra', '-o', library, source, '-ldl', '-lpthread'],
    { encoding: 'utf8' },
  )
  if (error) return undefined
  if (status !== 0) throw new Error(stderr)
  return library
}

function inFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'chainrule-faults-'))
  return Promise.resolve(use(folder)).finally(() => rmSync(folder, { recursive: true, force: true }))
}

async function run(job, folder, env, options = {}) {
  const said = {}
  const result = await child(script, [job, folder], {
    env,
    ...options,
    onMessage: (message) => Object.assign(said, message),
  })
  return { ...result, ...said }
}

/** Each kind of failure at each system call of a job (of a long one: at `most` of them), or at one of `sample` of all that. */
export async function atEveryCall(name, shim, sample = 1, most = 12) {
  const { prepare, read } = jobs[name]
  const findings = []
  let calls = 0
  const total = await inFolder(async (folder) => {
    await prepare(folder)
    const report = join(folder, 'report')
    await run(name, folder, { LD_PRELOAD: shim, FAULT_PATH: folder, FAULT_REPORT: report })
    return Number(readFileSync(report, 'utf8'))
  })
  const step = Math.max(1, Math.floor(total / most))
  let n = 0
  for (const kind of kinds)
    for (let at = 1; at <= total; at += step) {
      if (n++ % sample) continue
      await inFolder(async (folder) => {
        progressLine(`faults ${name} ${kind} at ${at} of ${total}`)
        calls++
        await prepare(folder)
        const { code, signal, outcome, left, stderr } = await run(name, folder, {
          LD_PRELOAD: shim,
          FAULT_PATH: folder,
          FAULT_KIND: kind,
          FAULT_AT: String(at),
        })
        const found = await read(folder).catch((error) => `${error}`)
        const place = `${name}, ${kind} at call ${at} of ${total}`
        const killed = signal === 'SIGKILL'
        if (killed ? !kind.startsWith('kill') : code !== 0)
          findings.push(`${place}: ended with ${signal ?? code} ${stderr.slice(-300)}`)
        if (!killed && outcome !== 'done' && outcome !== 'refused') findings.push(`${place}: ${outcome}`)
        if (found !== 'new' && found !== 'old') findings.push(`${place}: afterwards ${found}`)
        if (outcome === 'done' && found !== 'new')
          findings.push(`${place}: says it is done, but the file is the ${found} one`)
        if (outcome === 'refused' && found !== 'old' && name !== 'checkpoint')
          findings.push(`${place}: refused, but the file is the ${found} one`)
        if (outcome === 'refused' && left.length) findings.push(`${place}: leaves ${left}`)
      })
    }
  return { calls, findings }
}

/** A training that is killed `count` times at random moments, and goes on each time; when it ends, another one begins. */
export async function kills(count, seed) {
  const random = randomFrom(seed)
  const findings = []
  const sum = (model) => model.block.values.reduce((a, b) => a + b, 0)
  const expected = await inFolder(async (folder) => sum(await train(folder)))
  let killed = 0
  let ended = 0
  while (killed < count)
    await inFolder(async (folder) => {
      for (;;) {
        progressLine(`kills ${killed} of ${count}, ${ended} trainings ended`)
        const { outcome, sum: found, signal, stderr } = await runAndKill(folder, 5 + random() * 60)
        if (signal === 'SIGKILL') {
          if (++killed >= count) return
          continue
        }
        if (outcome !== 'done') findings.push(`a training killed before ends with ${outcome ?? stderr.slice(-300)}`)
        else if (found !== expected)
          findings.push(`a training killed before ends with other parameters: ${found} for ${expected}`)
        ended++
        return
      }
    })
  return { calls: killed, findings, ended }
}

async function runAndKill(folder, delay) {
  const said = {}
  let timer
  const result = await child(script, ['checkpoint', folder], {
    onMessage(message, process) {
      Object.assign(said, message)
      if (message.ready) timer = setTimeout(() => process.kill('SIGKILL'), delay)
    },
  })
  clearTimeout(timer)
  return { ...result, ...said }
}

/** @param {{ count?: number, seed: number }} options - count: kills at random moments */
export async function faults({ count = 1000, seed, sample }) {
  const shim = compileShim()
  const findings = []
  let calls = 0
  const add = (result) => {
    calls += result.calls
    findings.push(...result.findings)
  }
  if (shim) for (const name of sample ? ['save'] : Object.keys(jobs)) add(await atEveryCall(name, shim, sample))
  else console.log('  faults: SKIPPED the failing system calls (needs Linux and gcc)')
  if (!sample) add(await inBadPlaces())
  add(await kills(count, seed))
  return { calls, findings }
}
