// Which branches the tests take, per folder. TypeScript by vitest's v8 coverage, command lines that tests start as processes
// included; C++ by clang, over the C++ tests and over the addon under vitest.
import { build, commandLine } from './support.mjs'

const help = `Counts the branches that the tests take, per folder, and names the files with the most that none takes.

  npm run coverage -- [typescript | native] [beginnings of test files…]
  npm run coverage -- typescript test/io      # what these tests alone take

  typescript  lib/ under vitest, processes of the command line included
  native      native/ under the C++ tests, the addon under vitest, and npm run torture -- starved (needs clang and llvm)
  --verbose   what the builds say
  --help      this text

Fails below 95 %. All branches, with their lines, are written to coverage/typescript.json and coverage/native.json.`

const { names } = commandLine(help, {}, () => true)
const parts = { typescript: 'coverTypeScript', native: 'coverNative' }
const chosen = Object.hasOwn(parts, names[0] ?? '') ? [names.shift()] : Object.keys(parts)
build()
const { print } = await import('./coverage/table.mjs')
for (const name of chosen) {
  const { [parts[name]]: cover } = await import(`./coverage/${name}.mjs`)
  const files = await cover(names)
  if (files) print(name, files)
}
process.exit(process.exitCode ?? 0)
