// Compiles lib/ into dist/esm (tsc), and puts the public API into one file, dist/chainrule.js, because hundreds of small ones
// take longer to load than to run. dist/cjs is the same file through require(esm), so there is one copy of it; and dist/bin.
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { bundling, commandLine, root, step, upToDate } from './support.mjs'

const help = `Compiles lib/ into dist/, if it is out of date: modules for the command line, one file for who imports the package.

  npm run build:ts

  --verbose  what the compiler says
  --help     this text`

commandLine(help)

const esm = join(root, 'dist/esm')
const cjs = join(root, 'dist/cjs')
const last = 'dist/cjs/index.cjs'

if (!upToDate(last, ['lib', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build-ts.mjs'])) {
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  step('Compiling TypeScript', process.execPath, [
    join(root, 'node_modules/typescript/bin/tsc'),
    '-p',
    'tsconfig.build.json',
  ])
  await build({
    ...bundling,
    entryPoints: [join(esm, 'index.js')],
    outfile: join(root, 'dist/chainrule.js'),
    minify: true,
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
  })
  copyDeclarations(esm, cjs)
  writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n')
  writeFileSync(join(cjs, 'index.d.cts'), `export * from './index.js'\n`)
  writeFileSync(join(root, last), `'use strict'\nmodule.exports = require('../chainrule.js')\n`)
  mkdirSync(join(root, 'dist/bin'))
  const bin = join(root, 'dist/bin/chainrule.mjs')
  writeFileSync(bin, `#!/usr/bin/env node\nimport '../esm/cli/main.js'\n`)
  chmodSync(bin, 0o755)
  const now = new Date()
  utimesSync(join(root, last), now, now)
}

// The declarations once more below a package.json that says commonjs: to TypeScript these are CommonJS modules.
function copyDeclarations(from, to) {
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(from)) {
    const source = join(from, name)
    if (statSync(source).isDirectory()) copyDeclarations(source, join(to, name))
    else if (name.endsWith('.d.ts')) cpSync(source, join(to, name))
  }
  for (const name of readdirSync(to).filter((n) => n.endsWith('.d.ts'))) {
    const path = join(to, name)
    writeFileSync(path, readFileSync(path, 'utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'))
  }
}
