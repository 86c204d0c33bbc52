// How the package starts: with compiled code that an earlier process kept, or without, always with the same library.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
// A package of its own, so that nothing else keeps code beside it.
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'chainrule-start-')))
const core = join(folder, 'dist/chainrule.cjs')
const cache = join(folder, 'dist/cache')

beforeAll(() => {
  for (const name of [
    'package.json',
    'dist/chainrule.js',
    'dist/chainrule.cjs',
    'dist/cjs/index.cjs',
    'dist/cjs/package.json',
  ])
    cpSync(join(root, name), join(folder, name))
  for (const name of ['start.cjs', 'import.cjs']) cpSync(join(root, 'dist/esm', name), join(folder, 'dist/esm', name))
  for (const name of ['build', 'node_modules']) symlinkSync(join(root, name), join(folder, name))
})
afterAll(() => rmSync(folder, { recursive: true }))

const program = (from: string) => `${from}
const model = chainrule.mlp({ inputs: 3, hidden: [2], outputs: 2, seed: 1 })
console.log(Array.from(model.predictSync(new Float32Array([1, 2, 3])).data).join())`
const imported = program(`const chainrule = await import(${JSON.stringify(join(folder, 'dist/chainrule.js'))})`)
const required = program(`const chainrule = require(${JSON.stringify(join(folder, 'dist/cjs/index.cjs'))})`)

/** What a process prints that runs a program, and the names of what is kept after it. */
function started(source = imported, env: Record<string, string> = {}) {
  const file = join(folder, source === required ? 'program.cjs' : 'program.mjs')
  writeFileSync(file, source)
  const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8', env: { ...process.env, ...env } })
  expect(stderr).toBe('')
  return stdout
}

const kept = () => readdirSync(cache).map((name) => join(cache, name))

describe('the package', () => {
  it('keeps compiled code at the first start, and the next ones leave it as it is', () => {
    const answer = started()
    expect(answer).toMatch(/^-?\d\S*,-?\d\S*\n$/)
    const [file, ...others] = kept()
    expect(others).toEqual([])
    const { mtimeMs } = statSync(file!)
    for (const source of [imported, required]) expect(started(source)).toBe(answer)
    expect(kept()).toEqual([file])
    expect(statSync(file!).mtimeMs).toBe(mtimeMs)
  })

  it.each<[string, (whole: Buffer) => Uint8Array]>([
    ['nothing', () => new Uint8Array()],
    ['a start', (whole) => whole.subarray(0, 100_000)],
    ['other bytes in its middle', (whole) => Buffer.from(whole).fill(7, 300_000, 300_100)],
    ['other bytes twice', (whole) => Buffer.alloc(whole.length, 'code')],
  ])('starts as always where %s is left of the code, and keeps it anew', (_, damaged) => {
    const answer = started()
    const [file] = kept()
    writeFileSync(file!, damaged(readFileSync(file!)))
    expect(started()).toBe(answer)
    const bytes = readFileSync(file!)
    expect(bytes.length).toBeGreaterThan(400_000)
    expect(bytes.subarray(0, bytes.length / 2).equals(bytes.subarray(bytes.length / 2))).toBe(true)
  })

  it('does not take the code of another version of the library, and throws it away', () => {
    started()
    const [old] = kept()
    const text = readFileSync(core, 'utf8')
    writeFileSync(core, text.replaceAll('such as a Sequential', 'such as a Sequence!!'))
    const later = new Date(Date.now() + 5000)
    utimesSync(core, later, later)
    const source = `import { save } from ${JSON.stringify(join(folder, 'dist/chainrule.js'))}
try { await save(1, 'x') } catch (error) { console.log(error.message) }`
    expect(started(source)).toContain('a Sequence!!')
    expect(kept()).toHaveLength(1)
    expect(kept()[0]).not.toBe(old)
    writeFileSync(core, text)
  })

  it('starts where nothing may be written, and writes nothing where that is not wanted', () => {
    const answer = started()
    rmSync(cache, { recursive: true })
    expect(started(imported, { NODE_DISABLE_COMPILE_CACHE: '1' })).toBe(answer)
    expect(readdirSync(join(folder, 'dist'))).not.toContain('cache')
    writeFileSync(cache, 'a file in its place')
    expect(started()).toBe(answer)
    expect(readFileSync(cache, 'utf8')).toBe('a file in its place')
    rmSync(cache)
  })

  it('imports other packages with kept code', () => {
    const source = `import { encodeOnnx, mlp } from ${JSON.stringify(join(folder, 'dist/chainrule.js'))}
const bytes = await encodeOnnx(mlp({ inputs: 3, hidden: [2], outputs: 2 }))
console.log(bytes.length > 100)`
    expect(started(source)).toBe('true\n')
    expect(started(source)).toBe('true\n')
  })

  it('is strict code, as modules are', () => {
    expect(readFileSync(core, 'utf8')).toMatch(/^"use strict";/)
  })

  it('gives what is exported the same names to import and to require', async () => {
    const esm = (await import(join(root, 'dist/chainrule.js'))) as Record<string, unknown>
    const cjs = createRequire(import.meta.url)(join(root, 'dist/cjs/index.cjs')) as Record<string, unknown>
    expect(Object.keys(cjs).sort()).toEqual(Object.keys(esm).sort())
    for (const [name, value] of Object.entries(esm)) {
      expect(cjs[name], name).toBe(value)
      if (typeof value === 'function') expect(value.name).toBe(name)
    }
  })
})
