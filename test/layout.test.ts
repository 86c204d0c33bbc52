// The house's order: a file of lib/ imports only from its own rank or below, never in a circle, and stays short.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const lib = resolve(import.meta.dirname, '../lib')
const ranks: Record<string, number> = {
  errors: 0,
  builtin: 0,
  disk: 0,
  checks: 0,
  draw: 1,
  tensor: 1,
  plot: 2,
  native: 2,
  gates: 3,
  graph: 4,
  nn: 5,
  optim: 5,
  compile: 6,
  train: 7,
  diagnosis: 7,
  data: 7,
  io: 7,
  tabular: 8,
  report: 9,
  serve: 9,
  index: 10,
  cli: 11,
}

const files = (readdirSync(lib, { recursive: true }) as string[]).filter((name) => name.endsWith('.ts'))

function rankOf(file: string): number {
  const rank = ranks[file.split('/')[0]!.replace(/\.ts$/, '')]
  if (rank === undefined) throw new Error(`${file} has no rank`)
  return rank
}

function importsOf(file: string): { target: string; typeOnly: boolean }[] {
  const source = readFileSync(join(lib, file), 'utf8')
  const found = source.matchAll(/^(?:import|export)\s+(type\s)?[^'"]*?from\s+['"](\.[^'"]+)['"]/gms)
  return Array.from(found, ([, type, path]) => ({
    target: relative(lib, resolve(lib, dirname(file), path!)).replace(/\.js$/, '.ts'),
    typeOnly: type !== undefined,
  }))
}

describe('lib/', () => {
  it.each(files)('%s imports only from ranks at or below its own', (file) => {
    for (const { target } of importsOf(file)) {
      expect(rankOf(target), `${file} imports ${target}`).toBeLessThanOrEqual(rankOf(file))
      expect(files, `${file} imports ${target}`).toContain(target)
    }
  })

  it('has no import circles', () => {
    const state = new Map<string, 'open' | 'done'>()
    const visit = (file: string, path: string[]): void => {
      if (state.get(file) === 'done') return
      expect(state.get(file), [...path, file].join(' → ')).toBeUndefined()
      state.set(file, 'open')
      for (const { target, typeOnly } of importsOf(file)) if (!typeOnly) visit(target, [...path, file])
      state.set(file, 'done')
    }
    for (const file of files) visit(file, [])
  })

  it('has files of at most 300 lines, each opening with what it is for', () => {
    for (const file of files) {
      const text = readFileSync(join(lib, file), 'utf8')
      expect(text.split('\n').length, file).toBeLessThanOrEqual(301)
      expect(text.startsWith('// '), file).toBe(true)
    }
  })
})
