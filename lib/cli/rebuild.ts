// chainrule rebuild: compiles the native addon where the package lies, with node-gyp, which is fetched if it is not there.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { availableParallelism, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { packageRoot } from '../native/load.js'
import type { Command } from './command.js'
import { type Context, Interrupted } from './context.js'

// What binding.gyp is built with; package.json says the same for those who develop the library.
const TOOLS = ['node-gyp@~12.0.0', 'node-addon-api@^8.9.0']

export const rebuild: Command = {
  name: 'rebuild',
  summary: 'Compiles the native addon for this machine. Needs Python 3, make and a C++20 compiler.',
  details: `The package comes with compiled addons for common platforms. Where there is none, or where it does not
load, this makes one. node-gyp and node-addon-api are fetched from the npm registry unless they are installed.`,
  positionals: [],
  flags: {
    jobs: { value: 'n', text: 'how many files to compile at once; default: one per processor' },
  },
  examples: [
    ['after npm install on a platform without a compiled addon', 'npx chainrule rebuild'],
    ['where there is little memory', 'npx chainrule rebuild --jobs 1'],
  ],
  async run(given, context) {
    const jobs = given.whole('jobs', 1, 1024) ?? availableParallelism()
    const root = packageRoot()
    const require = createRequire(join(root, 'package.json'))
    const started = performance.now()
    let fetched: string | undefined
    try {
      let modules = folderOf(require, 'node-addon-api') && folderOf(require, 'node-gyp')
      if (!modules) {
        fetched = await mkdtemp(join(tmpdir(), 'chainrule-rebuild-'))
        context.say(`Fetching ${TOOLS.join(' and ')} …`)
        const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
        await call(
          npm,
          ['install', '--prefix', fetched, '--no-save', '--no-audit', '--no-fund', ...TOOLS],
          root,
          context,
        )
        modules = join(fetched, 'node_modules')
      }
      const gyp = join(modules, 'node-gyp/bin/node-gyp.js')
      const paths = [modules, process.env.NODE_PATH].filter(Boolean).join(delimiter)
      context.say('Compiling; this takes a minute or two …')
      await call(process.execPath, [gyp, 'rebuild', '-j', String(jobs)], root, context, { NODE_PATH: paths })
    } finally {
      if (fetched) await rm(fetched, { recursive: true, force: true })
    }
    const path = join(root, 'build/Release/chainrule.node')
    const seconds = (performance.now() - started) / 1000
    await context.result({ path, seconds }, `Compiled ${path} in ${seconds.toFixed(0)} s.`)
    return 0
  },
}

// The folder of modules in which a package lies, as seen from this one.
function folderOf(require: NodeJS.Require, name: string): string | undefined {
  return (require.resolve.paths(name) ?? []).find((folder) => existsSync(join(folder, name, 'package.json')))
}

// Runs a program with its output on standard error. @throws Error if it fails
function call(
  program: string,
  args: string[],
  cwd: string,
  context: Context,
  env: NodeJS.ProcessEnv = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    const stop = () => child.kill()
    context.signal.addEventListener('abort', stop)
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => context.streams.stderr.write(data))
    child.on('error', (error) =>
      reject(Object.assign(error, { message: `${program} cannot be run: ${error.message}` })),
    )
    child.on('close', (code) => {
      context.signal.removeEventListener('abort', stop)
      if (context.signal.aborted) reject(new Interrupted('Stopped; the addon is not built.'))
      else if (code === 0) resolve()
      else {
        const message = `${program} ${args[0]} failed (exit code ${code}); what it said stands above.`
        reject(Object.assign(new Error(message), { code: 'EBUILD' }))
      }
    })
  })
}
