// Builds the addon with node-gyp, if it is out of date.
import { rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { commandLine, root, step, upToDate } from './support.mjs'

const help = `Builds the addon with node-gyp into build/Release, if it is out of date.

  npm run build:native -- [--debug] [--tests]

  --debug    a build for debuggers, into build/Debug
  --tests    the C++ tests too, for npm run test:native
  --verbose  what node-gyp and the compiler say
  --help     this text`

const { values } = commandLine(help, { debug: { type: 'boolean' }, tests: { type: 'boolean' } })
const { debug, tests } = values
const folder = debug ? 'build/Debug' : 'build/Release'
const sources = ['native', 'binding.gyp', 'package-lock.json']
const stale =
  !upToDate(`${folder}/chainrule.node`, sources) ||
  (tests && !upToDate(`${folder}/chainrule_tests`, [...sources, 'test/native']))

if (stale) {
  const gyp = join(root, 'node_modules/node-gyp/bin/node-gyp.js')
  const kind = debug ? ['--debug'] : []
  step('', process.execPath, [gyp, 'configure', ...kind, '--', `-Dbuild_tests=${tests ? 1 : 0}`])
  // make decides by time stamps of objects; without the product it links again.
  rmSync(join(root, folder, 'chainrule.node'), { force: true })
  const title = tests ? 'Building the native addon and its C++ tests' : 'Building the native addon'
  step(`${title} (a minute or two)`, process.execPath, [gyp, 'build', ...kind, '-j', String(cpus().length)])
}
