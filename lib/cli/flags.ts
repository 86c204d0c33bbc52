// Hyperparameters from the command line and from a config file, as trainTabular takes them.
import type { Optimizer } from '../optim/optimizer.js'
import { builtinOptimizers } from '../optim/optimizers.js'
import type { TabularOptions } from '../tabular/options.js'
import type { Flag } from './command.js'
import type { Config } from './config.js'
import type { Given } from './given.js'
import { allowed, flagOf, parseSetting, settings, type Values } from './settings.js'
import { suggestion, UsageError } from './usage.js'

/** A flag for every hyperparameter. */
export const settingFlags: Readonly<Record<string, Flag>> = Object.fromEntries(
  settings.map(({ name, value, text }) => [flagOf(name), { value, text, group: 'Hyperparameters' }]),
)

/** The hyperparameters that were told; flags win over the config file. */
export function valuesOf(given: Given, config: Config = {}): Values {
  const values: Record<string, Values[string]> = {}
  for (const setting of settings) {
    const told = given.text(flagOf(setting.name))
    const configured = config[setting.name] as Values[string] | undefined
    if (told !== undefined) {
      const value = parseSetting(setting, told)
      if (value === undefined) {
        const hint = setting.choices ? suggestion(told, setting.choices) : ''
        throw new UsageError(`--${flagOf(setting.name)} takes ${allowed(setting)}, not ${JSON.stringify(told)}.${hint}`)
      }
      values[setting.name] = value
    } else if (configured !== undefined) values[setting.name] = configured
  }
  return values
}

type OptimizerClass = new (options: { learningRate?: number; weightDecay?: number }) => Optimizer

/** Hyperparameters as options of trainTabular. An optimizer by name gets the learning rate and weight decay that were told. */
export function trainingOptions({ optimizer, ...values }: Values): Omit<TabularOptions, 'target'> {
  if (optimizer === undefined) return values as Omit<TabularOptions, 'target'>
  const { learningRate, weightDecay } = values as { learningRate?: number; weightDecay?: number }
  const made = Array.from(builtinOptimizers as ReadonlySet<OptimizerClass>).find(
    (each) => each.name.toLowerCase() === optimizer,
  )!
  const told = {
    ...(learningRate !== undefined && { learningRate }),
    ...(weightDecay !== undefined && { weightDecay }),
  }
  return { ...(values as Omit<TabularOptions, 'target'>), optimizer: () => new made(told) }
}
