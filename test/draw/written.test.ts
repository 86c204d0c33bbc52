// How pictures of graphs write constants, and where they write the names of gates.
import { expect, it } from 'vitest'
import { written } from '../../lib/graph/symbols.js'
import { AddConstant, draw, type Gate, Gather, Power, Scale, variable } from '../../lib/index.js'

it.each<[Gate, symbol: string, formula: string]>([
  [new Power(-12), 'x⁻¹²', '(a + b) ^ −12'],
  [new Power(3), 'x³', '(a + b) ^ 3'],
  [new Power(2.5), 'x^2.5', '(a + b) ^ 2.5'],
  [new Power(100), 'x^100', '(a + b) ^ 100'],
  [new AddConstant(-3), '−3', '(a + b) − 3'],
  [new Scale(-0.5), '×−0.5', '−0.5 × (a + b)'],
  [new Gather([0]), 'Gather', 'Gather(a + b)'],
])('%o', (gate, symbol, formula) => {
  const { symbol: shown, formula: of } = written(gate)
  expect([shown, of(['a + b'])]).toEqual([symbol, formula])
  expect(of(['a', 'b', 'c'])).toBe(`${symbol}(a, b, c)`)
})

it('names stand behind what a graph ends in, below the gates on the way', () => {
  const inner = variable(2).named('x').add(variable(3)).named('the sum')
  const picture = draw(inner.mul(inner).named('its square'))
  const at = (name: string) => /x="(-?[\d.]+)" y="(-?[\d.]+)"/.exec(picture.slice(0, picture.indexOf(`>${name}<`)).split('<text').at(-1)!)!.slice(1).map(Number) // biome-ignore format: a query
  const [[, sumY], [endX, endY]] = [at('the sum'), at('its square')] as [number[], number[]]
  expect(sumY).toBeGreaterThan(endY!)
  expect(endX).toBeGreaterThan(at('the sum')[0]!)
  expect(draw(variable(1).named('alone'))).toContain('>alone<')
})
