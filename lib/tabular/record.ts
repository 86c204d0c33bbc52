// The record of a tabular training: what was done with what data, and what came of it. Plain JSON.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../native/load.js'
import { info } from '../native/system.js'
import type { EpochRecord } from '../train/history.js'
import type { Evaluation } from './evaluation.js'
import type { Task } from './target.js'

/** How a training was stopped: by parts of its rows in turn, by one part, by a table of its own, or by nothing. */
export type ValidationKind = 'folds' | 'part' | 'table' | 'none'

/** One network's training. */
export interface MemberRecord {
  readonly epochs: readonly EpochRecord[]
  /** The epoch whose parameters were kept. */
  readonly bestEpoch: number
  readonly seconds: number
}

/** What is known of a training. */
export interface TrainingRecord {
  readonly task: Task
  readonly target: string
  /** All options, those that were chosen by the data too; a validation table as its number of rows. */
  readonly options: Readonly<Record<string, unknown>>
  readonly data: {
    /** Rows that were trained on or stopped the training. */
    readonly rows: number
    /** Rows left out because their target was missing. */
    readonly dropped: number
    /** The columns that are used, and how. */
    readonly columns: readonly { readonly name: string; readonly kind: string; readonly use: string }[]
    /** The columns that are not, and why. */
    readonly ignored: readonly { readonly name: string; readonly reason: string }[]
    /** Rows per label, for classes. */
    readonly classes?: readonly { readonly label: string; readonly rows: number }[]
    /** Of the target of a regression. */
    readonly mean?: number
    readonly deviation?: number
  }
  /** Weights of the labels in the loss, where they are not all 1. */
  readonly classWeights?: readonly number[]
  /** What the outputs were multiplied with, so that probabilities are as often right as they say. */
  readonly calibration: number
  readonly members: readonly MemberRecord[]
  /** On rows that the network which is judged by them was not trained on. */
  readonly validation?: Evaluation
  readonly validationKind: ValidationKind
  readonly seconds: number
  readonly versions: { readonly chainrule: string; readonly node: string; readonly isa: string }
}

/** Versions of what computes. */
export function versions(): TrainingRecord['versions'] {
  const manifest = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }
  return { chainrule: manifest.version, node: process.version, isa: info().isa }
}

/** The epoch with the least loss of validation, or the last one without. */
export function bestEpochOf(epochs: readonly EpochRecord[]): number {
  let best = epochs.at(-1)!
  for (const epoch of epochs) {
    if ((epoch.validationLoss ?? Number.NaN) < (best.validationLoss ?? Number.POSITIVE_INFINITY)) best = epoch
    else if (
      epoch.validationLoss === best.validationLoss &&
      epoch.epoch < best.epoch &&
      epoch.validationLoss !== undefined
    )
      best = epoch
  }
  return best.epoch
}
