// A network with its preprocessing as one ONNX model: an input for every column of the table, and outputs as people read them.
import { ArgumentError } from '../../../../errors.js'
import { Tensor } from '../../../../tensor/tensor.js'
import type { Json } from '../../../json.js'
import { elementType, type ValueInit } from '../../proto.js'
import { int, valueInit, type Wire, type Writer } from '../writer.js'
import { features, labelsOf, type Written } from './features.js'
import { numberAt, objectAt, objectsAt, type Plain, textAt, textsAt } from './plain.js'

/** What goes into the model and what stands before the network. */
export interface TableEntrance {
  readonly inputs: readonly ValueInit[]
  /** The matrix that the network reads. */
  readonly matrix: Wire
}

/** Preprocessing as it is written: that of a table, with or without the target. */
function plainOf(preprocessing: Json | undefined): Plain {
  const plain = (preprocessing ?? {}) as Plain
  if (plain.transform === 'TablePreprocessor') return plain
  throw new ArgumentError('exportOnnx', 'the preprocessing of a TabularModel', String(plain.transform ?? 'none'))
}

/** Writes what makes the matrix of the columns of a table. Every input is [rows, 1]: texts, or numbers of float64. */
export function writeColumns(w: Writer, preprocessing: Json | undefined): TableEntrance {
  const inputs: ValueInit[] = []
  const written = objectsAt(plainOf(preprocessing), 'features').map((feature): Written => {
    const [name, kind] = [textAt(feature, 'name'), textAt(feature, 'kind')]
    const write = Object.hasOwn(features, kind) ? features[kind] : undefined
    if (!write || name === '') throw new ArgumentError('exportOnnx', 'columns of known kinds, with names', kind)
    const x = w.name(name)
    if (x !== name) throw new ArgumentError('exportOnnx', 'columns whose names differ from those of outputs', name)
    inputs.push(valueInit(x, kind === 'categorical' ? elementType.string : elementType.float64, [null, 1]))
    return w.within(`column ${name}`, () => write(w, x, feature))
  })
  const ordered = [...written.filter(({ embedded }) => !embedded), ...written.filter(({ embedded }) => embedded)]
  const width = ordered.reduce((sum, each) => sum + each.width, 0)
  const outputs = ordered.map(({ output }) => output)
  const name = outputs.length === 1 ? outputs[0]! : w.node('Concat', outputs, { axis: int(1) })
  const probes = [2, 3].map((rows) => new Tensor(new Float32Array(rows * width), [rows, width]))
  return { inputs, matrix: { name, probes } }
}

/** Names of the outputs of {@link writeTarget}, which no column may have. */
export const targetNames = ['label', 'probabilities', 'prediction']

/**
 * Writes what becomes of the network's output: `label` and `probabilities` of classes, `prediction` of a regression, in the
 * units of the target.
 */
export function writeTarget(w: Writer, preprocessing: Json | undefined, scores: Wire): ValueInit[] {
  const target = objectAt(plainOf(preprocessing), 'target')
  if (target.task === 'regression') {
    const scaler = objectAt(target, 'scaler')
    const scaled = w.node('Mul', [w.cast(scores.name, 'float64'), w.wide64(numberAt(scaler, 'deviation'))])
    const value = w.node('Add', [scaled, w.wide64(numberAt(scaler, 'mean'))])
    const back = scaler.log === true ? w.node('Sub', [w.node('Exp', [value]), w.wide64(1)]) : value
    w.finish(w.cast(back, 'float32'), 'prediction')
    return [valueInit('prediction', elementType.float32, [null, 1])]
  }
  const labels = textsAt(target, 'labels')
  const classes = w.node('ArgMax', [scores.name], { axis: int(1), keepdims: int(0) })
  w.finish(labelsOf(w, classes, labels), 'label')
  w.finish(w.node('Softmax', [scores.name], { axis: int(1) }), 'probabilities')
  return [
    valueInit('label', elementType.string, [null]),
    valueInit('probabilities', elementType.float32, [null, labels.length]),
  ]
}
