// A small part of the torture, on every run; `npm run torture` does all of it.
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

function torture(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['test/torture/run.mjs', ...args], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(`${stdout}${stderr}`).toMatch(/^ {2}[1-9]\d* cases, 0 findings/m)
  expect(status).toBe(0)
  return stdout
}

describe('torture', () => {
  it('hostile arguments: a sample of all', () => {
    torture('hostile', '--sample', '500', '--count', '60')
  })
  it('refused memory and threads', () => {
    torture('starved', '--count', '4')
  })
  it('failing system calls and kills', () => {
    torture('faults', '--count', '1', '--sample', '9')
  })
  it('workers that end', () => {
    torture('workers', '--count', '8')
  })
})
