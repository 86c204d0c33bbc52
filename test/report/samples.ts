// Reports of every kind, made of generated data, for the tests of reports and for those in a browser.
import { mlp } from '../../lib/nn/mlp.js'
import type { Comparison } from '../../lib/report/predictions.js'
import { type ReportOptions, report } from '../../lib/report/report.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import type { History } from '../../lib/train/history.js'

/** Numbers from 0 to 1 that are the same each time. */
export function generator(seed = 1): () => number {
  let state = seed
  return () => {
    state = (state * 16807) % 2147483647
    return state / 2147483647
  }
}

/** Predictions of `count` classes, right more often than not. */
export function classes(count: number, rows: number, labels = names(count)): Comparison {
  const random = generator(count)
  const truth = Int32Array.from({ length: rows }, () => Math.floor(random() * count))
  const data = new Float32Array(rows * count)
  for (const [i, label] of truth.entries()) {
    const row = data.subarray(i * count, (i + 1) * count)
    for (let c = 0; c < count; c++) row[c] = random() + (c === label ? 0.7 : 0)
    const sum = row.reduce((a, b) => a + b, 0)
    for (let c = 0; c < count; c++) row[c]! /= sum
  }
  return { kind: 'classes', labels, truth, probabilities: new Tensor(data, [rows, count]) }
}

function names(count: number): string[] {
  return count === 2 ? ['stayed', 'left'] : Array.from({ length: count }, (_, i) => (i === 1 ? 'a class with a rather long name' : `class ${i}`)) // biome-ignore format: one thought
}

/** Predicted values, off by some noise. */
export function values(rows: number): Comparison {
  const random = generator(7)
  const truth = Float64Array.from({ length: rows }, () => 1000 * random())
  const predicted = truth.map((value) => value + 80 * (random() + random() - 1))
  return { kind: 'values', name: 'price', truth, predicted }
}

/** A report with everything in it. */
export function full(predictions: Comparison): ReportOptions {
  const labelled = predictions.kind === 'classes'
  const epochs = Array.from({ length: 40 }, (_, i) => ({
    epoch: i + 1,
    loss: 1 / (i + 1),
    validationLoss: 1.1 / (i + 1) + 0.02,
    ...(labelled && { accuracy: 1 - 0.5 / (i + 1), validationAccuracy: 1 - 0.6 / (i + 1) }),
    metrics: { auc: 1 - 0.4 / (i + 1) },
    seconds: 0.1,
    samplesPerSecond: 10000,
  }))
  const features = ['tenure', 'plan', 'a_feature_with_a_rather_long_name_that_needs_room', 'region']
  return {
    title: 'customers-of-the-last-twelve-months.csv: left',
    subtitle: 'A network that predicts left from 4 columns, trained on 8,000 rows.',
    history: { epochs, seconds: 4.2 },
    predictions,
    rows: `the test part, ${predictions.truth.length} rows`,
    importance: features.map((feature, i) => ({ feature, drop: 0.3 / (i + 1) - 0.1, spread: 0.01, score: 'log loss' })),
    data: {
      rows: 10000,
      columns: [
        { name: 'left', kind: 'boolean', role: 'target', missing: 0, distinct: 2, top: [['false', 7000], ['true', 3000]], counts: [7000, 3000] },
        { name: 'tenure', kind: 'numeric', role: 'feature', missing: 120, minimum: 0, mean: 31.2, maximum: 72, deviation: 18, counts: [1, 5, 9, 12, 9, 5, 2, 1] },
        { name: features[2]!, kind: 'categorical', role: 'feature', missing: 0, distinct: 120, top: [['<b>&"bold"</b>', 10], ['x'.repeat(60), 9]], counts: [10, 9] },
        { name: 'since', kind: 'date', role: 'ignored', missing: 3, minimum: 1.5e12, maximum: 1.7e12, counts: [3, 4, 5] },
        { name: 'nothing', kind: 'numeric', role: 'ignored', missing: 10000, counts: [] },
      ], // biome-ignore format: a table
    },
    settings: { epochs: 40, learningRate: 0.001, hidden: [64, 32], optimizer: 'adamw', shuffle: true },
    model: mlp({ inputs: 4, hidden: [64, 32], outputs: labelled ? predictions.labels.length : 1, seed: 1 }),
    notes: ['Class left has 30 % of the rows; each of its rows counts 2.3 times.'],
    environment: { chainrule: '0.1.0' },
  }
}

/** The histories of three networks: the second one lacks an epoch's validation, the third is shorter. */
function several(history: History): History[] {
  const [first, ...rest] = history.epochs
  const { validationLoss: _, ...unjudged } = first!
  return [history, { ...history, epochs: [unjudged, ...rest] }, { ...history, epochs: history.epochs.slice(0, 9) }]
}

/** Reports by name: what the tests in a browser look at. */
export function samples(): Record<string, string> {
  return {
    binary: report(full(classes(2, 600))),
    'five classes': report(full(classes(5, 600))),
    'twenty classes': report(full(classes(20, 900))),
    regression: report({ ...full(values(900)), history: several(full(values(900)).history as History) }),
    'nothing but a title': report({ title: 'Nothing' }),
    'one row': report({ title: 'One row', predictions: values(1) }),
  }
}
