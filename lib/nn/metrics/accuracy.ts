// Classes of scores, and how many are right.
import { positiveInteger } from '../../checks.js'
import { ShapeError } from '../../errors.js'
import { formText } from '../../gates/gate.js'
import { native } from '../../native/load.js'
import { zeros } from '../../tensor/create.js'
import { floats, Tensor } from '../../tensor/tensor.js'
import { checkLabels, type Labels, labelsOf } from '../labels.js'

/**
 * The class of each row: the index of its largest entry, the first of equals.
 * @param scores - [batch, classes]: logits or probabilities
 * @returns int32 [batch]
 */
export function argmax(scores: Tensor): Tensor {
  const data = floats('argmax', 'scores', scores)
  const [rows, classes] = scores.shape
  if (scores.rank !== 2 || !classes) throw new ShapeError('argmax', 'scores [batch, classes]', formText(scores))
  const out = new Int32Array(rows!)
  native().argmaxRows(classes, data, out)
  return new Tensor(out, [rows!])
}

/** How many rows have their largest entry at their label. */
export function countCorrect(scores: Tensor, labels: Labels): number {
  const classes = argmax(scores).data
  const wanted = labelsOf('accuracy', labels)
  if (wanted.length !== classes.length) {
    throw new ShapeError('accuracy', `${classes.length} labels, one per row`, String(wanted.length))
  }
  let correct = 0
  for (let i = 0; i < classes.length; i++) if (classes[i] === wanted[i]) correct++
  return correct
}

/**
 * The part of rows, 0 to 1, whose largest entry is at their label.
 * @param scores - [batch, classes]: logits or probabilities
 */
export function accuracy(scores: Tensor, labels: Labels): number {
  const correct = countCorrect(scores, labels)
  return correct / scores.shape[0]!
}

/**
 * How often each class was taken for each: entry (i, j) counts the rows of class i predicted as j.
 * @param predicted - [batch, classes] scores, or the predicted classes
 * @returns int32 [classes, classes]
 */
export function confusionMatrix(predicted: Tensor | Labels, labels: Labels, classes?: number): Tensor {
  const scores = predicted instanceof Tensor && predicted.rank === 2
  const guesses = labelsOf('confusionMatrix', scores ? argmax(predicted) : predicted)
  const truth = labelsOf('confusionMatrix', labels)
  if (guesses.length !== truth.length) {
    throw new ShapeError('confusionMatrix', `${guesses.length} labels, one per row`, String(truth.length))
  }
  const n =
    classes ??
    (scores
      ? predicted.shape[1]!
      : 1 +
        guesses.reduce(
          (a, b) => Math.max(a, b),
          truth.reduce((a, b) => Math.max(a, b), 0),
        ))
  positiveInteger('confusionMatrix', 'classes', n)
  checkLabels('confusionMatrix', guesses, n)
  checkLabels('confusionMatrix', truth, n)
  const counts = zeros([n, n], 'int32').data
  for (let i = 0; i < truth.length; i++) counts[truth[i]! * n + guesses[i]!]!++
  return new Tensor(counts, [n, n])
}
