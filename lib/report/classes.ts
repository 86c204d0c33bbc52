// The part of a report about predicted classes: confusions, curves of thresholds, calibration, and each class by itself.
import { argmax, confusionMatrix } from '../nn/metrics/accuracy.js'
import { calibration, type Ranking, thinned } from './curves.js'
import { type Chart, gallery, HEIGHT, htmlTable, WIDTH } from './html.js'
import { numberText, percentText } from './numbers.js'
import { type ClassComparison, rankingOf } from './predictions.js'

const CURVES = 6 // classes whose curves are drawn
const POINTS = 120 // of a curve
const NAMED = 12 // classes in a confusion matrix beside another chart

/** Charts and a table of predicted classes. */
export function classSection(given: ClassComparison): string {
  const { labels, truth, probabilities } = given
  const predicted = argmax(probabilities)
  const matrix = confusionMatrix(predicted, truth, labels.length).toArray() as number[][]
  const rankings = labels.map((_, label) => rankingOf(given, label))
  const shown = curvesShown(rankings)
  return [
    gallery([
      confusion(labels, matrix),
      curves('ROC', given, rankings, shown),
      curves('Precision and recall', given, rankings, shown),
      calibrationChart(given, predicted.data as Int32Array),
      probabilityChart(given),
    ]),
    labels.length > CURVES ? `<p class="muted">Curves are those of the ${CURVES} classes with the most rows.</p>` : '',
    perClass(labels, matrix, rankings),
  ].join('\n')
}

// Of two classes the second one alone says everything.
function curvesShown(rankings: readonly Ranking[]): number[] {
  if (rankings.length === 2) return [1]
  const order = rankings.map((_, i) => i).sort((a, b) => rankings[b]!.positives - rankings[a]!.positives)
  return order
    .slice(0, CURVES)
    .filter((i) => rankings[i]!.positives > 0)
    .sort((a, b) => a - b)
}

function confusion(labels: readonly string[], matrix: number[][]): Chart {
  const right = matrix.reduce((sum, row, i) => sum + row[i]!, 0)
  const all = matrix.flat().reduce((a, b) => a + b, 0)
  const wide = labels.length > NAMED
  const long = labels.some((label) => label.length > 8)
  return {
    title: 'Confusion matrix',
    alt: `Confusion matrix: ${right} of ${all} rows on the diagonal`,
    caption:
      'Rows are the true classes, columns what was predicted. Blue is right, red is wrong; the shade is the share of its row.',
    wide,
    panel: {
      kind: 'confusion',
      matrix,
      classes: labels,
      ...(wide ? {} : { width: WIDTH, height: Math.max(HEIGHT, 130 + 36 * labels.length) + (long ? 70 : 0) }),
    },
    numbers: htmlTable('True classes in rows, predicted ones in columns', ['true', ...labels], matrix.map((row, i) => [labels[i]!, ...row.map(String)]), labels.map((_, i) => i + 1)), // biome-ignore format: one call
  }
}

function curves(
  title: 'ROC' | 'Precision and recall',
  { labels }: ClassComparison,
  rankings: readonly Ranking[],
  shown: readonly number[],
): Chart | undefined {
  const roc = title === 'ROC'
  const list = shown.map((i) => ({ name: labels[i]!, ...rankings[i]! }))
  const area = (each: Ranking) => (roc ? each.rocAuc : each.averagePrecision)
  const usable = list.filter((each) => !Number.isNaN(area(each)))
  if (usable.length === 0) return undefined
  const series = usable.map((each) => {
    const points = thinned(roc ? each.roc : each.precisionRecall, POINTS)
    const x = points.map(([a]) => a)
    return { name: `${each.name} ${area(each).toFixed(3)}`, x, y: points.map(([, b]) => b), marks: 'lines' as const }
  })
  const chance = roc
    ? [{ name: 'chance', x: [0, 1], y: [0, 1], marks: 'lines' as const, dashed: true, color: 'grey' }]
    : []
  const [x, y] = roc
    ? ['others taken for it', 'of the class found']
    : ['of the class found (recall)', 'right among those (precision)']
  const against = labels.length > 2 ? 'each class against the rest' : `class ${labels[1]}`
  const caption = roc
    ? `For every threshold, ${against}: what is found and what is taken wrongly. The number is the area below the curve; 0.5 is chance, 1 perfect.`
    : `For every threshold, ${against}: how much is found and how much of it is right. The number is average precision.`
  const values = usable.map((each) => `${each.name} ${area(each).toFixed(3)}`).join(', ')
  return {
    title: roc ? 'ROC curve' : 'Precision and recall',
    alt: `${roc ? 'ROC curves, areas' : 'Curves of precision over recall, average precision'}: ${values}`,
    caption,
    panel: {
      kind: 'lines',
      width: WIDTH,
      height: HEIGHT + 30,
      legend: 'top',
      series: [...series, ...chance],
      x: { label: x!, min: 0, max: 1 },
      y: { label: y!, min: 0, max: 1 },
    },
  }
}

function calibrationChart({ labels, truth, probabilities }: ClassComparison, predicted: Int32Array): Chart {
  const n = labels.length
  const binary = n === 2
  const p = Float64Array.from(truth, (_, i) => probabilities.data[i * n + (binary ? 1 : predicted[i]!)]!)
  const happened = Array.from(truth, (label, i) => (binary ? label === 1 : label === predicted[i]))
  const { bins, error } = calibration(p, happened)
  const event = binary ? `class ${labels[1]}` : 'the predicted class'
  return {
    title: 'Calibration',
    alt: `Calibration: probabilities of ${event} beside how often it was true; mean distance ${error.toFixed(3)}`,
    caption: `Where the network says 80 %, is it right in 80 of 100 cases? On the dashed line it is. Mean distance ${percentText(error)}.`,
    panel: {
      kind: 'lines',
      width: WIDTH,
      height: HEIGHT + 30,
      legend: 'top',
      series: [
        {
          name: 'observed',
          x: bins.map(({ confidence }) => confidence),
          y: bins.map(({ rate }) => rate),
          marks: 'both',
        },
        { name: 'perfect', x: [0, 1], y: [0, 1], marks: 'lines', dashed: true, color: 'grey' },
      ],
      x: { label: `probability of ${event}`, min: 0, max: 1 },
      y: { label: 'how often it was so', min: 0, max: 1 },
    },
    numbers: htmlTable('Ranges of probability', ['mean probability', 'observed', 'rows'], bins.map(({ confidence, rate, rows }) => [percentText(confidence), percentText(rate), numberText(rows)]), [1, 2]), // biome-ignore format: one call
  }
}

// Of two classes: how far apart their probabilities lie.
function probabilityChart({ labels, truth, probabilities }: ClassComparison): Chart | undefined {
  if (labels.length !== 2) return undefined
  const counts = labels.map(() => new Array<number>(10).fill(0))
  for (const [i, label] of truth.entries()) {
    const bin = Math.min(9, Math.max(0, Math.floor(probabilities.data[2 * i + 1]! * 10)))
    if (Number.isFinite(bin)) counts[label]![bin]!++
  }
  return {
    title: 'Probabilities',
    alt: `How often each probability of class ${labels[1]} was given, to rows of either class`,
    caption: `How often each probability of ${labels[1]} was given. A good network keeps the two classes apart.`,
    panel: {
      kind: 'bars',
      width: WIDTH,
      height: HEIGHT + 30,
      values: false,
      labels: counts[0]!.map((_, i) => `${i * 10}–${i * 10 + 10}`),
      series: labels.map((name, i) => ({
        name: `truly ${name}`,
        values: counts[i]!,
        color: i === 0 ? 'grey' : 'blue',
      })),
      y: { label: 'rows' },
    },
  }
}

function perClass(labels: readonly string[], matrix: number[][], rankings: readonly Ranking[]): string {
  const rows = labels.map((label, i) => {
    const own = matrix[i]!.reduce((a, b) => a + b, 0)
    const taken = matrix.reduce((sum, row) => sum + row[i]!, 0)
    const hits = matrix[i]![i]!
    const score = (value: number) => (Number.isFinite(value) ? percentText(value) : '–')
    const worst = matrix[i]!.map((count, j) => ({ count: j === i ? 0 : count, j })).sort((a, b) => b.count - a.count)[0]
    const most = worst && worst.count > 0 ? `${labels[worst.j]} (${worst.count})` : '–'
    return [label, numberText(own), score(hits / taken), score(hits / own), score((2 * hits) / (taken + own)), score(rankings[i]!.rocAuc), most] // biome-ignore format: a row
  })
  const head = ['class', 'rows', 'precision', 'recall', 'F1', 'ROC AUC', 'most often taken for']
  return `<h3>Each class</h3>${htmlTable('Precision, recall and F1 of each class', head, rows, [1, 2, 3, 4, 5])}`
}
