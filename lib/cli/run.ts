// Runs a command line: finds the command, reads its arguments, and turns what goes wrong into a message and an exit code.
import { readFileSync } from 'node:fs'
import { ChainruleError } from '../errors.js'
import { packageRoot } from '../native/load.js'
import { commands } from './commands.js'
import { Context, Interrupted, OutputClosed, type Streams } from './context.js'
import { readArguments } from './given.js'
import { commandHelp, overview } from './help.js'
import { suggestion, UsageError } from './usage.js'

/** Exit codes, as docs/cli.md lists them. */
export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const

/**
 * Runs a command line and resolves to its exit code; never rejects.
 * @param args - what follows `chainrule`
 */
export async function runCommandLine(args: readonly string[], streams: Streams): Promise<number> {
  const json = args.includes('--json')
  const context = new Context(streams, json)
  try {
    const code = await dispatch(args, context)
    await context.flush()
    return code
  } catch (error) {
    return failure(error, args, context)
  }
}

async function dispatch(args: readonly string[], context: Context): Promise<number> {
  const [name, ...rest] = args
  if (name === '--version' || name === '-v') {
    await context.result({ version: version() }, version())
    return exitCodes.done
  }
  const list = commands.map((entry) => [entry.name, entry.summary] as const)
  if (name === undefined || name === '--help' || name === '-h' || (name === 'help' && rest.length === 0)) {
    const text = overview(list, context)
    if (name === undefined) context.say(text)
    else await context.result({ commands: Object.fromEntries(list) }, text)
    return name === undefined ? exitCodes.usage : exitCodes.done
  }
  const wanted = name === 'help' ? rest[0]! : name
  const entry = commands.find((each) => each.name === wanted)
  if (!entry) {
    const hint = suggestion(wanted, commands.map((each) => each.name), 'chainrule ') // biome-ignore format: one thought
    throw new UsageError(
      wanted.startsWith('-')
        ? `A command comes first, then its flags; ${wanted} is none.`
        : `There is no command ${JSON.stringify(wanted)}.${hint}`,
    )
  }
  const command = await entry.load()
  const given = name === 'help' ? undefined : await readArguments(command, rest)
  if (!given || given.is('help')) {
    await context.write(`${commandHelp(command, context)}\n`)
    return exitCodes.done
  }
  return (await command.run(given, context)) ?? exitCodes.done
}

/** The version of this package. */
export function version(): string {
  return JSON.parse(readFileSync(`${packageRoot()}/package.json`, 'utf8')).version
}

async function failure(error: unknown, args: readonly string[], context: Context): Promise<number> {
  if (error instanceof OutputClosed) return exitCodes.done
  if (error instanceof Interrupted) {
    if (error.message) context.say(error.message)
    return exitCodes.interrupted
  }
  const { message, code, known } = described(error)
  if (context.json) await context.write(`${JSON.stringify({ error: { code, message } })}\n`).catch(() => {})
  context.say(`${context.paint('red', 'Error:', 'stderr')} ${message}`)
  if (args.includes('--debug')) context.say((error as Error)?.stack ?? String(error))
  else if (!known) context.say('That is not an error that was foreseen; --debug shows where it came from.')
  if (!(error instanceof UsageError)) return exitCodes.failed
  const command = commands.find(({ name }) => name === args[0])
  context.say(`Try chainrule ${command ? `${command.name} ` : ''}--help.`)
  return exitCodes.usage
}

function described(error: unknown): { message: string; code: string; known: boolean } {
  if (error instanceof UsageError) return { message: error.message, code: error.code, known: true }
  if (error instanceof ChainruleError) return { message: sentence(error.message), code: error.code, known: true }
  const { code, message = String(error) } = (error ?? {}) as NodeJS.ErrnoException
  return { message, code: code ?? 'UNEXPECTED', known: code !== undefined && /^E[A-Z]+$/.test(code) }
}

// "[readCsv] expected …, got …" without the name of the function, which is nothing to users of the command line.
function sentence(message: string): string {
  const text = message.replace(/^\[[^\]]*\] /, '')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
