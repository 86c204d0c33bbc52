// The list of commands; the code of one is loaded when it is called.
import type { Command } from './command.js'

/** A command that is not loaded yet. */
export interface CommandEntry {
  readonly name: string
  readonly summary: string
  load(): Promise<Command>
}

/** All commands, in the order of the overview. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'train',
    summary: 'train a network on a table: a model, a report, metrics',
    load: async () => (await import('./train.js')).train,
  },
  {
    name: 'evaluate',
    summary: 'judge a model by rows whose target is known',
    load: async () => (await import('./evaluate.js')).evaluate,
  },
  {
    name: 'predict',
    summary: 'predict for the rows of a file or a pipe',
    load: async () => (await import('./predict.js')).predict,
  },
  {
    name: 'search',
    summary: 'search hyperparameters: grid, random, successive halving',
    load: async () => (await import('./search.js')).search,
  },
  {
    name: 'inspect',
    summary: 'show what is in a model file: layers, parameters, training; as text or picture',
    load: async () => (await import('./inspect.js')).inspect,
  },
  {
    name: 'export',
    summary: 'write a model as an ONNX file',
    load: async () => (await import('./export.js')).exportModel,
  },
  {
    name: 'import',
    summary: 'read an ONNX file as a model',
    load: async () => (await import('./import.js')).importModel,
  },
  {
    name: 'bench',
    summary: 'measure this machine: matrix products, activations, training and serving',
    load: async () => (await import('./bench.js')).bench,
  },
  {
    name: 'doctor',
    summary: 'check this installation: processor, instruction set, build, optional packages',
    load: async () => (await import('./doctor.js')).doctor,
  },
  {
    name: 'rebuild',
    summary: 'compile the native addon for this machine',
    load: async () => (await import('./rebuild.js')).rebuild,
  },
]
