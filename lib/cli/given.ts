// What stands on a command line: parsed by citty, after every flag has been checked against those that a command has.
import { type Command, commonFlags, type Flag } from './command.js'
import { suggestion, UsageError } from './usage.js'

/** Arguments of a command. Flags have their names as they are written, without `--`. */
export class Given {
  readonly positionals: readonly string[]
  /** All words as they were written. */
  readonly words: readonly string[]
  readonly #flags: ReadonlyMap<string, string | boolean>

  constructor(words: readonly string[], positionals: readonly string[], flags: ReadonlyMap<string, string | boolean>) {
    this.words = words
    this.positionals = positionals
    this.#flags = flags
  }

  /** Whether a flag without value is there. */
  is(name: string): boolean {
    return this.#flags.get(name) === true
  }

  /** The value of a flag. */
  text(name: string): string | undefined {
    const value = this.#flags.get(name)
    return typeof value === 'string' ? value : undefined
  }

  /** The value of a flag that must be there. */
  required(name: string, what: string): string {
    const value = this.text(name)
    if (value === undefined) throw new UsageError(`--${name} is needed: ${what}.`)
    return value
  }

  /** The value of a flag as a number from low to high. */
  number(name: string, low: number, high = Number.POSITIVE_INFINITY): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (!(value >= low && value <= high)) {
      const range = high === Number.POSITIVE_INFINITY ? `of at least ${low}` : `from ${low} to ${high}`
      throw new UsageError(`--${name} takes a number ${range}, not ${JSON.stringify(text)}.`)
    }
    return value
  }

  /** The same, a whole number. */
  whole(name: string, low: number, high = Number.MAX_SAFE_INTEGER): number | undefined {
    const value = this.number(name, low, high)
    if (value !== undefined && !Number.isInteger(value)) {
      throw new UsageError(`--${name} takes a whole number, not ${JSON.stringify(this.text(name))}.`)
    }
    return value
  }

  /** The value of a flag that takes one of some names. */
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name)
    if (text === undefined || choices.includes(text as T)) return text as T | undefined
    const hint = suggestion(text, choices)
    throw new UsageError(`--${name} takes ${choices.join(', ')}, not ${JSON.stringify(text)}.${hint}`)
  }

  /** The value of a flag as names with commas between. */
  list(name: string): readonly string[] | undefined {
    return this.text(name)
      ?.split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
  }
}

/** Reads the arguments that follow a command's name. @throws UsageError */
export async function readArguments(command: Command, args: readonly string[]): Promise<Given> {
  const flags: Readonly<Record<string, Flag>> = { ...command.flags, ...commonFlags }
  const written = checkFlags(flags, args)
  const { parseArgs } = await import('citty')
  // citty takes --no-header for the opposite of --header.
  const definitions = Object.entries(flags).map(([name, { value, short }]) => [
    name.replace(/^no-/, ''),
    { type: value === undefined ? 'boolean' : 'string', ...(short && { alias: short }) } as const,
  ])
  const parsed = parseArgs(written, Object.fromEntries(definitions))
  const given = new Map<string, string | boolean>()
  for (const name of Object.keys(flags)) {
    const value = name.startsWith('no-') ? parsed[name.slice(3)] === false : parsed[name]
    if (typeof value === 'string' || typeof value === 'boolean') given.set(name, value)
  }
  if (given.get('help') !== true) checkPositionals(command, parsed._)
  return new Given(args, parsed._, given)
}

// Flags with their full names; what is unknown, or lacks its value, is refused.
function checkFlags(flags: Readonly<Record<string, Flag>>, args: readonly string[]): string[] {
  const names = Object.keys(flags)
  const written: string[] = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    if (arg === '--') return [...written, ...args.slice(i)]
    if (!/^-/.test(arg) || arg === '-' || Number.isFinite(Number(arg))) {
      written.push(arg)
      continue
    }
    const [, dashes, head, tail] = /^(--?)([^=]*)(=.*)?$/s.exec(arg)!
    const name = dashes === '-' ? names.find((each) => flags[each]!.short === head) : dashed(head!)
    const flag = name === undefined ? undefined : flags[name]
    if (!Object.hasOwn(flags, name ?? '')) {
      const hint = suggestion(dashed(head!), names, '--')
      throw new UsageError(`There is no flag ${dashes}${head}.${hint}`)
    }
    if (!flag || flag.value === undefined) {
      if (tail !== undefined)
        throw new UsageError(`--${name} takes no value, but got ${JSON.stringify(tail.slice(1))}.`)
      written.push(`--${name}`)
      continue
    }
    const value = tail === undefined ? args[++i] : tail.slice(1)
    if (value === undefined) throw new UsageError(`--${name} needs a value: --${name} <${flag.value}>.`)
    written.push(`--${name}=${value}`)
  }
  return written
}

function checkPositionals({ name, positionals }: Command, given: readonly string[]): void {
  const missing = positionals.filter(({ optional }) => !optional)[given.length]
  if (missing) throw new UsageError(`chainrule ${name} needs <${missing.name}>: ${missing.text}.`)
  if (given.length > positionals.length && !positionals.at(-1)?.many) {
    throw new UsageError(`${JSON.stringify(given[positionals.length])} is one argument too many for chainrule ${name}.`)
  }
}

function dashed(name: string): string {
  return name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()
}
