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

// Each is a second or two of work, on a machine that has nothing else to do.
describe('torture', { timeout: 600_000 }, () => {
  it('hostile arguments: a sample of all', () => {
    torture('hostile', '--sample', '3000', '--count', '20')
  })
  it('damaged files', () => {
    torture('fuzz', '--count', '100', '--only', 'safetensors,model,idx,npy,csv,onnx')
  })
  it('a service under load', () => {
    torture('load', '--count', '300')
  })
  it('refused memory and threads', () => {
    torture('starved', '--count', '4')
  })
  it('failing system calls and kills', () => {
    torture('faults', '--count', '1', '--sample', '30')
  })
  it('workers that end', () => {
    torture('workers', '--count', '6')
  })
})
