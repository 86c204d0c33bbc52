// What the parts of the torture share: places, random numbers from a seed, child processes that may crash or hang, progress.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

/** A file of the package. */
export const packageFile = (path) => join(root, path)

/** Random numbers in [0, 1) from a seed (mulberry32), with integers below a bound and picks from a list. */
export function randomFrom(seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  next.below = (bound) => Math.floor(next() * bound)
  next.pick = (list) => list[next.below(list.length)]
  return next
}

/** Where a part keeps how far it came, for --resume. */
export function progressOf(part, resume) {
  const file = packageFile(`build/torture/${part}.json`)
  mkdirSync(dirname(file), { recursive: true })
  return {
    value: resume && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined,
    save: (value) => writeFileSync(file, JSON.stringify(value)),
  }
}

/**
 * Runs a script in a Node process of its own whose lines of JSON on stdout are messages. `silence`: milliseconds without a
 * message after which it counts as hung and is killed. `memory`: the most address space, in MiB. `within`: a command that runs it.
 * @returns {Promise<{ code: number | null, signal: string | null, hung: boolean, stderr: string }>}
 */
export function child(
  script,
  args,
  { onMessage = () => {}, silence = 60_000, memory, within = [], env = {}, node = [] } = {},
) {
  const command = [...within, process.execPath, ...node, script, ...args.map(String)]
  const limited =
    memory && process.platform === 'linux' ? ['prlimit', `--as=${memory * 2 ** 20}`, '--core=0', ...command] : command
  return new Promise((done) => {
    const started = spawn(limited[0], limited.slice(1), {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [pending, stderr, hung, timer] = ['', '', false, undefined]
    const watch = () => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        hung = true
        started.kill('SIGKILL')
      }, silence)
    }
    watch()
    started.stdout.setEncoding('utf8').on('data', (text) => {
      watch()
      const lines = (pending + text).split('\n')
      pending = lines.pop()
      for (const line of lines) if (line.startsWith('{')) onMessage(JSON.parse(line), started)
    })
    started.stderr.setEncoding('utf8').on('data', (text) => {
      stderr = (stderr + text).slice(-8000)
    })
    started.on('close', (code, signal) => {
      clearTimeout(timer)
      done({ code, signal, hung, stderr })
    })
  })
}

/** Prints a line; in a terminal, one that replaces itself. */
export function progressLine(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}
