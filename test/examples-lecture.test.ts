// The experiments of examples/lecture/, each in its short form: it runs, says what the lecture says, and draws its pictures.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chainrule-lecture-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The numbers of a table's row, by what the row begins with. */
function row(shown: string, name: string): number[] {
  const line = shown.split('\n').find((each) => each.startsWith(name))
  if (line === undefined) throw new Error(`no row ${name} in\n${shown}`)
  return Array.from(line.slice(name.length).matchAll(/-?\d[\d.]*(?:e[-+]?\d+)?/g), ([number]) => Number(number))
}

interface Experiment {
  readonly name: string
  readonly pictures?: readonly string[]
  check(shown: string): void
}

const experiments: readonly Experiment[] = [
  {
    name: 'activations',
    check(shown) {
      expect(row(shown, 'sigmoid').slice(0, 6)).toEqual([0.1192, 0.5, 0.8808, 0.105, 0.25, 0.105])
      expect(row(shown, 'tanh').slice(0, 6)).toEqual([-0.964, 0, 0.964, 0.0707, 1, 0.0707])
      expect(row(shown, 'hardTanh').slice(0, 6)).toEqual([-1, 0, 1, 0, 1, 0])
      expect(row(shown, 'relu ').slice(0, 6)).toEqual([0, 0, 2, 0, 0, 1])
      expect(row(shown, 'leakyRelu').slice(0, 6)).toEqual([-0.02, 0, 2, 0.01, 0.01, 1])
      expect(row(shown, 'elu').slice(0, 6)).toEqual([-0.8647, 0, 2, 0.1353, 1, 1])
      expect(shown).toContain('dα = -13')
    },
  },
  {
    name: 'universal-approximation',
    check(shown) {
      for (const target of ['sin 2πx', '|x|']) {
        const errors = row(shown, target)
        expect(errors.at(-1)).toBeLessThan(errors[0]! / 4)
      }
    },
  },
  {
    name: 'linear-collapse',
    check(shown) {
      expect(shown).toContain('W2·(W1·x) = 10,1\nW3 = W2·W1 = [[7,4],[-1,-3]]\nW3·x      = 10,1\n')
      expect(row(shown, 'three linear layers')[2]).toBeLessThan(70)
      expect(row(shown, 'three with ReLU between')[2]).toBeGreaterThan(80)
      expect(shown).toContain('collapse() leaves 1 gate of the 3')
      expect(shown).toContain('diagnose() says: no-activation')
    },
  },
  {
    name: 'two-paths',
    check(shown) {
      const [first, second] = ['over unit 0 of layer 2', 'over unit 1 of layer 2'].map((name) => row(shown, name)[0]!)
      expect(first! + second!).toBeCloseTo(-0.015677624, 9)
      expect(row(shown, 'sum')).toEqual([-0.015677624])
      expect(row(shown, 'backward()')).toEqual([-0.015677624])
      expect(shown).toContain('In the picture: ∂L/∂w = -0.015677624')
    },
  },
  {
    name: 'circuits',
    pictures: ['circuit-product', 'circuit-neuron', 'circuit-sigmoid', 'circuit-norm'],
    check(shown) {
      expect(shown).toContain('q = 3, f = -12\n∂f/∂x = -4   ∂f/∂y = -4   ∂f/∂z = 3   ∂f/∂q = -4\n')
      const neuron = 'w0 = -0.1966   ∂f/∂x0 = 0.3932   ∂f/∂w1 = -0.3932   ∂f/∂x1 = -0.5898   ∂f/∂w2 = 0.1966\n'
      expect(shown.split(neuron)).toHaveLength(3)
      expect(shown).toContain('gate by gate: f = 0.7311\n')
      expect(shown).toContain('one sigmoid gate: f = 0.7311, (1 − σ)·σ = 0.1966\n')
      expect(shown).toMatch(/‖W·x‖² = 0\.116\n.*\[0\.22,0\.26\]\n.*\[0\.44,0\.52\]\n/)
      expect(shown).toMatch(/\[\[0\.088,0\.176\],\[0\.104,0\.208\]\]\n.*\[-0\.112,0\.636\]\n/)
    },
  },
  {
    name: 'fusion',
    pictures: ['fusion-before', 'fusion-after'],
    check(shown) {
      const cells = shown.split('\n').map((line) => line.split(/ {3,}/))
      for (const expected of [
        ['sigmoid', '4', 'Sigmoid'],
        ['tanh', '9', 'Tanh'],
        ['softplus', '3', 'Softplus'],
        ['softmax', '4', 'Softmax'],
        ['softmax cross-entropy', '8', 'SoftmaxCrossEntropy'],
        ['linear + activation', '3', 'Affine + Tanh'],
        ['classifier', '13', 'Affine + ReLU, Affine, SoftmaxCrossEntropy'],
      ]) {
        expect(cells).toContainEqual([...expected, 'below 1e-14'])
      }
      expect(shown).toContain('1000: Infinity gate by gate, 1000 as a softplus gate\n')
    },
  },
  {
    name: 'diagnosis',
    pictures: [],
    check(shown) {
      for (const code of ['saturated-units', 'learning-rate-too-high', 'inputs-not-scaled', 'vanishing-gradient']) {
        expect(shown).toContain(`: ${code}`)
      }
      expect(shown).toContain('Diagnosis on 300 rows: no findings')
    },
  },
  {
    name: 'zero-initialisation',
    check(shown) {
      const rows = shown.match(/^ *(?:tensor\()?\[+[^\]]+\]/gm)!.map((each) => each.replace(/^[^-\d]*/, ''))
      expect(rows).toHaveLength(6)
      expect(new Set(rows).size).toBe(1)
      expect(row(shown, 'all 0 ')[0]).toBe(1)
      expect(row(shown, 'random around 0')[0]).toBe(6)
      expect(shown).toContain('error: symmetric-units at 0 (Linear)')
    },
  },
  {
    name: 'tanh-against-sigmoid',
    check: (shown) => expect(row(shown, '2 × 16 tanh')[0]).toBeLessThan(row(shown, '2 × 16 sigmoid')[0]!),
  },
  {
    name: 'jacobian-against-vjp',
    check(shown) {
      expect(shown.match(/^(16|64) × 1 .* yes$/gm)).toHaveLength(2)
      expect(shown).toMatch(/^4096 × 100 .* 1\.64 MB +– +671 GB$/m)
      expect(shown).toContain('The Jacobian of 409,600 elements: 409,600² floats, 671 GB.')
    },
  },
  { name: 'wide-against-deep', check: (shown) => expect(row(shown, '3 × 21')[0]).toBe(1031) },
  { name: 'network-size', check: (shown) => expect(row(shown, 'circle').every((share) => share > 50)).toBe(true) },
  {
    name: 'regularisation',
    check: (shown) => expect(row(shown, '0.01')[0]).toBeLessThan(row(shown, '0 ')[0]!),
  },
  {
    name: 'vanishing-gradients',
    check(shown) {
      const [shallow, deep] = row(shown, 'sigmoid, xavierNormal')
      expect(shallow).toBeGreaterThan(0.05)
      expect(deep).toBeLessThan(1e-4)
      expect(row(shown, 'relu, heNormal')[1]).toBeGreaterThan(0.1)
      expect(shown).toMatch(/sigmoid.*vanishing-gradient/)
    },
  },
  {
    name: 'hyperparameters',
    check: (shown) => expect(shown.match(/^[\d.e-]+ +\d+ +\d+ +[\d.]+ %$/gm)!.length).toBeGreaterThanOrEqual(6),
  },
]

const page = readFileSync(join(root, 'docs/lecture.md'), 'utf8')

function node(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return stdout
}

describe('examples/lecture/', () => {
  it.each(experiments)('$name', ({ name, pictures = [name], check }) => {
    const shown = node(join('examples/lecture', `${name}.mjs`), '--short', '--out', folder)
    check(shown)
    for (const picture of pictures) {
      expect(shown).toContain(`Picture: ${join(folder, `${picture}.svg`)}`)
      expect(readFileSync(join(folder, `${picture}.svg`), 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s)
    }
  })

  it('has no experiment without a test, a place in all.mjs and one in docs/lecture.md', () => {
    const files = readdirSync(join(root, 'examples/lecture')).map((file) => file.replace('.mjs', ''))
    const names = experiments.map(({ name }) => name).sort()
    expect(files.filter((file) => file !== 'all').sort()).toEqual(names)
    const all = readFileSync(join(root, 'examples/lecture/all.mjs'), 'utf8')
    expect(Array.from(all.matchAll(/^ {2}'(.+)',$/gm), ([, name]) => name).sort()).toEqual(names)
    expect(Array.from(page.matchAll(/^<!-- output of (\S+) -->$/gm), ([, name]) => name).sort()).toEqual(names)
  })
})

describe('docs/lecture.md', () => {
  const blocks = Array.from(page.matchAll(/^```js\n(.*?)^```/gms), ([, code]) => code!)

  it.each(blocks.map((code, i) => [i + 1, code] as const))(
    'code %i runs and prints what its comment says',
    (_, code) => {
      const said = /console\.log.* \/\/ (.*) …$/m.exec(code)![1]!
      expect(node('--input-type=module', '--eval', code)).toContain(said)
    },
  )

  it('points only at files that exist, and at small pictures', () => {
    for (const [, path] of page.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
      expect(existsSync(resolve(root, 'docs', path!)), path).toBe(true)
      if (path!.endsWith('.svg')) expect(statSync(resolve(root, 'docs', path!)).size, path).toBeLessThan(100_000)
    }
  })

  it('shows the numbers of the lecture', () => {
    for (const text of ['∂f/∂q = -4', '∂f/∂x1 = -0.5898', '[[0.088,0.176],[0.104,0.208]]', '671 GB']) {
      expect(page).toContain(text)
    }
  })
})
