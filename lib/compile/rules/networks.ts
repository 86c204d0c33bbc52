// Networks: gates in rows, branches and graphs.
import type { Gate } from '../../gates/gate.js'
import { Concat } from '../../gates/parts.js'
import { Network } from '../../nn/network.js'
import { Parallel } from '../../nn/parallel.js'
import { Residual } from '../../nn/residual.js'
import { Sequential } from '../../nn/sequential.js'
import { sameShape } from '../../tensor/shape.js'
import type { Lowering } from '../lowering.js'
import { moved } from './moves.js'
import { lowerGate, rule } from './table.js'

function lowerChain(gates: readonly Gate[], x: number, to: Lowering): number | undefined {
  let value: number | undefined = x
  for (const gate of gates) {
    if (value === undefined) return undefined
    value = lowerGate(gate, [value], to)
  }
  return value
}

// Values of one shape.
function sum(x: readonly number[], to: Lowering): number | undefined {
  const shape = to.shapeOf(x[0]!)
  return x.every((value) => sameShape(to.shapeOf(value), shape)) ? to.add({ kind: 'add' }, x, shape) : undefined
}

rule(Sequential, ({ gates }, [x], to) => lowerChain(gates, x!, to))

rule(Residual, ({ gates }, [x], to) => {
  const y = lowerChain(gates, x!, to)
  return y === undefined ? undefined : sum([y, x!], to)
})

rule(Parallel, ({ gates, join }, [x], to) => {
  const outputs = gates.map((gate) => lowerGate(gate, [x!], to))
  if (!outputs.every((y) => y !== undefined)) return undefined
  return join === 'add' ? sum(outputs, to) : moved(new Concat({ axis: -1 }), outputs, to)
})

rule(Network, ({ inputNames, nodes }, [x], to) => {
  if (inputNames.length !== 1) return 'it has several inputs'
  const values = new Map([[inputNames[0]!, x!]])
  let last: number | undefined
  for (const { name, gate, inputs } of nodes) {
    last = lowerGate(
      gate,
      inputs.map((input) => values.get(input)!),
      to,
    )
    if (last === undefined) return undefined
    values.set(name, last)
  }
  return last
})
