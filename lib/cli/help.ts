// The text of --help: what a command is for, its arguments and flags, and examples to copy.
import { type Command, commonFlags } from './command.js'
import type { Context } from './context.js'

const NARROW = 40

/** The help of one command. */
export function commandHelp(command: Command, context: Context): string {
  const { name, summary, details, positionals, flags, examples } = command
  const heading = (text: string) => context.paint('bold', text)
  const words = positionals.map(
    ({ name: word, optional, many }) => `${optional ? '[' : '<'}${word}${many ? ' …' : ''}${optional ? ']' : '>'}`,
  )
  const parts = [`${summary}`, `${heading('Usage')}\n  chainrule ${[name, ...words, '[options]'].join(' ')}`]
  if (details) parts.push(details)
  if (positionals.length > 0) {
    const rows = positionals.map(({ name: word, text }) => [`<${word}>`, text] as const)
    parts.push(`${heading('Arguments')}\n${columns(rows, context)}`)
  }
  const groups = new Map<string, (readonly [string, string])[]>()
  for (const [flag, { short, value, text, group = 'Options' }] of Object.entries({ ...flags, ...commonFlags })) {
    const shown = `${short ? `-${short}, ` : '    '}--${flag}${value === undefined ? '' : ` <${value}>`}`
    groups.set(group, [...(groups.get(group) ?? []), [shown, text]])
  }
  const widest = Math.max(...Array.from(groups.values()).flatMap((rows) => rows.map(([left]) => left.length)))
  for (const [group, rows] of groups) parts.push(`${heading(group)}\n${columns(rows, context, widest)}`)
  const shown = examples.map(
    ([purpose, line]) => `  ${context.paint('dim', `# ${purpose}`)}\n  ${line.replaceAll('\n', '\n  ')}`,
  )
  parts.push(`${heading('Examples')}\n${shown.join('\n\n')}`)
  return parts.join('\n\n')
}

/** The list of all commands. */
export function overview(commands: readonly (readonly [name: string, summary: string])[], context: Context): string {
  const heading = (text: string) => context.paint('bold', text)
  return `Neural networks for tables: train, look, predict. One file in, one model file and one report out.

${heading('Usage')}
  chainrule <command> [arguments] [options]

${heading('Commands')}
${columns(commands, context)}

${heading('A first model')}
  chainrule train customers.csv --target churned     # a model, a report and a table of metrics in customers-model/
  chainrule predict customers-model new.csv          # the predictions as CSV
  chainrule inspect customers-model                  # what the network looks like, and how it was trained

${heading('Exit codes')}
  0 done   1 failed   2 the command line or config file has a mistake   130 interrupted

chainrule <command> --help explains a command with examples. --json makes every result machine-readable.`
}

function columns(rows: readonly (readonly [string, string])[], context: Context, least = 0): string {
  const left = Math.max(least, ...rows.map(([name]) => name.length))
  const room = Math.max(NARROW, Math.min(context.width, 120) - left - 4)
  return rows
    .map(([name, text]) => {
      const [first = '', ...rest] = wrapped(text, room)
      const indent = ' '.repeat(left + 4)
      return [`  ${name.padEnd(left)}  ${first}`.trimEnd(), ...rest.map((line) => indent + line)].join('\n')
    })
    .join('\n')
}

/** Text in lines of at most so many characters, broken between words. */
export function wrapped(text: string, room: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
