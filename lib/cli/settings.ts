// The hyperparameters of the command line: one table from which flags, the checks of config files, and searches are made.
import { activations } from '../gates/activations.js'
import { builtinOptimizers } from '../optim/optimizers.js'
import { scalings } from '../tabular/features/numeric.js'

/** A hyperparameter. */
export interface Setting {
  /** As config files and the programming interface call it; its flag is the same with dashes. */
  readonly name: string
  /** What its value is called in --help. */
  readonly value: string
  readonly text: string
  readonly kind: 'whole' | 'number' | 'choice' | 'layers'
  readonly low?: number
  readonly high?: number
  /** Whether the ends of the range do not belong to it. */
  readonly open?: 'low' | 'high' | 'both'
  readonly choices?: readonly string[]
  /** Whether a search goes through its range by factors, not by steps. */
  readonly log?: boolean
}

const activationNames = Object.keys(activations)
const classWeights = ['auto', 'balanced', 'none']
const optimizers = Array.from(builtinOptimizers, (each) => (each as { name: string }).name.toLowerCase())

/** All hyperparameters. */
export const settings: readonly Setting[] = [
  { name: 'epochs', value: 'n', kind: 'whole', low: 1, high: 1e6, text: 'passes over the data at most' },
  { name: 'patience', value: 'n', kind: 'whole', low: 0, high: 1e6, text: 'epochs without improvement before it stops' },
  { name: 'batchSize', value: 'n', kind: 'whole', low: 1, high: 1e7, text: 'rows per step', log: true },
  { name: 'learningRate', value: 'x', kind: 'number', low: 0, high: 100, open: 'low', text: 'size of the steps', log: true },
  { name: 'hidden', value: 'n,n,…', kind: 'layers', text: 'units of the hidden layers, as 64,32; none for no hidden layer' },
  { name: 'activation', value: 'name', kind: 'choice', choices: activationNames, text: `after each hidden layer: ${activationNames.join(', ')}` },
  { name: 'dropout', value: 'x', kind: 'number', low: 0, high: 1, open: 'high', text: 'part of the units left out in each step' },
  { name: 'weightDecay', value: 'x', kind: 'number', low: 0, high: 100, text: 'pull of all weights towards 0', log: true },
  { name: 'optimizer', value: 'name', kind: 'choice', choices: optimizers, text: optimizers.join(', ') },
  { name: 'validation', value: 'x', kind: 'number', low: 0, high: 1, open: 'both', text: 'part of the training rows that decides when to stop' },
  { name: 'members', value: 'n', kind: 'whole', low: 1, high: 100, text: 'networks whose outputs are averaged; default 5 for up to 5,000 rows, else 1' },
  { name: 'numeric', value: 'name', kind: 'choice', choices: scalings, text: `how numbers are scaled: ${scalings.join(', ')}` },
  { name: 'oneHotLimit', value: 'n', kind: 'whole', low: 0, high: 1e4, text: 'up to so many categories get a column each; more are embedded' },
  { name: 'classWeights', value: 'name', kind: 'choice', choices: classWeights, text: 'whether rare classes weigh more: auto, balanced, none' },
  { name: 'seed', value: 'n', kind: 'whole', low: 0, high: 2 ** 53 - 1, text: 'of weights and orders; the same seed gives the same model' },
] // biome-ignore format: a table

/** The values of hyperparameters. */
export type Values = Readonly<Record<string, number | string | readonly number[]>>

/** The flag of a hyperparameter, without dashes in front. */
export function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** What a hyperparameter may be, as it reads after "takes". */
export function allowed({ kind, low = 0, high = Number.POSITIVE_INFINITY, open, choices }: Setting): string {
  if (kind === 'choice') return `one of ${choices!.join(', ')}`
  if (kind === 'layers') return 'numbers of units, as 64,32, or none'
  const what = kind === 'whole' ? 'a whole number' : 'a number'
  const from = open === 'low' || open === 'both' ? `above ${low}` : `of at least ${low}`
  if (high >= 1e5) return `${what} ${from}`
  return `${what} ${from} and ${open === 'high' || open === 'both' ? `below ${high}` : `at most ${high}`}`
}

/** Whether a value is one of those that a hyperparameter may have. */
export function fits(
  { kind, low = 0, high = Number.POSITIVE_INFINITY, open, choices }: Setting,
  value: unknown,
): boolean {
  if (kind === 'choice') return typeof value === 'string' && choices!.includes(value)
  if (kind === 'layers') {
    return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 1 && n <= 1e6)
  }
  if (typeof value !== 'number') return false
  if (kind === 'whole' && !Number.isSafeInteger(value)) return false
  const above = open === 'low' || open === 'both' ? value > low : value >= low
  return above && (open === 'high' || open === 'both' ? value < high : value <= high)
}

/** The value that a text stands for; undefined if it is none that the hyperparameter may have. */
export function parseSetting(setting: Setting, text: string): number | string | readonly number[] | undefined {
  const trimmed = text.trim()
  let value: unknown = trimmed
  if (setting.kind === 'layers') value = trimmed === 'none' ? [] : trimmed.split(/[,x]/).map((part) => numberOf(part))
  else if (setting.kind !== 'choice') value = numberOf(trimmed)
  return fits(setting, value) ? (value as number | string | readonly number[]) : undefined
}

function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text)
}

/** A value as one would type it. */
export function settingText(value: unknown): string {
  return Array.isArray(value) ? (value.length === 0 ? 'none' : value.join('x')) : String(value)
}
