// What a command of the command line is: its words for --help, its flags, and what it does.
import type { Context } from './context.js'
import type { Given } from './given.js'

/** A flag: with a value if it has a `value`, else yes or no. */
export interface Flag {
  /** What --help calls the value: `column`, `n`. */
  readonly value?: string
  /** One letter that stands for it. */
  readonly short?: string
  readonly text: string
  /** The heading of --help that it stands below. Default `Options`. */
  readonly group?: string
}

/** What stands on the command line beside the flags. */
export interface Positional {
  readonly name: string
  readonly text: string
  readonly optional?: boolean
  /** Whether it may come several times; the last one only. */
  readonly many?: boolean
}

/** A command. */
export interface Command {
  readonly name: string
  /** One line, for the list of commands. */
  readonly summary: string
  /** What one should know beyond the flags; lines as they are shown. */
  readonly details?: string
  readonly positionals: readonly Positional[]
  readonly flags: Readonly<Record<string, Flag>>
  /** What it is for, and the command. */
  readonly examples: readonly (readonly [purpose: string, command: string])[]
  /** @returns the exit code, 0 if undefined */
  run(given: Given, context: Context): Promise<number | undefined>
}

/** Flags that every command has. */
export const commonFlags: Readonly<Record<string, Flag>> = {
  json: { text: 'print the result as JSON on standard output, and nothing else there', group: 'Always' },
  debug: { text: 'show where an error came from', group: 'Always' },
  help: { short: 'h', text: 'show this text', group: 'Always' },
}
