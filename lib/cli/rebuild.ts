// chainrule rebuild: compiles the native addon where the package lies, with node-gyp, which is fetched if it is not there.
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { availableParallelism, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { packageRoot } from '../native/load.js'
import type { Command } from './command.js'
import { folderOf, runProgram } from './program.js'

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
        const kept = ['--no-save', '--no-audit', '--no-fund']
        await runProgram(npm, ['install', '--prefix', fetched, ...kept, ...TOOLS], root, context)
        modules = join(fetched, 'node_modules')
      }
      const gyp = join(modules, 'node-gyp/bin/node-gyp.js')
      const paths = [modules, process.env.NODE_PATH].filter(Boolean).join(delimiter)
      context.say('Compiling; this takes a minute or two …')
      await runProgram(process.execPath, [gyp, 'rebuild', '-j', String(jobs)], root, context, { NODE_PATH: paths })
    } finally {
      if (fetched) await rm(fetched, { recursive: true, force: true })
    }
    const path = join(root, 'build/Release/chainrule.node')
    const seconds = (performance.now() - started) / 1000
    await context.result({ path, seconds }, `Compiled ${path} in ${seconds.toFixed(0)} s.`)
    return 0
  },
}
