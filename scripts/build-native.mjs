// Builds the addon with node-gyp into build/Release (--debug: build/Debug; --tests: the C++ tests too), if it is out of date.
import { rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { root, step, upToDate } from './support.mjs'

const debug = process.argv.includes('--debug')
const tests = process.argv.includes('--tests')
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
