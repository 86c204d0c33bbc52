// Programs that a command runs: their output, failures, and what stops them.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { Context, Interrupted } from '../../lib/cli/context.js'
import { folderOf, runProgram } from '../../lib/cli/program.js'

const root = join(import.meta.dirname, '../..')

function run(program: string, args: string[], signal = new AbortController().signal) {
  const stderr = new PassThrough({ encoding: 'utf8' })
  let said = ''
  stderr.on('data', (text) => {
    said += text
  })
  const streams = { stdin: Readable.from([]), stdout: new PassThrough(), stderr, env: {}, signal }
  const ended = runProgram(program, args, root, new Context(streams, false), { OF_OURS: 'seen' })
  return { ended, said: () => said, stderr }
}

it('what it says goes to standard error, with our environment', async () => {
  const { ended, said } = run(process.execPath, [
    '-e',
    'console.log(process.env.OF_OURS); console.error(process.cwd())',
  ])
  await ended
  expect(said().split('\n').sort()).toEqual(['', root, 'seen'])
})

it.each([
  ['that fails', process.execPath, ['-e', 'process.exit(3)'], { code: 'EBUILD', message: /-e failed \(exit code 3\)/ }],
  [
    'that is not there',
    './no such program',
    [],
    { code: 'ENOENT', message: /no such program cannot be run: .*ENOENT/ },
  ],
])('one %s', async (_, program, args, { code, message }) => {
  await expect(run(program, args).ended).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
})

it('stops with the command', async () => {
  const stop = new AbortController()
  const { ended, stderr } = run(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)'], stop.signal)
  stderr.once('data', () => stop.abort())
  await expect(ended).rejects.toBeInstanceOf(Interrupted)
  await expect(run(process.execPath, ['-e', ''], AbortSignal.abort()).ended).rejects.toBeInstanceOf(Interrupted)
})

it('packages are found where they lie', () => {
  const require = createRequire(join(root, 'package.json'))
  expect(folderOf(require, 'node-gyp')).toBe(join(root, 'node_modules'))
  expect(folderOf(require, 'no-such-package-anywhere')).toBeUndefined()
})
