// Dates as features: the time itself, scaled, and where it stands in the year, the week and the day, as points of a circle.
import type { Column, DateColumn } from '../../data/table/column.js'
import { FormatError } from '../../errors.js'
import type { Json } from '../../io/json.js'
import type { Fields } from '../transforms/fields.js'
import { isConstant, momentsOf } from '../transforms/matrix.js'
import { each, type Feature, type Place, type RowWriter } from './feature.js'

const DAY = 86_400_000

/** Parts of a round, in [0, 1), in UTC. 1970-01-01 was a Thursday. */
const rounds = {
  year(t: number): number {
    const year = new Date(t).getUTCFullYear()
    const start = Date.UTC(year, 0, 1)
    return (t - start) / (Date.UTC(year + 1, 0, 1) - start)
  },
  week: (t: number): number => partOf(t / DAY + 4, 7),
  day: (t: number): number => partOf(t, DAY),
} as const

type Round = keyof typeof rounds
const roundNames = Object.keys(rounds) as Round[]

function partOf(t: number, length: number): number {
  const rest = t % length
  return (rest < 0 ? rest + length : rest) / length
}

/** A column of dates, in UTC. */
export class DateFeature implements Feature {
  readonly kind = 'date'
  readonly name: string
  /** Mean and standard deviation of the times, in milliseconds. */
  readonly mean: number
  readonly deviation: number
  /** The rounds in which the dates of fit stand at different places. */
  readonly rounds: readonly Round[]
  readonly indicator: boolean

  constructor(name: string, mean: number, deviation: number, used: readonly Round[], indicator: boolean) {
    this.name = name
    this.mean = mean
    this.deviation = deviation
    this.rounds = used
    this.indicator = indicator
  }

  /** Learns a column; a text says why it is of no use. */
  static fit({ name, values }: DateColumn): DateFeature | string {
    const times = values.filter((t) => Number.isFinite(t))
    if (times.length === 0) return 'no values'
    const moments = momentsOf(times)
    const missing = times.length < values.length
    if (isConstant(moments, times.length) && !missing) return 'one value'
    const used = roundNames.filter((round) => {
      const first = rounds[round](times[0]!)
      return times.some((t) => rounds[round](t) !== first)
    })
    return new DateFeature(name, moments.mean, moments.deviation || 1, used, missing)
  }

  get width(): number {
    return 1 + 2 * this.rounds.length + (this.indicator ? 1 : 0)
  }
  get outputs(): readonly string[] {
    const { name } = this
    const circles = this.rounds.flatMap((round) => [`${name} ${round} sin`, `${name} ${round} cos`])
    return [name, ...circles, ...(this.indicator ? [`${name} missing`] : [])]
  }
  get summary(): string {
    return `date, ${['time', ...this.rounds].join(', ')}${this.indicator ? ', missing values marked' : ''}`
  }

  writer(column: Column, place: Place): RowWriter {
    const { values } = column as DateColumn
    const { mean, deviation, indicator, width } = this
    const { out } = place
    const circles = this.rounds.map((round) => rounds[round])
    return (from, to) =>
      each(place, from, to, (i, at) => {
        const t = values[i]!
        if (!Number.isFinite(t)) {
          if (indicator) out[at + width - 1] = 1
          return
        }
        out[at] = (t - mean) / deviation
        for (let k = 0; k < circles.length; k++) {
          const angle = 2 * Math.PI * circles[k]!(t)
          out[at + 1 + 2 * k] = Math.sin(angle)
          out[at + 2 + 2 * k] = Math.cos(angle)
        }
      })
  }

  toJSON(): { readonly [key: string]: Json } {
    const { name, kind, mean, deviation, rounds, indicator } = this
    return { name, kind, mean, deviation, rounds, indicator }
  }

  /** @internal */
  static restored(fields: Fields): DateFeature {
    const used = fields.texts('rounds')
    const bad = used.find((round) => !Object.hasOwn(rounds, round))
    if (bad !== undefined) throw new FormatError('TablePreprocessor', `rounds among ${roundNames.join(', ')}`, bad)
    const deviation = fields.number('deviation')
    if (deviation <= 0) throw new FormatError('TablePreprocessor', 'a deviation > 0', String(deviation))
    const [name, mean, indicator] = [fields.text('name'), fields.number('mean'), fields.boolean('indicator')]
    return new DateFeature(name, mean, deviation, used as Round[], indicator)
  }
}
