// The network of a tabular training: embeddings beside numbers, hidden layers, and members averaged into one network.
import type { ActivationName } from '../gates/activations.js'
import type { Gate } from '../gates/gate.js'
import { Slice } from '../gates/parts.js'
import { ColumnEmbedding } from '../nn/column-embedding.js'
import { copyOf } from '../nn/config.js'
import { initializers } from '../nn/initializers.js'
import type { Linear } from '../nn/linear.js'
import { mlp } from '../nn/mlp.js'
import type { Model } from '../nn/model.js'
import { Parallel } from '../nn/parallel.js'
import { Sequential } from '../nn/sequential.js'
import type { EmbeddedColumn } from './preprocessor.js'

/** What a network is to have. */
export interface NetworkPlan {
  /** Columns of numbers of the input. */
  readonly dense: number
  readonly embedded: readonly EmbeddedColumn[]
  readonly outputs: number
  readonly hidden: readonly number[]
  readonly activation: ActivationName
  readonly dropout: number
  readonly seed: number
}

// Elements of a vector for so many entries: 1.6·n^0.56, the rule of fastai's tabular models.
const MOST_FEATURES = 64

/** Elements of the vectors of an embedding. */
export function featuresFor(entries: number): number {
  return Math.min(MOST_FEATURES, Math.max(2, Math.round(1.6 * entries ** 0.56)))
}

/** A network with drawn parameters. */
export function networkOf({ dense, embedded, outputs, hidden, activation, dropout, seed }: NetworkPlan): Sequential {
  const inputs = dense + embedded.length
  const rest = { hidden, outputs, activation, dropout, seed }
  if (embedded.length === 0) return mlp({ inputs, ...rest })
  const looked = embedded.map(({ column, entries }) => {
    // Small, so that a vector that few rows train says little.
    return new ColumnEmbedding(entries, featuresFor(entries), {
      inputs,
      column,
      initializer: initializers.normal({ std: 0.3 }),
    })
  })
  const branches: Gate[] = dense > 0 ? [new Slice([null, { stop: dense }]), ...looked] : looked
  const width = looked.reduce((sum, { features }) => sum + features, dense)
  const layers = mlp({ inputs: width, ...rest })
  const made = new Sequential(new Parallel(branches), layers)
  return made.initialize(seed)
}

/** The embeddings of a network of {@link networkOf}, in the order of its features. */
export function embeddingsOf(model: Sequential): readonly ColumnEmbedding[] {
  const [first] = model.gates
  return first instanceof Parallel
    ? (first.gates.filter((gate) => gate instanceof ColumnEmbedding) as ColumnEmbedding[])
    : []
}

/**
 * One network whose outputs are the mean of the members' outputs times a factor: they lie side by side, and their last layers
 * are scaled. The members stay as they are.
 */
export function averaged(members: readonly Sequential[], factor: number): Model {
  const copies = members.map((member) => copyOf('trainTabular', member, member.dtype) as Sequential)
  for (const copy of copies) {
    for (const { value } of lastLinear(copy).parameters()) {
      for (let i = 0; i < value.data.length; i++) value.data[i]! *= factor / members.length
    }
  }
  return copies.length === 1 ? copies[0]! : new Sequential(new Parallel(copies, { join: 'add' }))
}

function lastLinear(model: Sequential): Linear {
  const last = model.gates.at(-1)!
  return last instanceof Sequential ? lastLinear(last) : (last as Linear)
}
