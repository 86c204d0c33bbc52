// diagnosis(): the diagnosis as a callback of fit.
import { describe, options, positiveInteger } from '../checks.js'
import { Dataset, type Samples } from '../data/dataset.js'
import { ArgumentError } from '../errors.js'
import type { Loss } from '../nn/losses.js'
import type { Model } from '../nn/model.js'
import type { Callback } from '../train/callback.js'
import { type DiagnoseOptions, diagnose } from './diagnose.js'
import type { Diagnosis, Finding } from './report.js'

/** Options of {@link diagnosis}. */
export interface DiagnosisOptions extends Omit<DiagnoseOptions, 'start'> {
  /** The rows to look at; the first 256 of more. */
  batch: Samples
  /** After how many epochs to look again. Default 1. */
  every?: number
  /** Called once for each kind of finding at each layer. Default: prints it as a warning. */
  onFinding?: (finding: Finding, at: { readonly epoch: number; readonly diagnosis: Diagnosis }) => void
}

// Enough to judge by, and quick.
const ROWS = 256

/**
 * A callback for fit that looks at the network after every epoch, or every so many, and reports what is new.
 * @example fit(model, train, { …, callbacks: [diagnosis({ batch: train, optimizer, onFinding: (f) => console.warn(f.seen) })] })
 */
export function diagnosis(given: DiagnosisOptions): Callback {
  const keys = ['batch', 'every', 'onFinding', 'loss', 'optimizer'] as const
  const { batch, every = 1, onFinding = warn, ...rest } = options('diagnosis', given, keys)
  positiveInteger('diagnosis', 'every', every)
  if (typeof onFinding !== 'function') {
    throw new ArgumentError('diagnosis', 'onFinding to be a function', describe(onFinding))
  }
  if (typeof batch !== 'object' || batch === null) {
    throw new ArgumentError('diagnosis', 'batch to be data { x, y }', describe(batch))
  }
  const reported = new Set<string>()
  return {
    epoch({ record: { epoch }, model }) {
      if (epoch % every !== 0) return
      const found = diagnose(model, firstRows(batch, model, rest.loss), rest)
      for (const finding of found.findings) {
        const key = `${finding.code} ${finding.layer}`
        if (reported.has(key)) continue
        reported.add(key)
        onFinding(finding, { epoch, diagnosis: found })
      }
    },
  }
}

function firstRows(batch: Samples, model: Model, loss: Loss | undefined): Samples {
  const { inputs, outputs, dtype, inputDType } = model
  const data = new Dataset('diagnosis', batch, { inputs, outputs, targets: loss?.targets, dtype, inputDType })
  const count = Math.min(ROWS, data.rows)
  const order = data.order(false, 0, 0)
  return { x: data.gatherInputs(order, 0, count, dtype), y: data.gatherTargets(order, 0, count, dtype) }
}

function warn(finding: Finding, { epoch }: { epoch: number }): void {
  const place = finding.layer === null ? '' : ` at ${finding.layer}`
  process.emitWarning(
    `epoch ${epoch}: ${finding.code}${place}: ${finding.seen}. ${finding.advice}`,
    'ChainruleDiagnosis',
  )
}
