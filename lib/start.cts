// Loads the library, which is one CommonJS file, and keeps the code that V8 compiled of it beside it: the next process starts in
// half the time. What is kept is used only by the same Node on the same kind of processor with the same flags; where it is missing,
// damaged or not wanted (NODE_DISABLE_COMPILE_CACHE=1, as for Node's own cache) the file is compiled as usual.
import fs = require('node:fs')
import module_ = require('node:module')
import path = require('node:path')
import vm = require('node:vm')

const MOST_KEPT = 4 // files, each for another Node or other flags

const core = path.join(__dirname, '../chainrule.cjs')
const folder = path.join(__dirname, '../cache')

/** A name for this state of the library. Whole seconds, because archives keep no more. */
function stateOf({ size, mtimeMs }: fs.Stats): string {
  return `${size}-${Math.floor(mtimeMs / 1000)}.bin`
}

/** A name for this Node with its flags. V8 checks for itself whether code fits to it, and to the processor. */
function engine(): string {
  const name = `${process.version}-${process.arch}`
  if (process.execArgv.length === 0 && !process.env.NODE_OPTIONS) return name
  const v8 = require('node:v8') as typeof import('node:v8')
  return `${name}-${v8.cachedDataVersionTag().toString(16)}`
}

/** The compiled code in a file that is whole. V8 does not look for damage; so the code stands there twice. */
function keptIn(file: string): Buffer | undefined {
  try {
    const bytes = fs.readFileSync(file)
    const code = bytes.subarray(0, bytes.length / 2)
    return code.equals(bytes.subarray(code.length)) ? code : undefined
  } catch {
    return undefined
  }
}

/** Writes the compiled code, if there is room for it. */
function keep(script: vm.Script, file: string, state: string): void {
  fs.mkdirSync(folder, { recursive: true })
  const kept = fs.readdirSync(folder)
  for (const name of kept.filter((name) => !name.endsWith(state))) fs.rmSync(path.join(folder, name))
  if (!fs.existsSync(file) && kept.length >= MOST_KEPT) return
  const code = script.createCachedData()
  const temporary = `${file}.${process.pid}`
  fs.writeFileSync(temporary, Buffer.concat([code, code]), { flag: 'wx', flush: true })
  fs.renameSync(temporary, file)
}

function atExit(script: vm.Script, file: string, state: string): void {
  const { isMainThread } = require('node:worker_threads') as typeof import('node:worker_threads')
  try {
    if (isMainThread) keep(script, file, state)
  } catch {
    // Where nothing may be written the next start is like this one. What was left unfinished goes when another process writes.
  }
}

function start(): object {
  const state = stateOf(fs.statSync(core))
  const file = path.join(folder, `${engine()}-${state}`)
  const code = keptIn(file)
  const script = new vm.Script(module_.wrap(fs.readFileSync(core, 'latin1')), {
    filename: core,
    ...(code ? { cachedData: code } : {}),
  })
  const loaded = { exports: {} }
  script.runInThisContext()(loaded.exports, module_.createRequire(core), loaded, core, path.dirname(core))
  // At the end more functions are compiled than at the start, and nobody waits.
  if (!code || script.cachedDataRejected) process.once('exit', () => atExit(script, file, state))
  return loaded.exports
}

// A context of its own, as test runners make them, has its own arrays: there the library has to be loaded as everything else is.
const atHome = fs.readFileSync instanceof Function
module.exports = atHome && process.env.NODE_DISABLE_COMPILE_CACHE !== '1' ? start() : require(core)
