// The commands of package.json that are scripts of ours: each teaches with --help, and at what it does not know, without doing
// anything first.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
const ours = new Map<string, string[]>()
for (const [name, command] of Object.entries(scripts)) {
  const file = /^node (?:--\S+ )?(\S+\.mjs)/.exec(command)?.[1]
  if (file !== undefined) ours.set(file, [...(ours.get(file) ?? []), name])
}

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number>((done) => child.on('close', done))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await ended, stdout, stderr }
}

it('there are some', () => {
  expect([...ours.values()].flat()).toEqual(
    expect.arrayContaining(['bench', 'coverage', 'mutation', 'torture', 'test:native']),
  )
})

describe.each([...ours])('%s', (file, names) => {
  it(`teaches: ${names.join(', ')}`, async () => {
    const [help, unknown] = await Promise.all([run(file, '--help'), run(file, '--no-such-option')])
    expect(help).toMatchObject({ code: 0, stderr: '' })
    expect(help.stdout).toMatch(/^[A-Z].*[.,;:)]\n\n/)
    expect(names.some((name) => help.stdout.includes(`npm run ${name}`))).toBe(true)
    expect(help.stdout).toMatch(/^ {2}--help +this text$/m)
    for (const line of help.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(128)
    expect(unknown).toEqual({ code: 2, stdout: '', stderr: `Unknown option '--no-such-option'\n\n${help.stdout}` })
  })
})

it.each([
  [['test/mutation/run.mjs', 'nowhere'], "Unknown name 'nowhere'."],
  [['test/torture/run.mjs', 'fuzz', '--count', '1e3'], "--count takes a whole number, not '1e3'."],
  [['scripts/test-sanitized.mjs', 'memory'], 'The first name says with what: address, thread, valgrind.'],
])('%s is refused in a line', async (args, line) => {
  const { code, stderr } = await run(...args)
  expect({ code, line: stderr.split('\n')[0] }).toEqual({ code: 2, line })
})
