// The command line as a process: exit codes, pipes whose reader goes away, and Ctrl-C.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { customers, written } from './tables.js'

const program = resolve(import.meta.dirname, '../../dist/bin/chainrule.mjs')
const folder = mkdtempSync(join(tmpdir(), 'chainrule-process-'))
const { 'customers.csv': data } = written(folder, { 'customers.csv': customers(400) })
afterAll(() => rmSync(folder, { recursive: true }))

function chainruleWith(env: NodeJS.ProcessEnv, ...args: string[]) {
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((done) => {
    execFile(process.execPath, [program, ...args], { env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      done({ code: error?.code ?? 0, stdout, stderr }),
    )
  })
}
const chainrule = (...args: string[]) => chainruleWith({}, ...args)

it('ends with 0, 1 and 2', async () => {
  expect(await chainrule('--version')).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    stderr: '',
  })
  expect((await chainrule('train', 'nothing.csv', '-t', 'x')).code).toBe(1)
  expect((await chainrule('trian')).stderr).toBe(
    'Error: There is no command "trian". Did you mean chainrule train?\nTry chainrule --help.\n',
  )
  expect((await chainrule('trian')).code).toBe(2)
})

it('doctor says why the addon does not load', async () => {
  const { code, stdout } = await chainruleWith({ CHAINRULE_ISA: 'sse9' }, 'doctor')
  expect(code).toBe(1)
  expect(stdout).toMatch(/^✗ the native addon loads: .*CHAINRULE_ISA=sse9 is not available here.*scalar/m)
  expect(stdout).not.toMatch(/instruction set/)
})

it('trains, stops at Ctrl-C with advice, and predicts into a pipe whose reader goes away', async () => {
  const out = join(folder, 'm')
  const args = [
    'train',
    data!,
    '-t',
    'churned',
    '-o',
    out,
    '--members',
    '1',
    '--epochs',
    '100000',
    '--patience',
    '100000',
  ]
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
    // Once: who is asked twice ends at once.
    if (/epoch +30\//.test(said) && !child.killed) child.kill('SIGINT')
  })
  const [code] = await once(child, 'close')
  expect(code).toBe(130)
  expect(said).toContain(`\n  chainrule ${args.join(' ')} --resume\n`)
  expect(existsSync(join(out, 'checkpoints', 'network-1'))).toBe(true)

  expect(
    (await chainrule('train', data!, '-t', 'churned', '-o', out, '--epochs', '2', '--members', '1', '--force')).code,
  ).toBe(0)
  const predicting = spawn(process.execPath, [program, 'predict', out, '-'], { stdio: 'pipe' })
  let errors = ''
  predicting.stderr.on('data', (text) => {
    errors += text
  })
  predicting.stdin.on('error', () => {}) // it ends before it has read everything
  predicting.stdin.end(customers(60000))
  await once(predicting.stdout, 'data')
  predicting.stdout.destroy()
  expect(await once(predicting, 'close')).toEqual([0, null])
  expect(errors).toBe('')
})
