// Derivatives of random graphs: against central differences, and of the first and second order against each other.
import fc from 'fast-check'
import { expect } from 'vitest'
import { checkGradients, grad, hvp, jvp, type Tensor, type Value, type Variable, variable } from '../../lib/index.js'
import { expectClose, numbers } from '../support.js'
import { randomLike } from './gates.js'
import { functionOf, graphCases, inputsOf } from './graphs.js'
import { property } from './holds.js'
import { isSmooth } from './kinks.js'

const inner = (a: readonly Value[], b: readonly Value[]) => {
  const other = b.flatMap(numbers)
  return a.flatMap(numbers).reduce((sum, x, i) => sum + x * other[i]!, 0)
}
const scaleOf = (values: readonly Value[]) => values.flatMap(numbers).reduce((sum, x) => sum + Math.abs(x), 1)

property('gradients of random graphs are those of central differences', 25, graphCases, (of) => {
  const inputs = inputsOf(of)
  const f = functionOf(of, inputs)
  fc.pre(isSmooth(() => f(...inputs.map((value) => variable(value)))))
  const report = checkGradients(f, inputs)
  expect(report.ok, String(report)).toBe(true)
})

property('J·v of random graphs, by rules, is the gradient times v; the Hessian is symmetric', 20, graphCases, (of) => {
  // Inputs as tensors: a list of numbers alone is one input.
  const inputs = inputsOf(of).map((value) => variable(value))
  const f = functionOf(of, inputsOf(of))
  const [v, w] = [1, 2].map((k) => inputs.map((x, i) => randomLike(x.value, of.seed + 10 * k + i))) as [
    Value[],
    Value[],
  ]
  fc.pre(isSmooth(() => f(...inputs)))
  const all = inputs.map((_, i) => i)
  const gradient = (grad(f, { arguments: all }) as unknown as (...x: Value[]) => Value[])(...inputs.map((x) => x.value))
  const lifted = (values: Value[]) => values.map((value) => variable(value))
  const { tangent } = jvp(f, inputs as never, lifted(v) as never) as unknown as { tangent: Variable }
  expect(Math.abs((tangent.value as number) - inner(gradient, v))).toBeLessThanOrEqual(1e-11 * scaleOf(gradient))
  const [hv, hw] = [v, w].map((d) =>
    (hvp(f, inputs as never, lifted(d) as never) as unknown as Variable[]).map((x) => x.value),
  )
  const difference = Math.abs(inner(hv!, w) - inner(hw!, v))
  expect(difference).toBeLessThanOrEqual(1e-10 * (scaleOf(hv!) + scaleOf(hw!)))
})

property('backward twice adds up, and leaves that nothing reads stay without gradient', 20, graphCases, (of) => {
  const inputs = inputsOf(of)
  const f = functionOf(of, inputs)
  const once = inputs.map((value) => variable(value))
  const twice = inputs.map((value) => variable(value))
  f(...once).backward()
  f(...twice).backward()
  f(...twice).backward()
  for (const [i, leaf] of once.entries()) {
    if (leaf.grad === null) expect(twice[i]!.grad).toBeNull()
    else
      expectClose(
        twice[i]!.grad as Tensor,
        numbers(leaf.grad).map((g) => 2 * g),
        1e-14,
      )
  }
})
