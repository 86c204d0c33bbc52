// Damaged files of every format, in processes with bounded memory: each is read, or refused with a typed error, within a
// second. Cases follow from the seed and their number, so that each can be had again.
import { child, packageFile, progressLine, progressOf } from '../support.mjs'
import { formats } from './formats.mjs'

const SLICE = 20_000
// Without a word of 64 files; long, because others may keep the processors busy.
const HUNG_MS = 600_000

/** @param {{ count?: number, seed: number, resume: boolean, only?: string }} options - count: files of each format */
export async function fuzz({ count = 1_000_000, seed, resume, only }) {
  const progress = progressOf('fuzz', resume)
  const state = progress.value ?? { at: {}, findings: {}, calls: 0, by: {} }
  for (const name of Object.keys(formats)) {
    if (only && !only.split(',').includes(name)) continue
    let next = state.at[name] ?? 0
    state.by[name] ??= { readable: 0, most: 0 }
    const of = state.by[name]
    while (next < count) {
      const end = Math.min(count, next + SLICE)
      let [at, done] = [next, false]
      const result = await child(packageFile('test/torture/fuzz/child.mjs'), [name, seed, next, end], {
        memory: 3000,
        silence: HUNG_MS,
        // Garbage shall not hide what is needed; and WebAssembly shall not reserve more address space than there is.
        node: ['--max-semi-space-size=1', '--disable-wasm-trap-handler'],
        onMessage(message) {
          if (message.at !== undefined) {
            at = message.at
            progressLine(`fuzz ${name} ${at}`)
          }
          if (message.finding) note(state, `${name}: ${message.finding}`, message.group)
          if (message.done) {
            done = true
            of.readable += message.readable
            of.most = Math.max(of.most, message.most)
          }
        },
      })
      if (!done)
        note(
          state,
          `${name}, near case ${at}: ${result.hung ? 'hangs' : `ends the process (${result.signal ?? result.code})`} ${result.stderr.slice(-400)}`,
          `${name} ${at}`,
        )
      state.calls += (done ? end : at + 64) - next
      next = done ? end : at + 64
      state.at[name] = next
      progress.save(state)
    }
  }
  return {
    calls: state.calls,
    formats: Object.entries(state.by).map(([name, { readable, most }]) => {
      const share = ((100 * readable) / Math.max(1, state.at[name])).toFixed(1)
      return `${name} ${state.at[name]}, ${share} % readable, memory + ${(most / 2 ** 20).toFixed(0)} MiB at most`
    }),
    findings: Object.values(state.findings).map(({ text, times }) => `${text} (${times} times)`),
  }
}

// Findings at one place of the code count as one.
function note(state, text, group) {
  state.findings[group] ??= { text, times: 0 }
  state.findings[group].times++
}
