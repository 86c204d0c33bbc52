// Hostile arguments: every parameter of every public function with every hostile value, then pairs at random. A refusal is
// a ChainruleError and changes nothing; nothing crashes, nothing hangs.
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { child, packageFile, progressLine, progressOf } from '../support.mjs'
import { targets } from './cases.mjs'

const script = packageFile('test/torture/hostile/child.mjs')
// Without a word of the next case; long, because others may keep the processors busy.
const HUNG_MS = 300_000

/**
 * @param {{ count?: number, seed: number, resume: boolean, only?: string }} options - count: random pairs (and, where
 *   `sample` is given, that many single cases spread over all)
 */
export async function hostile({ count = 20_000, seed, resume, only = '', sample }) {
  const file = packageFile('build/torture/surface.json')
  mkdirSync(packageFile('build/torture'), { recursive: true })
  const built = packageFile('dist/esm/index.d.ts')
  if (!existsSync(file) || statSync(file).mtimeMs < statSync(built).mtimeMs)
    writeFileSync(file, JSON.stringify(targets()))
  const progress = progressOf(sample ? 'hostile-sample' : 'hostile', resume)
  const state = progress.value ?? { single: 0, pairs: 0, findings: {}, calls: 0 }
  const unprepared = new Set()
  let functions = 0
  for (const mode of ['single', 'pairs']) {
    const all = { single: Number.MAX_SAFE_INTEGER, pairs: count }[mode]
    const stride = mode === 'single' && sample ? sample : 1
    if (mode === 'single' && sample && !state.single) state.single = seed % sample
    while (state[mode] < all) {
      let at = state[mode]
      let last = ''
      let ended = false
      const result = await child(script, [file, mode, seed, state[mode], all, stride, only], {
        memory: 6000,
        silence: HUNG_MS,
        onMessage(message) {
          if (message.at !== undefined) {
            at = message.at
            last = message.now
            state.calls++
            if (at % 500 === 0) progressLine(`hostile ${mode} ${at}`)
            if (at % 1000 === 0) progress.save({ ...state, [mode]: at })
          }
          if (message.finding) note(state.findings, message.group ?? message.finding, message.finding)
          if (message.unprepared) unprepared.add(message.unprepared)
          if (message.total !== undefined) {
            ended = true
            functions = message.functions
          }
        },
      })
      if (ended) {
        state[mode] = all
        break
      }
      const how = result.hung ? 'hangs' : `ends the process (${result.signal ?? result.code})`
      note(state.findings, `${mode} ${at} ${how}`, `case ${mode} ${at} ${how}: ${last} ${result.stderr.slice(-600)}`)
      state[mode] = at + stride
    }
    progress.save(state)
  }
  const findings = Object.values(state.findings).map(({ text, times }) =>
    times > 1 ? `${text} (${times} times alike)` : text,
  )
  return { calls: state.calls, functions, findings, unprepared: [...unprepared] }
}

// Findings at one place of the code count as one.
function note(findings, group, text) {
  findings[group] ??= { text, times: 0 }
  findings[group].times++
}
