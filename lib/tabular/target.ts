// The target of a tabular training: the column to predict as labels or scaled values, and predictions as its values.
import { describe, oneOf } from '../checks.js'
import { type CategoricalColumn, type Column, cellOf, MISSING_BOOLEAN, takeRows } from '../data/table/column.js'
import { ArgumentError, FormatError, LabelError } from '../errors.js'
import type { Json } from '../io/json.js'
import { argmax } from '../nn/metrics/accuracy.js'
import { Tensor } from '../tensor/tensor.js'
import { type CategoryType, categoriesOf, inOrder, originalOf } from './transforms/categories.js'
import { Fields } from './transforms/fields.js'
import { TargetScaler } from './transforms/target.js'

/** What is predicted: a number, one of two classes, or one of several. */
export type Task = 'regression' | 'binary' | 'multiclass'

/** All of {@link Task}. */
export const tasks: readonly Task[] = ['regression', 'binary', 'multiclass']

/** A predicted or true value of the target. */
export type TargetValue = string | number | boolean

// Whole numbers with no more values than this, and ten rows or more of each, are classes.
const MOST_CLASSES = 20
const ROWS_PER_CLASS = 10
// More classes than this are a mistake.
const TOO_MANY = 10_000

/** The target column of a training. */
export class Target {
  readonly name: string
  readonly task: Task
  /** The classes in the order of the model's outputs; [] for a regression. */
  readonly labels: readonly TargetValue[]
  readonly #type: CategoryType
  readonly #texts: readonly string[]
  /** Of a regression. */
  readonly scaler: TargetScaler | undefined

  private constructor(name: string, task: Task, type: CategoryType, texts: readonly string[], scaler?: TargetScaler) {
    this.name = name
    this.task = task
    this.#type = type
    this.#texts = texts
    this.labels = Object.freeze(texts.map((text) => originalOf(type, text)))
    this.scaler = scaler
  }

  /**
   * Learns the target from the rows to train on, none of which may be missing.
   * @throws ArgumentError for a column that the task cannot have
   */
  static fit(column: Column, task?: Task): Target {
    const operation = 'trainTabular'
    const { name } = column
    if (task !== undefined) oneOf(operation, 'task', task, tasks)
    if (column.kind === 'date') throw new ArgumentError(operation, 'a target of numbers or classes', `dates in ${name}`)
    const chosen = task ?? taskOf(column)
    if (chosen === 'regression') {
      if (column.kind === 'categorical') {
        const first = describe(cellOf(column, 0))
        throw new ArgumentError(operation, `a target of numbers for a regression`, `${first} in ${describe(name)}`)
      }
      return new Target(name, chosen, 'number', [], new TargetScaler().fit(column))
    }
    const { type, codes, categories } = categoriesOf(operation, column)
    const present = new Uint8Array(categories.length)
    for (let i = 0; i < codes.length; i++) present[codes[i]!] = 1
    const texts = inOrder(
      type,
      categories.filter((_, code) => present[code] === 1),
    )
    if (texts.length < 2 || texts.length > TOO_MANY || (chosen === 'binary' && texts.length > 2)) {
      const expected = chosen === 'binary' ? 'two classes' : `2 to ${TOO_MANY} classes`
      throw new ArgumentError(operation, `a target of ${expected} in ${describe(name)}`, `${texts.length} of them`)
    }
    return new Target(name, texts.length === 2 ? 'binary' : 'multiclass', type, texts)
  }

  /** Numbers per row that the network puts out. */
  get outputs(): number {
    return this.scaler ? 1 : this.labels.length
  }

  /** The rows whose target is there: all of them as undefined. */
  static present(column: Column): Int32Array | undefined {
    const data: ArrayLike<number> = column.kind === 'categorical' ? column.codes : column.values
    // What is missing: codes below 0, 255 for booleans, and numbers that are not finite.
    const least = column.kind === 'categorical' ? 0 : Number.NEGATIVE_INFINITY
    const gap = column.kind === 'boolean' ? MISSING_BOOLEAN : Number.NaN
    const rows = new Int32Array(data.length)
    let found = 0
    for (let i = 0; i < data.length; i++) {
      const value = data[i]!
      if (value >= least && value !== gap && value - value === 0) rows[found++] = i
    }
    return found === data.length ? undefined : rows.slice(0, found)
  }

  /** What the loss compares with: labels, or scaled values [rows, 1]. */
  encode(operation: string, column: Column, rows?: Int32Array): Int32Array | Tensor {
    const own = rows === undefined ? column : takeRows(column, rows)
    if (this.scaler) {
      if (own.kind !== 'numeric' && own.kind !== 'boolean') {
        throw new ArgumentError(operation, `numbers in ${describe(this.name)}`, `a ${own.kind} column`)
      }
      const scaled = this.scaler.transform(own)
      return new Tensor(Float32Array.from(scaled.data), Object.freeze([scaled.size, 1]))
    }
    const { codes, categories } = categoriesOf(operation, own)
    const index = new Map(this.#texts.map((text, i) => [text, i]))
    const places = categories.map((category) => index.get(category) ?? -1)
    return codes.map((code, i) => {
      const label = code < 0 ? -1 : places[code]!
      if (label >= 0) return label
      const classes = this.labels.slice(0, 10).map(describe).join(', ')
      const actual = code < 0 ? 'a missing one' : describe(categories[code])
      throw new LabelError(operation, `classes that were trained on (${classes})`, `${actual} in row ${i}`, i)
    })
  }

  /** The values that outputs of the network [rows, outputs] mean. */
  decode(outputs: Tensor): TargetValue[] {
    if (this.scaler) return Array.from(this.scaler.inverse(outputs).data)
    return Array.from(argmax(outputs).data, (label) => this.labels[label]!)
  }

  toJSON(): { readonly [key: string]: Json } {
    const { name, task, scaler } = this
    if (scaler) return { name, task, scaler: scaler.toJSON() }
    return { name, task, type: this.#type, labels: this.#texts }
  }

  /** The target that its JSON describes. Throws FormatError for anything else. */
  static restored(fields: Fields): Target {
    const [name, task] = [fields.text('name'), fields.oneOf('task', tasks)]
    if (task === 'regression') {
      const inner = new Fields('loadTabular', 'a scaler', fields.object('scaler'))
      inner.checkTransform('TargetScaler')
      return new Target(name, task, 'number', [], TargetScaler.restored(inner))
    }
    const type = fields.oneOf('type', ['text', 'number', 'boolean'])
    const texts = fields.texts('labels')
    if (texts.length < 2 || (task === 'binary') !== (texts.length === 2)) {
      throw new FormatError('loadTabular', `as many labels as ${task} has`, String(texts.length))
    }
    return new Target(name, task, type, texts)
  }
}

function taskOf(column: Exclude<Column, { kind: 'date' }>): Task {
  if (column.kind === 'boolean') return 'binary'
  if (column.kind === 'categorical') return countOf(column) === 2 ? 'binary' : 'multiclass'
  const { values } = column
  const seen = new Set<number>()
  for (const value of values) {
    if (!Number.isInteger(value)) return 'regression'
    seen.add(value)
    if (seen.size > MOST_CLASSES) return 'regression'
  }
  if (seen.size === 2) return 'binary'
  return values.length >= ROWS_PER_CLASS * seen.size ? 'multiclass' : 'regression'
}

function countOf({ codes }: CategoricalColumn): number {
  return new Set(codes).size
}
