// What networks look like: summary() as a table, draw() as boxes; layers counted, shared ones once.
import { describe, expect, it } from 'vitest'
import {
  Add,
  ArgumentError,
  draw,
  type Gate,
  Linear,
  Multiply,
  mlp,
  Network,
  Parallel,
  PReLU,
  ReLU,
  Residual,
  Sequential,
  Tanh,
} from '../../lib/index.js'
import { all, readPicture, texts } from '../draw/xml.js'

const linear = (inputs: number, outputs: number) => new Linear(inputs, outputs, { seed: 1 })
const residual = () => new Residual(linear(4, 4), new ReLU(), linear(4, 4))
const branches = () => new Parallel([new Sequential(linear(8, 4), new ReLU()), linear(8, 6), new Tanh()])
const wired = () =>
  new Network({
    inputs: ['image', 'text'],
    nodes: {
      a: [linear(8, 4), 'image'],
      b: [linear(5, 4), 'text'],
      sum: [new Add(), 'a', 'b'],
      scores: [linear(4, 3), 'sum'],
    },
  })
function sharing(): Network {
  const layer = linear(4, 4)
  return new Network({ nodes: { first: [layer, 'x'], active: [new ReLU(), 'first'], again: [layer, 'active'] } })
}

describe('layers are counted as in the lecture', () => {
  const cases: [string, Gate, number][] = [
    ['logistic regression', linear(3, 1), 1],
    ['the same in a network', new Sequential(linear(3, 1)), 1],
    ['W2 max(0, W1 x)', new Sequential(linear(8, 4), new ReLU(), linear(4, 2)), 2],
    ['mlp of two hidden layers', mlp({ inputs: 7, hidden: [5, 5], outputs: 2 }), 3],
    ['PReLU has no weight layer', new Sequential(linear(8, 4), new PReLU(), linear(4, 2)), 2],
    ['nested', new Sequential(new Sequential(linear(8, 4), linear(4, 4)), linear(4, 2)), 3],
    ['around a shortcut', new Sequential(residual(), linear(4, 2)), 3],
    ['the longest branch counts', new Sequential(branches(), linear(18, 2)), 2],
    ['no weights', new Sequential(new ReLU()), 0],
    ['wired', wired(), 2],
    ['shared', sharing(), 2],
  ]
  it.each(cases)('%s', (_, model, layers) => {
    expect(draw(model, { format: 'text' })).toMatch(new RegExp(`^${layers}-layer network`))
    expect(texts(draw(model))[0]).toBe(`${layers}-layer network`)
  })
})

describe('summary', () => {
  it('is a table of a row of gates', () => {
    const model = mlp({ inputs: 784, hidden: [512], outputs: 10, activation: 'relu' })
    expect(model.summary()).toBe(
      [
        '2-layer network, input [batch, 784]',
        'name  gate    output        parameters   memory',
        '───────────────────────────────────────────────',
        '0     Linear  [batch, 512]     401,920  1.61 MB',
        '1     ReLU    [batch, 512]           0',
        '2     Linear  [batch, 10]        5,130  20.5 kB',
        '407,050 parameters, all trained, 1.63 MB',
        '4.14 kB of activations per row',
      ].join('\n'),
    )
  })

  it('says what each part of a network with branches reads', () => {
    expect(new Sequential(residual(), linear(4, 2)).summary().split('\n').slice(1, 7)).toEqual([
      'name  gate    output      parameters  memory  reads',
      '────────────────────────────────────────────────────────',
      '0.0   Linear  [batch, 4]          20    80 B  input',
      '0.1   ReLU    [batch, 4]           0          0.0',
      '0.2   Linear  [batch, 4]          20    80 B  0.1',
      '0     +       [batch, 4]           0          0.2, input',
    ])
    const lines = new Sequential(branches(), linear(18, 2)).summary().split('\n')
    expect(lines.find((line) => line.includes('concat'))).toBe(
      '0      concat  [batch, 18]           0          0.0.1, 0.1, 0.2',
    )
    expect(wired().summary()).toMatch(/^sum +Add +\[batch, 4\] +0 +a, b$/m)
  })

  it('counts a shared layer once, and float64 as twice the memory', () => {
    const text = sharing().summary()
    expect(text).toMatch(/^again +Linear +\[batch, 4\] +shared +active$|^again +Linear +\[batch, 4\] +shared$/m)
    expect(text).toContain('20 parameters, all trained, 80 B\n48 B of activations')
    const double = new Sequential(new Linear(3, 2, { dtype: 'float64' })).summary()
    expect(double).toContain('8 parameters, all trained, 64 B\n16 B of activations per row')
  })

  it('leaves open what it does not know', () => {
    const odd: Gate = { name: 'odd', forward: (x) => x, backward: (dy) => [dy] }
    const text = new Sequential(linear(2, 2), odd, linear(3, 1)).summary()
    expect(text).toMatch(/^1 +odd +\[batch, \?\] +0$/m)
    expect(text).toContain('of activations per row, and those of unknown width')
  })
})

describe('draw(network)', () => {
  const cases: [string, () => Gate, number, string[]][] = [
    ['a row', () => mlp({ inputs: 784, hidden: [512], outputs: 10 }), 3, ['input', '784', '784 → 512', '401,920 parameters', '512', 'ReLU', '10']], // biome-ignore format: a table
    ['a shortcut', residual, 4, ['+', '4 → 4', '20 parameters']],
    ['branches', branches, 5, ['concat', 'Tanh', '8 → 6']],
    ['any wiring', wired, 4, ['image', '8', '8 → 4', 'text', '5', '5 → 4', 'Add']],
    ['a shared layer', sharing, 3, ['shared']],
    ['one gate', () => new Multiply(), 1, ['Multiply']],
    ['names that need escaping', () => ({ name: '<&"> long '.repeat(9), forward: (x) => x, backward: (d) => [d] }), 1, ['<&"> long <&"> long <&"…']], // biome-ignore format: a table
  ]
  it.each(cases)('%s', (_, make, boxes, shown) => {
    const model = make()
    for (const theme of ['light', 'dark'] as const) {
      const picture = draw(model, { theme })
      const root = readPicture(picture)
      const found = all(root, 'rect').filter(({ attributes }) => attributes.rx)
      expect(found).toHaveLength(boxes)
      expect(texts(picture)).toEqual(expect.arrayContaining(shown))
      expect(draw(model, { theme })).toBe(picture)
      const edges = found.map(({ attributes: a }) => [+a.x!, +a.y!, +a.x! + +a.width!, +a.y! + +a.height!] as const)
      for (const [i, a] of edges.entries()) {
        for (const b of edges.slice(i + 1)) {
          expect(a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1], 'boxes apart').toBe(true)
        }
        expect(a[2] <= +root.attributes.width! && a[3] <= +root.attributes.height!).toBe(true)
      }
    }
  })

  it('leaves out the middle of a deep network, and says so', () => {
    const deep = new Sequential(...Array.from({ length: 400 }, () => new Linear(2, 2)))
    const shown = texts(draw(deep, { limit: 20, title: 'Deep' }))
    expect(shown.slice(0, 2)).toEqual(['Deep', '2,400 parameters, 9.6 kB; 381 gates in the middle are not drawn'])
    expect(shown.filter((text) => text === 'Linear')).toHaveLength(19)
    expect(shown).toContain('⋯ 381 more')
  })

  it('refuses what is no network', () => {
    expect(() => draw({} as never)).toThrow(ArgumentError)
    expect(() => draw(null as never)).toThrow(ArgumentError)
  })
})
