// npm run coverage [-- typescript|native] [files of tests…]: which branches the tests take, per folder. TypeScript by vitest's
// v8 coverage, command lines that tests start as processes included; C++ by clang, over the C++ tests and over the addon
// under vitest.
import { coverNative } from './coverage/native.mjs'
import { print } from './coverage/table.mjs'
import { coverTypeScript } from './coverage/typescript.mjs'

const args = process.argv.slice(2)
const parts = { typescript: coverTypeScript, native: coverNative }
const chosen = args[0] in parts ? [args.shift()] : Object.keys(parts)
for (const name of chosen) {
  const files = await parts[name](args)
  if (files) print(name, files)
}
process.exit(process.exitCode ?? 0)
