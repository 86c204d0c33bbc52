// chainrule doctor: what this installation is made of, and whether it works here.
import { createRequire } from 'node:module'
import os from 'node:os'
import type { NativeInfo } from '../native/addon.js'
import { native } from '../native/load.js'
import { info } from '../native/system.js'
import { allocate } from '../tensor/dtype.js'
import type { Command } from './command.js'
import { version } from './run.js'
import { bytesText, pairs } from './table.js'

/** A thing that was looked at. */
interface Check {
  readonly name: string
  readonly ok: boolean
  readonly note: string
}

const optional: readonly (readonly [name: string, purpose: string])[] = [
  ['hyparquet', 'reads Parquet'],
  ['hyparquet-compressors', 'reads compressed Parquet'],
  ['@uwdata/flechette', 'reads Arrow and Feather'],
  ['@resvg/resvg-js', 'writes pictures as PNG'],
]

export const doctor: Command = {
  name: 'doctor',
  summary: 'Checks this installation: processor, instruction set, threads, build, optional packages.',
  positionals: [],
  flags: {},
  examples: [
    ['what is this machine, and does everything work?', 'chainrule doctor'],
    ['the instruction set, in a script', 'chainrule doctor --json | jq -r .native.isa'],
    ['without vector instructions, to compare', 'CHAINRULE_ISA=scalar chainrule doctor'],
  ],
  async run(_, context) {
    const checks: Check[] = []
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
    const recent = major > 20 || (major === 20 && minor >= 19)
    checks.push({ name: 'Node 20.19 or newer', ok: recent, note: process.version })
    let system: Omit<NativeInfo, 'unary'> | undefined
    try {
      system = info()
      checks.push({ name: 'the native addon loads', ok: true, note: system.compiler })
      checks.push(arithmetic())
    } catch (error) {
      checks.push({ name: 'the native addon loads', ok: false, note: (error as Error).message })
    }
    const packages = Object.fromEntries(optional.map(([name]) => [name, versionOf(name)]))
    const ok = checks.every((check) => check.ok)
    const result = {
      ok,
      chainrule: version(),
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      system: `${os.type()} ${os.release()}`,
      memory: os.totalmem(),
      native: system ?? null,
      packages,
      checks,
    }
    const rows: [string, string][] = [
      ['chainrule', `${result.chainrule}, Node ${process.versions.node}, ${result.platform}`],
      ['system', `${result.system}, ${bytesText(result.memory)} of memory`],
    ]
    if (system) {
      const { cpu, isa, supported, threads, processors, caches, compiler } = system
      rows.push(
        ['processor', cpu.trim() || 'unknown'],
        ['instruction set', `${isa} (this build and processor have ${supported.join(', ')})`],
        ['threads', `${threads} of ${processors} processors`],
        ['caches', `${bytesText(caches.l1d)} L1, ${bytesText(caches.l2)} L2, ${bytesText(caches.l3)} L3`],
        ['compiled with', compiler],
      )
    }
    for (const [name, purpose] of optional) {
      rows.push([name, packages[name] ?? `not installed; ${purpose}: npm install ${name}`])
    }
    const marks = checks.map(
      ({ name, ok, note }) => `${context.paint(ok ? 'green' : 'red', ok ? '✓' : '✗')} ${name}${ok ? '' : `: ${note}`}`,
    )
    await context.result(result, `${pairs(rows, context.width)}\n\n${marks.join('\n')}`)
    return ok ? 0 : 1
  },
}

// A product whose result is known exactly: 1·1 + 2·2 + … + 64·64, in both element types.
function arithmetic(): Check {
  const name = 'its arithmetic is right'
  for (const dtype of ['float32', 'float64'] as const) {
    const [x, y] = [allocate(dtype, 64), allocate(dtype, 1)]
    for (let i = 0; i < 64; i++) x[i] = i + 1
    native().gemm(1, 1, 64, 1, x, 64, 1, x, 1, 64, 0, y, null, -1, 0, 0, null)
    if (y[0] !== 89440) return { name, ok: false, note: `Σ i² from 1 to 64 is 89440, not ${y[0]}` }
  }
  return { name, ok: true, note: 'a product of matrices' }
}

function versionOf(name: string): string | null {
  const require = createRequire(import.meta.url)
  for (const path of require.resolve.paths(name)!) {
    try {
      return require(`${path}/${name}/package.json`).version
    } catch {}
  }
  return null
}
