// What the diagnosis says: findings and per-layer statistics, as plain data that prints as text.

/** What can be found; stable, for programs. */
export type FindingCode =
  | 'non-finite'
  | 'symmetric-units'
  | 'no-activation'
  | 'softmax-twice'
  | 'dead-units'
  | 'saturated-units'
  | 'vanishing-gradient'
  | 'exploding-gradient'
  | 'inputs-not-centred'
  | 'inputs-not-scaled'
  | 'loss-above-chance'
  | 'loss-below-chance'
  | 'learning-rate-too-high'
  | 'learning-rate-too-low'

/** error: this network cannot learn so. warning: it learns worse than it could. note: worth a look. */
export type Severity = 'error' | 'warning' | 'note'

/** One thing that was found. */
export interface Finding {
  readonly code: FindingCode
  readonly severity: Severity
  /** Where: `2 (ReLU)`, or null for the network as a whole. */
  readonly layer: string | null
  /** What was seen, with its numbers. */
  readonly seen: string
  /** Why that matters. */
  readonly why: string
  /** What to do. */
  readonly advice: string
}

/** One gate on the batch. Norms are Euclidean, over all elements; what a gate does not have is null. */
export interface LayerStatistics {
  /** Place and kind: `2 (ReLU)`. */
  readonly layer: string
  readonly outputMean: number | null
  readonly outputStd: number | null
  /** Gates that cut off at 0: the share of units whose output is 0 for every row. */
  readonly deadShare: number | null
  /** Gates with flat ends: the share of outputs where the derivative is below 5 % of its largest. */
  readonly saturatedShare: number | null
  /** ‖gradient with respect to the output‖ */
  readonly gradientNorm: number | null
  /** ‖parameters‖ */
  readonly weightNorm: number | null
  /** ‖gradient with respect to the parameters‖ */
  readonly weightGradientNorm: number | null
  /** ‖change of the weights by one step of the optimizer‖ / ‖weights‖; null without an optimizer. */
  readonly updateRatio: number | null
}

/** The result of {@link diagnose}: plain JSON, except that it prints as text. */
export interface Diagnosis {
  /** Worst first. */
  readonly findings: readonly Finding[]
  /** In the order of the forward pass. */
  readonly layers: readonly LayerStatistics[]
  /** Rows of the batch. */
  readonly rows: number
  /** Loss on the batch. */
  readonly loss: number
  /** Loss of the best constant answer: ln C where all of C classes are as likely; null where none is known. */
  readonly chance: number | null
  toString(): string
}

const order: readonly Severity[] = ['error', 'warning', 'note']

/** Findings and statistics as a {@link Diagnosis}. */
export function diagnosisOf(parts: Omit<Diagnosis, 'toString'>): Diagnosis {
  const findings = [...parts.findings].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
  const report = { ...parts, findings }
  return Object.defineProperty(report, 'toString', { value: () => textOf(report), enumerable: false })
}

/** A few digits, enough to judge by. */
export function brief(value: number): string {
  if (!Number.isFinite(value) || value === 0) return String(value)
  const size = Math.abs(value)
  return size >= 1e-3 && size < 1e5 ? String(Number(value.toPrecision(3))) : value.toExponential(1)
}

/** A share as `12 %`. */
export function percent(share: number): string {
  return `${brief(100 * share)} %`
}

const columns = [
  ['layer', (s) => s.layer],
  ['mean', (s) => cell(s.outputMean)],
  ['std', (s) => cell(s.outputStd)],
  ['dead', (s) => (s.deadShare === null ? '' : percent(s.deadShare))],
  ['saturated', (s) => (s.saturatedShare === null ? '' : percent(s.saturatedShare))],
  ['‖gradient‖', (s) => cell(s.gradientNorm)],
  ['‖W‖', (s) => cell(s.weightNorm)],
  ['‖dW‖', (s) => cell(s.weightGradientNorm)],
  ['‖ΔW‖/‖W‖', (s) => cell(s.updateRatio)],
] as const satisfies readonly (readonly [string, (s: LayerStatistics) => string])[]

function cell(value: number | null): string {
  return value === null ? '' : brief(value)
}

function textOf({ findings, layers, rows, loss, chance }: Omit<Diagnosis, 'toString'>): string {
  const guess = chance === null ? '' : `, chance gives ${brief(chance)}`
  const count = findings.length === 1 ? '1 finding' : `${findings.length || 'no'} findings`
  const head = `Diagnosis on ${rows} rows: ${count}; loss ${brief(loss)}${guess}`
  const found = findings.map(({ severity, code, layer, seen, why, advice }) =>
    [
      `${severity}: ${code}${layer === null ? '' : ` at ${layer}`}`,
      `  seen: ${seen}`,
      `  why: ${why}`,
      `  do: ${advice}`,
    ].join('\n'),
  )
  const used = columns.filter(([, text], i) => i === 0 || layers.some((s) => text(s) !== ''))
  const table = [used.map(([title]) => title), ...layers.map((s) => used.map(([, text]) => text(s)))]
  const widths = used.map((_, i) => Math.max(...table.map((row) => row[i]!.length)))
  const lines = table.map((row) =>
    row
      .map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  )
  return [head, ...found, '', ...lines].join('\n')
}
