// The frame of the command line: dispatch, flags, help, suggestions, exit codes, JSON, and streams that close.
import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { commands } from '../../lib/cli/commands.js'
import { runCommandLine } from '../../lib/cli/run.js'
import { bytesText, secondsText, shortNumber, table } from '../../lib/cli/table.js'
import { nearest } from '../../lib/cli/usage.js'
import { chainrule } from './terminal.js'

describe('mistakes end with exit code 2, a message and what was probably meant', () => {
  it.each([
    ['', 2, 'Commands'],
    ['docter', 2, 'There is no command "docter". Did you mean chainrule doctor?'],
    ['xyz', 2, 'There is no command "xyz".\n'],
    ['--debug doctor', 2, 'A command comes first, then its flags; --debug is none.'],
    ['doctor --jsn', 2, 'There is no flag --jsn. Did you mean --json?'],
    ['doctor --jSon=1', 2, 'There is no flag'],
    ['doctor --json=1', 2, '--json takes no value, but got "1".'],
    ['doctor -x', 2, 'There is no flag -x.'],
    ['doctor --_', 2, 'There is no flag --_.'],
    ['doctor here', 2, '"here" is one argument too many for chainrule doctor.'],
    ['bench --threads', 2, '--threads needs a value: --threads <n>.'],
    ['bench --threads two', 2, '--threads takes a number from 1 to 256, not "two".'],
    ['bench --threads 1.5', 2, '--threads takes a whole number, not "1.5".'],
    ['bench --threads=', 2, '--threads takes a number from 1 to 256, not "".'],
    ['inspect', 2, 'chainrule inspect needs <model>'],
    ['inspect nothing-here', 2, 'There is no model "nothing-here": no such file or folder.'],
    ['inspect test', 2, 'The folder "test" has no model.safetensors'],
    ['inspect package.json', 1, 'Error: '],
    ['inspect package.json --picture out.gif', 2, '--picture takes a file that ends in .svg or .png, not "out.gif".'],
    ['inspect package.json --theme drak', 2, '--theme takes light, dark, not "drak". Did you mean dark?'],
  ])('%s', async (line, code, message) => {
    const outcome = await chainrule(line)
    expect(outcome.stderr).toContain(message)
    expect(outcome).toMatchObject({ code, stdout: '' })
  })

  it('is JSON on standard output with --json', async () => {
    const { code, stdout, stderr } = await chainrule('inspect nothing-here --json')
    expect(code).toBe(2)
    expect(JSON.parse(stdout).error).toEqual({
      code: 'USAGE',
      message: 'There is no model "nothing-here": no such file or folder.',
    })
    expect(stderr).toContain('Error: There is no model')
  })

  it('shows the way to an error with --debug alone', async () => {
    expect((await chainrule('inspect package.json')).stderr).not.toContain('    at ')
    expect((await chainrule('inspect package.json --debug')).stderr).toContain('    at ')
  })
})

describe('help', () => {
  it('lists every command, and explains each with its flags and examples that name it', async () => {
    const overview = await chainrule('--help')
    expect(overview).toMatchObject({ code: 0, stderr: '' })
    for (const { name, load } of commands) {
      expect(overview.stdout).toContain(`\n  ${name} `)
      const command = await load()
      expect(command.name).toBe(name)
      const { code, stdout } = await chainrule(`${name} --help`)
      expect(code).toBe(0)
      expect(await chainrule(`help ${name}`)).toMatchObject({ stdout })
      for (const flag of Object.keys(command.flags)) expect(stdout).toContain(`--${flag}`)
      expect(command.examples.length).toBeGreaterThan(0)
      for (const [, line] of command.examples) expect(line).toContain(`chainrule ${name}`)
      for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(140)
    }
  })

  it('has flags in the examples that the commands have', async () => {
    for (const { load } of commands) {
      const { flags, examples, name } = await load()
      for (const [, line] of examples) {
        const own = line.split(/\|\||[|>]|&&/).filter((part) => part.includes(`chainrule ${name}`)).join(' ') // biome-ignore format: one thought
        for (const [, flag] of own.matchAll(/ --([a-z-]+)/g)) expect([...Object.keys(flags), 'json']).toContain(flag)
      }
    }
  })

  it('paints on terminals alone, and not with NO_COLOR', async () => {
    expect((await chainrule('--help', { terminal: true })).stdout).toContain('\x1b[1mUsage\x1b[22m')
    expect((await chainrule('--help', { terminal: true, env: { NO_COLOR: '1' } })).stdout).not.toContain('\x1b')
    expect((await chainrule('--help')).stdout).not.toContain('\x1b')
  })
})

describe('doctor and --version', () => {
  it('say what is there, as text and as JSON', async () => {
    const { code, stdout } = await chainrule('doctor --json')
    const found = JSON.parse(stdout)
    expect(code).toBe(0)
    expect(found).toMatchObject({ ok: true, node: process.version, checks: [{ ok: true }, { ok: true }, { ok: true }] })
    expect((await chainrule('doctor')).stdout).toContain(`✓ its arithmetic is right`)
    expect((await chainrule('--version')).stdout).toBe(`${found.chainrule}\n`)
    expect(JSON.parse((await chainrule('--version --json')).stdout)).toEqual({ version: found.chainrule })
  })
})

describe('bench', () => {
  it('measures in a moment', async () => {
    const { code, stdout } = await chainrule('bench --seconds 0.01 --json')
    expect(code).toBe(0)
    for (const row of JSON.parse(stdout).rows) expect(row.value).toBeGreaterThan(0)
  })

  it('ends with 130 when it is interrupted', async () => {
    expect((await chainrule('bench', { signal: AbortSignal.abort() })).code).toBe(130)
  })
})

it('ends quietly when whoever reads has gone', async () => {
  const stdout = new PassThrough({ highWaterMark: 1 })
  stdout.once('pipe', () => {})
  const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })
  const stderr = new PassThrough()
  let told = ''
  stderr.on('data', (text) => {
    told += text
  })
  const { signal } = new AbortController()
  const running = runCommandLine(['doctor'], { stdin: Readable.from([]), stdout, stderr, env: {}, signal })
  await once(stdout, 'readable')
  stdout.destroy(gone)
  expect(await running).toBe(0)
  expect(told).toBe('')
})

describe('tables', () => {
  it('are no wider than the terminal, numbers to the right', () => {
    expect(table(['name', 'n'], [['a', '1'], ['b', '1,000']])).toBe('name      n\n───────────\na         1\nb     1,000') // biome-ignore format: a table
    for (const width of [12, 30, 80]) {
      const text = table(
        ['a', 'b'],
        [
          ['long '.repeat(20), 'x'],
          ['y', 'words '.repeat(9)],
        ],
        width,
      )
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(Math.max(width, 14))
    }
  })

  it.each([
    [shortNumber(0.123456), '0.1235'],
    [shortNumber(1234567), '1,234,567'],
    [shortNumber(1e-5), '1.00e-5'],
    [shortNumber(Number.NaN), 'NaN'],
    [secondsText(0.05), '0.1 s'],
    [secondsText(75), '1:15 min'],
    [secondsText(3700), '1:01:40 h'],
    [bytesText(0), '0 bytes'],
    [bytesText(1536), '1.54 KB'],
  ])('%s = %s', (text, expected) => expect(text).toBe(expected))
})

it.each([
  ['lerning-rate', 'learning-rate'],
  ['epocsh', 'epochs'],
  ['batch', 'batch-size'],
  ['zzz', undefined],
  ['', undefined],
])('nearest(%s) is %s', (wrong, expected) => {
  expect(nearest(wrong, ['learning-rate', 'epochs', 'batch-size'])).toBe(expected)
})
