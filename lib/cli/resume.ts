// The command that goes on with what was stopped, as one can paste it into a shell.
import type { Given } from './given.js'

/** A word as a shell takes it. */
export function quoted(word: string): string {
  return /^[\w./@%+=:,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/** What is said when a command was stopped whose work is kept. */
export function resumeAdvice(command: string, { words }: Given): string {
  const same = words.filter((word) => !['--resume', '--force', '-f'].includes(word))
  return `\nStopped; the work so far is kept. To go on with it:\n\n  ${['chainrule', command, ...same, '--resume'].map(quoted).join(' ')}\n`
}
