// How networks are written in ONNX: gate after gate, each under the name that it has in state dicts.
import { describe, shapeText } from '../../../checks.js'
import { ArgumentError } from '../../../errors.js'
import { type Gate, gateName, type Value } from '../../../gates/gate.js'
import { Concat } from '../../../gates/parts.js'
import { Model } from '../../../nn/model.js'
import { Network } from '../../../nn/network.js'
import { Parallel } from '../../../nn/parallel.js'
import { Residual } from '../../../nn/residual.js'
import { inferGate, Sequential } from '../../../nn/sequential.js'
import { Tensor } from '../../../tensor/tensor.js'
import { unaries } from './activations.js'
import { gates } from './gates.js'
import { layers } from './layers.js'
import type { Wire, Writer } from './writer.js'

/**
 * Writes a gate that reads some wires.
 * @throws ArgumentError for a gate of the user's own
 */
export function writeGate(w: Writer, gate: Gate, inputs: readonly Wire[]): Wire {
  if (gate instanceof Model) return writeModel(w, gate, inputs)
  const probes = probe(w, gate, inputs)
  const unary = unaries.get(gate.constructor)
  if (unary) return { name: unary(w, inputs[0]!.name, gate), probes }
  const write = gates.get(gate.constructor) ?? layers.get(gate.constructor)
  if (!write) {
    throw new ArgumentError('exportOnnx', 'gates of this library', `${gateName(gate)}${w.path && ` at ${w.path}`}`)
  }
  return { name: write(w, inputs, gate, { name: '', probes }), probes }
}

// Runs the gate itself, which knows best what shapes it makes.
function probe(w: Writer, gate: Gate, inputs: readonly Wire[]): Value[] {
  return inputs[0]!.probes.map((_, i) => {
    const values = inputs.map(({ probes }) => probes[i]!)
    try {
      return inferGate(gate, ...values)
    } catch (cause) {
      const shapes = values.map((value) => (value instanceof Tensor ? shapeText(value.shape) : describe(value)))
      const expected = `a network that takes inputs like ${shapes.join(' and ')} (give inputShape)`
      const place = `${gateName(gate)}${w.path && ` at ${w.path}`}`
      throw new ArgumentError('exportOnnx', expected, `${place}, which says ${(cause as Error).message}`, { cause })
    }
  })
}

const concat = new Concat({ axis: -1 })

type WriteModel = (w: Writer, model: Model, inputs: readonly Wire[]) => Wire

const row: WriteModel = (w, model, [x]) =>
  model.gates.reduce((wire: Wire, gate, i) => w.within(model.names[i]!, () => writeGate(w, gate, [wire])), x!)

const residual: WriteModel = (w, model, inputs) => added(w, [row(w, model, inputs), inputs[0]!])

const parallel: WriteModel = (w, model, inputs) => {
  const branches = model.gates.map((gate, i) => w.within(model.names[i]!, () => writeGate(w, gate, inputs)))
  return (model as Parallel).join === 'add' ? added(w, branches) : side(w, model, inputs, branches)
}

function added(w: Writer, wires: readonly Wire[]): Wire {
  return wires.reduce((sum, wire) => ({ name: w.node('Add', [sum.name, wire.name]), probes: sum.probes }))
}

function side(w: Writer, model: Model, inputs: readonly Wire[], branches: readonly Wire[]): Wire {
  const join = gates.get(concat.constructor)!
  return { name: join(w, branches, concat, inputs[0]!), probes: probe(w, model, inputs) }
}

const network: WriteModel = (w, model, inputs) => {
  const { inputNames, nodes, output } = model as Network
  const wires = new Map(inputNames.map((name, i) => [name, inputs[i]!]))
  for (const node of nodes) {
    const read = node.inputs.map((name) => wires.get(name)!)
    wires.set(
      node.name,
      w.within(node.name, () => writeGate(w, node.gate, read)),
    )
  }
  return wires.get(output)!
}

const models = new Map<unknown, WriteModel>([
  [Sequential, row],
  [Residual, residual],
  [Parallel, parallel],
  [Network, network],
])

function writeModel(w: Writer, model: Model, inputs: readonly Wire[]): Wire {
  const write = models.get(model.constructor)
  if (!write) throw new ArgumentError('exportOnnx', 'networks of this library', gateName(model))
  return write(w, model, inputs)
}
