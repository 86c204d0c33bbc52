// Compiles lib/ into dist/esm (tsc), and puts the public API into one file, dist/chainrule.cjs, because hundreds of small ones
// take longer to load than to run. dist/esm/start.cjs loads it, for `import` (dist/chainrule.js) and `require` (dist/cjs) alike, so
// there is one copy of it; and dist/bin.
import { spawnSync } from 'node:child_process'
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
import { createRequire } from 'node:module'
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
const core = join(root, 'dist/chainrule.cjs')
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
    format: 'cjs',
    define: { 'import.meta.filename': '__filename' },
    entryPoints: [join(esm, 'index.js')],
    outfile: core,
    logLevel: 'warning',
  })
  const { text, names } = exporting(importing(readFileSync(core, 'utf8')))
  writeFileSync(core, ascii(text))
  writeFileSync(core, ascii(text + naming(createRequire(import.meta.url)(core))))
  writeFileSync(
    join(root, 'dist/chainrule.js'),
    `import { createRequire } from 'node:module'
const chainrule = createRequire(import.meta.url)('./esm/start.cjs')
export const {
  ${names.join(',\n  ')},
} = chainrule
`,
  )
  copyDeclarations(esm, cjs)
  writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n')
  writeFileSync(join(cjs, 'index.d.cts'), `export * from './index.js'\n`)
  writeFileSync(join(root, last), `'use strict'\nmodule.exports = require('../esm/start.cjs')\n`)
  mkdirSync(join(root, 'dist/bin'))
  const bin = join(root, 'dist/bin/chainrule.mjs')
  writeFileSync(bin, `#!/usr/bin/env node\nimport '../esm/cli/main.js'\n`)
  chmodSync(bin, 0o755)
  // Without an addon this fails, and the first process that has one does it.
  spawnSync(process.execPath, [join(root, 'scripts/first-start.mjs')])
  const now = new Date()
  utimesSync(join(root, last), now, now)
}

// See lib/import.cts. What makes the file strict stays its first words.
function importing(text) {
  const strict = '"use strict";\n'
  if (!text.startsWith(strict)) throw new Error('The bundle is not strict')
  const body = text.slice(strict.length).replace(/\bimport\((?=")/g, 'importModule(')
  return `${strict}const importModule = require('./esm/import.cjs');\n${body}`
}

// Plain properties as exports, where the compiler puts a getter for each, made by functions that take a tenth of the whole start.
function exporting(text) {
  const [block, list] = text.match(/var index_exports = \{\};\n__export\(index_exports, \{\n(.*?)\n\}\);\n/s)
  const pairs = [...list.matchAll(/^ *(\w+): \(\) => ([\w$]+),?$/gm)]
  if (pairs.length !== list.split('\n').length) throw new Error(`Exports of another form than expected:\n${list}`)
  const bare = text.replace(block, '').replace('module.exports = __toCommonJS(index_exports);\n', '')
  const properties = pairs.map(([, name, local]) => `  ${name}: ${local},\n`)
  return { text: `${bare}module.exports = {\n${properties.join('')}};\n`, names: pairs.map(([, name]) => name) }
}

// Where two files have one name, or a class speaks of itself, the compiler changes names; but they stand in errors and in models.
function naming(api) {
  const renamed = Object.keys(api).filter((name) => typeof api[name] === 'function' && api[name].name !== name)
  return `for (const name of ${JSON.stringify(renamed)})
  Object.defineProperty(module.exports[name], 'name', { value: name, configurable: true });
`
}

// One character beyond ASCII makes the engine keep all of the text in twice the memory.
function ascii(text) {
  return text.replace(/[^\0-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
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
