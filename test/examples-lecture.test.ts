// The experiments of examples/lecture/, each in its short form: it runs, says what the lecture says, and draws its pictures.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
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

describe('examples/lecture/', () => {
  it.each(experiments)('$name', ({ name, pictures = [name], check }) => {
    const file = join('examples/lecture', `${name}.mjs`)
    const { status, stdout, stderr } = spawnSync(process.execPath, [file, '--short', '--out', folder], {
      cwd: root,
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    expect(status).toBe(0)
    check(stdout)
    for (const picture of pictures) {
      expect(stdout).toContain(`Picture: ${join(folder, `${picture}.svg`)}`)
      expect(readFileSync(join(folder, `${picture}.svg`), 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s)
    }
  })

  it('has no experiment without a test', () => {
    const files = readdirSync(join(root, 'examples/lecture')).map((file) => file.replace('.mjs', ''))
    expect(files.sort()).toEqual(experiments.map(({ name }) => name).sort())
  })
})
