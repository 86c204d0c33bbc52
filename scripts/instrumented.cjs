// Preloaded into Node by test-sanitized.mjs: the addon comes from the folder that CHAINRULE_INSTRUMENTED names rather than from
// build/Release; each time is noted there.
const { appendFileSync } = require('node:fs')
const { join, resolve } = require('node:path')

const folder = process.env.CHAINRULE_INSTRUMENTED
const usual = resolve(__dirname, '../build/Release/chainrule.node')
const { dlopen } = process
process.dlopen = (module, path, ...flags) => {
  if (resolve(path) !== usual) return dlopen.call(process, module, path, ...flags)
  appendFileSync(join(folder, 'logs/loads'), `${process.pid}\n`)
  return dlopen.call(process, module, join(folder, 'chainrule.node'), ...flags)
}
