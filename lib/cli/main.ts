// The process behind `chainrule`: its streams, Ctrl-C, and its exit code.
import { runCommandLine } from './run.js'

const interruption = new AbortController()
// The first Ctrl-C lets a command put its work away; the second one ends the process at once.
const interrupt = () => {
  if (interruption.signal.aborted) process.exit(130)
  interruption.abort()
}
process.on('SIGINT', interrupt)
process.on('SIGTERM', interrupt)

const { stdin, stdout, stderr, env } = process
const code = await runCommandLine(process.argv.slice(2), { stdin, stdout, stderr, env, signal: interruption.signal })
process.exit(code)
