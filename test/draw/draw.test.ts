// Pictures of graphs: the lecture's numbers in their colours, nothing lies on anything else, and any graph can be drawn.
import { describe, expect, it } from 'vitest'
import { textWidth } from '../../lib/draw/svg.js'
import { written } from '../../lib/graph/symbols.js'
import {
  AddConstant,
  ArgumentError,
  apply,
  draw,
  fuse,
  type Gate,
  Gather,
  Power,
  Scale,
  type Tensor,
  tensor,
  type Variable,
  variable,
} from '../../lib/index.js'
import { generator, thrownBy } from '../support.js'
import { all, type Element, readPicture, texts } from './xml.js'

const [GREEN, RED] = ['#128a5f', '#dc2f45']
const float64 = (value: number[] | number[][]) => tensor(value, { dtype: 'float64' })

function product(): Variable {
  const [x, y, z] = [variable(-2, 'x'), variable(5, 'y'), variable(-4, 'z')]
  return x.add(y).mul(z)
}

function neuron(last: (z: Variable) => Variable): Variable {
  const [w0, x0, w1, x1, w2] = [variable(2, 'w0'), variable(-1, 'x0'), variable(-3, 'w1'), variable(-2, 'x1'), variable(-3, 'w2')] // biome-ignore format: one neuron
  return last(w0.mul(x0).add(w1.mul(x1)).add(w2))
}
const circuit = () => neuron((z) => z.neg().exp().add(1).reciprocal())

function norm(): Variable {
  return variable(float64([[0.1, 0.5], [-0.3, 0.8]]), 'W').matmul(variable(float64([0.2, 0.4]), 'x')).squaredNorm() // biome-ignore format: one formula
}

// A graph of random gates over random earlier nodes.
function random(size: number, seed: number): Variable {
  const next = generator(seed)
  const nodes: Variable[] = [variable(1, 'a'), variable(2, 'b'), variable(3, 'a rather long name for a leaf')]
  const pick = () => nodes[Math.floor(nodes.length * (1 - next() ** 2))]!
  while (nodes.length < size) {
    const kind = Math.floor(next() * 5)
    const made = [() => pick().add(pick()), () => pick().mul(pick()), () => pick().tanh(), () => pick().sub(pick()), () => variable(next(), `p${nodes.length}`)][kind]!() // biome-ignore format: a choice
    nodes.push(made)
  }
  const used = new Set(nodes.flatMap(({ inputs }) => inputs))
  return nodes.filter((node) => !used.has(node)).reduce((a, b) => a.add(b))
}

const colored = (picture: string, color: string) =>
  all(readPicture(picture), 'text')
    .filter(({ attributes, text }) => attributes.fill === color && !['forward value', 'gradient'].includes(text))
    .map(({ text }) => text.replace('−', '-'))

describe('the graphs of the lecture', () => {
  const cases: [string, () => Variable, string[], string[], string[], string[]][] = [
    ['(x + y)z', product, ['+', '×'], ['x', 'y', 'z'], ['-2', '5', '3', '-4', '-12'], ['-4', '-4', '-4', '3', '1']],
    [
      'sigmoid from its gates',
      circuit,
      ['×', '×', '+', '+', '×−1', 'exp', '+1', '1/x'],
      ['w0', 'x0', 'w1', 'x1', 'w2'],
      ['2', '-1', '-2', '-3', '-2', '6', '4', '-3', '1', '-1', '0.3679', '1.368', '0.7311'],
      ['-0.1966', '0.3932', '0.1966', '-0.3932', '-0.5898', '0.1966', '0.1966', '0.1966', '0.1966', '-0.1966', '-0.5344', '-0.5344', '1'],
    ],
    [
      'sigmoid as one gate',
      () => neuron((z) => z.sigmoid()),
      ['×', '×', '+', '+', 'σ'],
      ['w0', 'x0', 'w1', 'x1', 'w2'],
      ['2', '-1', '-2', '-3', '-2', '6', '4', '-3', '1', '0.7311'],
      ['-0.1966', '0.3932', '0.1966', '-0.3932', '-0.5898', '0.1966', '0.1966', '0.1966', '0.1966', '1'],
    ],
    [
      '‖W·x‖²',
      norm,
      ['•', '‖x‖²'],
      ['W', 'x'],
      ['0.1', '0.5', '-0.3', '0.8', '0.2', '0.4', '0.22', '0.26', '0.116'],
      ['0.088', '0.176', '0.104', '0.208', '-0.112', '0.636', '0.44', '0.52', '1'],
    ],
  ] // biome-ignore format: a table
  it.each(cases)('%s', (_, make, symbols, leaves, values, gradients) => {
    const f = make()
    expect(colored(draw(f), GREEN)).toEqual(values)
    expect(colored(draw(f), RED)).toEqual([])
    f.backward()
    const picture = draw(f)
    expect(colored(picture, GREEN)).toEqual(values)
    expect(colored(picture, RED)).toEqual(gradients)
    expect(texts(picture)).toEqual(expect.arrayContaining([...symbols, ...leaves]))
    expect(draw(f)).toBe(picture)
    expect(draw(f, { theme: 'dark' })).not.toBe(picture)
  })

  it('have every value above its gradient, and leaves at the left of all gates', () => {
    const f = product()
    f.backward()
    const shown = all(readPicture(draw(f)), 'text')
    const at = (content: string, color: string) =>
      shown.filter(({ text, attributes }) => text === content && attributes.fill === color).map(({ attributes: a }) => [Number(a.x), Number(a.y)] as const) // biome-ignore format: a query
    const [[x, y]] = at('−12', GREEN) as [[number, number]]
    const below = at('1', RED).find(([left]) => Math.abs(left - x) < 20)!
    expect(below[1]).toBeGreaterThan(y)
    const gates = all(readPicture(draw(f)), 'circle').map(({ attributes }) => Number(attributes.cx))
    for (const { attributes, text } of shown) {
      if (['x', 'y', 'z'].includes(text)) expect(Number(attributes.x)).toBeLessThan(Math.min(...gates))
    }
  })
})

interface Area {
  readonly what: string
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
}

// What no other thing may lie on: gates, and texts outside of gates.
function areas(root: Element): Area[] {
  const gates = [
    ...all(root, 'circle').filter(({ attributes }) => attributes.r === '22').map(({ attributes: a }) => ({ what: 'gate', x0: +a.cx! - 22, x1: +a.cx! + 22, y0: +a.cy! - 22, y1: +a.cy! + 22 })),
    ...all(root, 'rect').filter(({ attributes }) => attributes.rx === '22').map(({ attributes: a }) => ({ what: 'gate', x0: +a.x!, x1: +a.x! + +a.width!, y0: +a.y!, y1: +a.y! + +a.height! })),
  ] // biome-ignore format: a table
  const labels = all(root, 'text').map(({ attributes: a, text }) => {
    const [size, x, y] = [+a['font-size']!, +a.x!, +a.y!]
    const width = textWidth(text, size) * 0.85
    const x0 = a['text-anchor'] === 'end' ? x - width : a['text-anchor'] === 'middle' ? x - width / 2 : x
    return { what: text, x0, x1: x0 + width, y0: y - size * 0.75, y1: y + 1 }
  })
  const within = (a: Area, b: Area) => a.x0 >= b.x0 - 1 && a.x1 <= b.x1 + 1 && a.y0 >= b.y0 && a.y1 <= b.y1
  return [...gates, ...labels.filter((label) => !gates.some((gate) => within(label, gate)))]
}

// Points along all wires.
function wirePoints(root: Element): [number, number][] {
  const points: [number, number][] = []
  for (const { attributes } of all(root, 'path').filter(({ attributes }) => !attributes.stroke)) {
    let [x, y] = [0, 0]
    for (const [, letter, list] of attributes.d!.matchAll(/([MHhC])([-\d. ]+)/g)) {
      const n = list!.trim().split(' ').map(Number)
      const [x0, y0] = [x, y]
      if (letter === 'M') [x, y] = [n[0]!, n[1]!]
      else if (letter === 'C') [x, y] = [n[4]!, n[5]!]
      else x = letter === 'H' ? n[0]! : x + n[0]!
      for (let t = 0; letter !== 'M' && t <= 1; t += 1 / 16) {
        const mix = (a: number, b: number, c: number, d: number) =>
          a * (1 - t) ** 3 + 3 * b * t * (1 - t) ** 2 + 3 * c * t * t * (1 - t) + d * t ** 3
        points.push(letter === 'C' ? [mix(x0, n[0]!, n[2]!, x), mix(y0, n[1]!, n[3]!, y)] : [x0 + (x - x0) * t, y])
      }
    }
  }
  return points
}

describe('nothing lies on anything else', () => {
  const graphs: [string, () => Variable][] = [
    ['product', product],
    ['circuit', circuit],
    ['norm', norm],
    ...[5, 12, 20, 39, 60, 120, 200].map((size, i): [string, () => Variable] => [`random ${size}`, () => random(size, i + 1)]), // biome-ignore format: a table
  ]
  it.each(graphs)('%s', (_, make) => {
    const f = make()
    f.backward()
    const root = readPicture(draw(f, { title: 'A title' }))
    const found = areas(root)
    const [width, height] = [Number(root.attributes.width), Number(root.attributes.height)]
    const apart = (a: Area, b: Area) => a.x1 <= b.x0 || b.x1 <= a.x0 || a.y1 <= b.y0 || b.y1 <= a.y0
    const outside = found.filter((a) => a.x0 < 0 || a.y0 < 0 || a.x1 > width || a.y1 > height)
    const overlaps = found.flatMap((a, i) => found.slice(i + 1).flatMap((b) => (apart(a, b) ? [] : [[a, b]])))
    // The distance to a gate's axis; gates are round at both ends.
    const distance = ([x, y]: [number, number], { x0, x1, y0, y1 }: Area) =>
      Math.hypot(Math.max(0, x0 + 22 - x, x - x1 + 22), y - (y0 + y1) / 2)
    const gates = found.filter(({ what }) => what === 'gate')
    const struck = wirePoints(root).filter((point) => gates.some((gate) => distance(point, gate) < 21))
    expect({ outside, overlaps, struck }).toEqual({ outside: [], overlaps: [], struck: [] })
    expect(gates.length).toBeGreaterThan(1)
  })
})

describe('graphs of all kinds', () => {
  it('draw a shared node once, with as many wires as it is used', () => {
    const x = variable(3, 'x')
    const f = x.mul(x).add(x)
    f.backward()
    const picture = draw(f)
    expect(colored(picture, GREEN)).toEqual(['3', '9', '12'])
    expect(colored(picture, RED)).toEqual(['7', '1', '1'])
    expect(texts(picture).filter((text) => text === 'x')).toHaveLength(1)
  })

  it('show large tensors by their shape and the norm of their gradient, and odd numbers as they are', () => {
    const x = variable(tensor(new Float32Array(30).fill(2), { shape: [5, 6] }), 'x')
    const f = x.sum()
    f.backward()
    expect(colored(draw(f), GREEN)).toEqual(['[5, 6]', '60'])
    expect(colored(draw(f), RED)).toEqual(['‖∇‖ 5.477', '1'])
    const odd = [Number.NaN, Number.NEGATIVE_INFINITY, -0, 1e-300, 123456789, 0.1 + 0.2]
    expect(odd.map((v) => colored(draw(variable(v)), GREEN)[0])).toEqual(['NaN', '-∞', '0', '1e-300', '1.23e8', '0.3'])
    expect(colored(draw(variable(tensor(new Float32Array(0), { shape: [0, 3] }))), GREEN)).toEqual(['[0, 3]'])
    expect(colored(draw(variable(Math.PI), { digits: 8 }), GREEN)).toEqual(['3.1415927'])
  })

  it('escape names, and shorten long ones', () => {
    const f = variable(1, '<b> & "q" \u0007').add(variable(2, 'n'.repeat(200)))
    const shown = texts(draw(f, { title: '<&>' }))
    expect(shown[0]).toBe('<&>')
    expect(shown).toContain('<b> & "q" �')
    expect(shown).toContain(`${'n'.repeat(23)}…`)
  })

  it('draw gates of users by their names, with inputs in their order', () => {
    const gate: Gate = {
      name: 'blend',
      forward: (...x) => (x as number[]).reduce((a, b) => a + b),
      backward: (d) => [d, d, d],
    }
    const f = apply(gate, variable(1, 'a'), variable(2, 'b'), variable(3, 'c'))
    f.backward()
    expect(texts(draw(f))).toContain('blend')
    expect(draw(f, { format: 'text' })).toContain('#1 = blend(a, b, c)')
  })

  it('write fused gates whole', () => {
    const x = variable(tensor([[1, 2]]), 'x')
    const soft = x.matmul(tensor([[1, 2], [3, 4]])).add(tensor([1, 2])).leakyRelu().softmax() // biome-ignore format: a matrix
    const { fused } = fuse(soft.log().mul(tensor([[0, 1]])).sum().neg()) // biome-ignore format: one chain
    expect(texts(draw(fused))).toEqual(expect.arrayContaining(['Affine + LeakyReLU', 'softmax cross-entropy']))
    expect(draw(fused, { format: 'text' })).toContain('= softmax cross-entropy(#')
  })

  it('draw several outputs of one graph together', () => {
    const x = variable(2, 'x')
    expect(colored(draw([x.square(), x.exp()]), GREEN)).toEqual(['2', '4', '7.389'])
  })

  it('cut graphs of 10,000 nodes, and say so', () => {
    let y: Variable = variable(0, 'x')
    for (let i = 0; i < 10_000; i++) y = y.add(1)
    const started = performance.now()
    const picture = draw(y)
    expect(performance.now() - started).toBeLessThan(5000)
    expect(texts(picture).at(-1)).toBe('10,001 nodes; drawn are the 200 nearest to the output.')
    expect(texts(picture)).toContain('⋯')
    expect(all(readPicture(picture), 'circle')).toHaveLength(200)
    const lines = draw(y, { format: 'text', limit: 3 }).split('\n')
    expect(lines).toEqual([
      '… 9,998 more nodes',
      '#1 = … + 1     9,998',
      '#2 = #1 + 1    9,999',
      '#3 = #2 + 1   10,000',
    ])
  })

  it('draw a value that 300 gates share', () => {
    const x = variable(1, 'x')
    let y: Variable = x
    for (let i = 0; i < 300; i++) y = y.mul(x)
    y.backward()
    readPicture(draw(y, { limit: 400 }))
  })
})

describe('as text', () => {
  it('is a table of formulas, values and gradients', () => {
    const f = product()
    expect(draw(f, { format: 'text' })).toBe(
      ['x              -2', 'y               5', '#1 = x + y      3', 'z              -4', '#2 = #1 × z   -12'].join(
        '\n',
      ),
    )
    f.backward()
    expect(draw(f, { format: 'text' })).toBe(
      [
        'x              -2   grad -4',
        'y               5   grad -4',
        '#1 = x + y      3   grad -4',
        'z              -4   grad  3',
        '#2 = #1 × z   -12   grad  1',
      ].join('\n'),
    )
  })

  const formulas: [string, (x: Variable, y: Variable) => Variable][] = [
    ['x − y', (x, y) => x.sub(y)],
    ['x / y', (x, y) => x.div(y)],
    ['max(x, y)', (x, y) => x.max(y)],
    ['max(x, 0.75)', (x) => x.max(0.75)],
    ['3 × x', (x) => x.mul(3)],
    ['x − 3', (x) => x.sub(3)],
    ['x + 0.5', (x) => x.add(0.5)],
    ['−x', (x) => x.neg()],
    ['exp(x)', (x) => x.exp()],
    ['1 / x', (x) => x.reciprocal()],
    ['√x', (x) => x.sqrt()],
    ['x²', (x) => x.square()],
    ['x ^ 2.5', (x) => x.pow(2.5)],
    ['σ(x)', (x) => x.sigmoid()],
    ['relu(x)', (x) => x.relu()],
    ['‖x‖²', (x) => x.squaredNorm()],
  ]
  it.each(formulas)('%s', (formula, make) => {
    const f = make(variable(2, 'x'), variable(3, 'y'))
    expect(draw(f, { format: 'text' }).split('\n').at(-1)).toMatch(`#1 = ${formula} `)
  })

  it('shows small tensors', () => {
    expect(draw(norm(), { format: 'text' }).split('\n')[0]).toBe('W            [[0.1, 0.5], [-0.3, 0.8]]')
  })
})

describe('constants and names', () => {
  it.each<[Gate, symbol: string, formula: string]>([
    [new Power(-12), 'x⁻¹²', '(a + b) ^ −12'],
    [new Power(3), 'x³', '(a + b) ^ 3'],
    [new Power(2.5), 'x^2.5', '(a + b) ^ 2.5'],
    [new Power(100), 'x^100', '(a + b) ^ 100'],
    [new AddConstant(-3), '−3', '(a + b) − 3'],
    [new Scale(-0.5), '×−0.5', '−0.5 × (a + b)'],
    [new Gather([0]), 'Gather', 'Gather(a + b)'],
  ])('%o is written %s', (gate, symbol, formula) => {
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
})

describe('refusals', () => {
  const cases: [string, () => unknown, string][] = [
    ['no graph', () => draw(1 as never), '[draw] expected a variable'],
    ['an empty list', () => draw([]), 'expected a variable'],
    ['a tensor', () => draw(tensor([1]) as Tensor as never), 'got Tensor object'],
    ['format', () => draw(product(), { format: 'jpg' as never }), 'format to be one of svg, png, text, got "jpg"'],
    ['theme', () => draw(product(), { theme: 'blue' as never }), 'theme to be one of light, dark'],
    ['limit', () => draw(product(), { limit: 0 }), 'limit to be an integer from 1 to 2000, got 0'],
    ['digits', () => draw(product(), { digits: 99 }), 'digits to be an integer from 1 to 17'],
    ['title', () => draw(product(), { title: 3 as never }), 'title to be a string, got 3'],
    ['option', () => draw(product(), { formats: 'svg' } as never), 'options among format'],
  ]
  it.each(cases)('%s', (_, f, message) => {
    const error = thrownBy(f)
    expect(error).toBeInstanceOf(ArgumentError)
    expect((error as Error).message).toContain(message)
  })
})
