// The space of a search: hyperparameters with values or ranges, and the points that a grid or chance picks of it.
import { native } from '../native/load.js'
import { stream } from '../native/random.js'
import { allowed, fits, flagOf, parseSetting, type Setting, settings, settingText, type Values } from './settings.js'
import { suggestion, UsageError } from './usage.js'

type Value = Values[string]

/** A hyperparameter that is searched over. */
export interface Dimension {
  readonly setting: Setting
  /** The values to try; none for a range. */
  readonly values?: readonly Value[]
  readonly low?: number
  readonly high?: number
}

/** What is searched over where nothing is told. */
export const usualSpace = [
  'learning-rate=0.0005..0.02',
  'hidden=64,128x64,256x256',
  'dropout=0..0.4',
  'weight-decay=0.001..0.3',
]

const MOST_POINTS = 10_000

/** Reads `learning-rate=0.001..0.1` and `hidden=64,128x64`. @throws UsageError */
export function parseDimension(text: string): Dimension {
  const at = text.indexOf('=')
  const name = at < 0 ? text : text.slice(0, at)
  const flags = settings.map((each) => flagOf(each.name))
  const setting = settings.find((each) => each.name === name || flagOf(each.name) === name)
  if (!setting)
    throw new UsageError(
      `There is no hyperparameter ${JSON.stringify(name)}.${suggestion(name, flags)} There are ${flags.join(', ')}.`,
    )
  const told = at < 0 ? '' : text.slice(at + 1)
  const range = /^(.+?)\.\.(.+)$/.exec(told)
  const wrong = (what: string) =>
    new UsageError(
      `${name} takes ${allowed(setting)}; ${JSON.stringify(what)} is none. Write ${flagOf(setting.name)}=a,b,c or, for numbers, ${flagOf(setting.name)}=low..high.`,
    )
  if (range) {
    const [low, high] = [Number(range[1]), Number(range[2])]
    if (
      setting.kind === 'choice' ||
      setting.kind === 'layers' ||
      !fits(setting, low) ||
      !fits(setting, high) ||
      low >= high
    ) {
      throw wrong(told)
    }
    if (setting.log && low <= 0)
      throw new UsageError(`${name} is searched by factors: a range of it begins above 0, not at ${low}.`)
    return { setting, low, high }
  }
  const values = told.split(',').map((part) => {
    const value = parseSetting(setting, part)
    if (value === undefined) throw wrong(part)
    return value
  })
  return { setting, values }
}

// The value at a part from 0 to 1 of a range.
function between({ setting, low, high }: Dimension, part: number): number {
  const value = setting.log ? low! * (high! / low!) ** part : low! + (high! - low!) * part
  return setting.kind === 'whole' ? Math.round(value) : Number(value.toPrecision(4))
}

/** All combinations; of ranges `points` values each. @throws UsageError if there are too many */
export function grid(space: readonly Dimension[], points: number): Values[] {
  const axes = space.map((dimension) => {
    if (dimension.values) return dimension.values
    const all = Array.from({ length: points }, (_, i) => between(dimension, points === 1 ? 0.5 : i / (points - 1)))
    return Array.from(new Set(all))
  })
  const count = axes.reduce((product, axis) => product * axis.length, 1)
  if (count > MOST_POINTS)
    throw new UsageError(`That grid has ${count.toLocaleString('en-US')} points; search at random, or fewer values.`)
  return Array.from({ length: count }, (_, index) => {
    let rest = index
    const picked = space.map(({ setting }, k): [string, Value] => {
      const axis = axes[k]!
      const value = axis[rest % axis.length]!
      rest = Math.floor(rest / axis.length)
      return [setting.name, value]
    })
    return Object.fromEntries(picked)
  })
}

/** Points drawn at random: the same for the same seed, and the first n of more. */
export function drawn(space: readonly Dimension[], count: number, seed: number): Values[] {
  return Array.from({ length: count }, (_, trial) => {
    const parts = new Float64Array(space.length)
    native().randomUniform(parts, seed, stream('split', 1 + trial), 0, 1)
    const picked = space.map((dimension, k): [string, Value] => {
      const { setting, values } = dimension
      const part = parts[k]!
      return [
        setting.name,
        values ? values[Math.min(values.length - 1, Math.floor(part * values.length))]! : between(dimension, part),
      ]
    })
    return Object.fromEntries(picked)
  })
}

/** A point in words. */
export function pointText(values: Values): string {
  return Object.entries(values)
    .map(([name, value]) => `${flagOf(name)} ${settingText(value)}`)
    .join(', ')
}
