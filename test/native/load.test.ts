// Where the addon is looked for, and what is said where it is not, or is none; and its errors as those of the library.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ArgumentError, IndexError, NativeError } from '../../lib/index.js'
import { load, packageRoot, platformText, prebuilds, translated } from '../../lib/native/load.js'
import { unaryOp } from '../../lib/native/unary.js'

const folder = mkdtempSync(join(tmpdir(), 'chainrule-load-'))
afterAll(() => rmSync(folder, { recursive: true }))

function placed(name: string, path: readonly string[], put: (file: string) => void): string {
  const file = join(folder, name, ...path)
  mkdirSync(dirname(file), { recursive: true })
  put(file)
  return join(folder, name)
}

it.each([
  ['linux', 'x64', '2.36', 'linux-x64 (glibc)', 'chainrule.glibc.node'],
  ['linux', 'arm64', undefined, 'linux-arm64 (musl)', 'chainrule.musl.node'],
  ['darwin', 'arm64', undefined, 'darwin-arm64', 'chainrule.node'],
])('%s, %s, glibc %s', (platform, arch, glibc, words, first) => {
  const system = { platform, arch, glibc }
  expect(platformText(system)).toBe(words)
  const places = prebuilds(system)
  expect(places[0]).toEqual(['prebuilds', `${platform}-${arch}`, first])
  expect(places.at(-1)).toEqual(['prebuilds', `${platform}-${arch}`, 'node.napi.node'])
})

it('an instruction set that there is not is refused when the addon starts, a weaker one is taken', () => {
  const script = `const load = () => require(${JSON.stringify(join(packageRoot(), 'build/Release/chainrule.node'))})
    try { console.log(load().info().isa) } catch (error) { console.log(error.code, error.message) }`
  const isaOf = (name: string) => spawnSync(process.execPath, ['-e', script], { env: { ...process.env, CHAINRULE_ISA: name }, encoding: 'utf8' }).stdout
  expect(isaOf('sse9')).toMatch(/^UNSUPPORTED CHAINRULE_ISA=sse9 is not available here; this machine can run:.* scalar\n/)
  expect(isaOf('scalar')).toBe('scalar\n')
})

describe('load', () => {
  const built = ['build', 'Release', 'chainrule.node']
  const prebuilt = ['prebuilds', `${process.platform}-${process.arch}`, 'chainrule.node']
  const addon = join(packageRoot(), ...built)

  it.each([built, prebuilt])('finds it in %s', (...path) => {
    const { info } = load(placed(`there-${path[0]}`, path, (file) => copyFileSync(addon, file)))
    expect(info().unary.length).toBeGreaterThan(10)
  })

  it('says what to do where there is none', () => {
    const why = /a native addon for \S+.*, Node \d+.*got "Could not locate the bindings file.*npx chainrule rebuild/
    expect(() => load(join(folder, 'nowhere'))).toThrow(NativeError)
    expect(() => load(join(folder, 'nowhere'))).toThrow(why)
  })

  it('says why it cannot be loaded', () => {
    const root = placed('broken', built, (file) => writeFileSync(file, 'no library'))
    expect(() => load(root)).toThrow(/got ".*(file too short|invalid ELF|not a mach-o|not a valid).*/)
  })
})

it('the package is looked for from a file upwards', () => {
  expect(packageRoot(join(packageRoot(), 'test/native/deeper/than/it.js'))).toBe(packageRoot())
  const own = placed('own', ['package.json'], (file) => writeFileSync(file, '{ "name": "chainrule" }'))
  placed('own', ['a', 'package.json'], (file) => writeFileSync(file, '{ "name": "other" }'))
  expect(packageRoot(join(own, 'a/b.js'))).toBe(own)
  expect(() => packageRoot(join(folder, 'elsewhere.js'))).toThrow(NativeError)
})

it('errors of the addon become those of the library', () => {
  const failure = (code?: string) => Object.assign(new Error('of the addon'), { code, where: 3, value: 9 })
  expect(translated('Gather', failure('OUT_OF_RANGE'))).toEqual(new IndexError('Gather', 'indices in range', '9 at 3'))
  for (const code of ['INVALID_ARGUMENT', 'OUT_OF_MEMORY']) {
    const [cause, error] = [failure(code), translated('fit', failure(code))]
    expect(error).toBeInstanceOf(ArgumentError)
    expect(error).toMatchObject({ operation: 'fit', message: expect.stringContaining(cause.message) })
  }
  for (const other of [failure('OTHER'), failure(), new IndexError('a', 'b', 'c'), 'a text', undefined])
    expect(translated('fit', other)).toBe(other)
})

it('an addon of other sources is told by its table of gates', () => {
  expect(unaryOp('relu', 0).name).toBe('relu')
  expect(() => unaryOp('relu', 2)).toThrow(/gate relu of 2 constants in the addon, got one of 0/)
  expect(() => unaryOp('rleu', 0)).toThrow(/got none: rebuild the native addon/)
})
