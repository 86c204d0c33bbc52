// The examples, and the code in the README, run as they stand, against the build.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chainrule-examples-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function node(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return stdout
}

/** The lines that an example says it prints. */
function printedBy(name: string): string[] {
  const [, printed] = readFileSync(join(root, `examples/${name}.mjs`), 'utf8').split(/^\/\/ Prints.*:\n\/\/\n/m)
  return printed!.replace(/^\/\/ {0,3}/gm, '').split('\n')
}

describe('examples/', () => {
  it('quickstart.mjs learns two spirals', () => {
    expect(node('examples/quickstart.mjs')).toMatch(/accuracy (0\.99\d*|1)\nSpirals: \[ 0, 1 \]/)
  })

  it('gates.mjs shows the numbers of the lecture', () => {
    const shown = node('examples/gates.mjs')
    expect(shown).toContain('multiply.forward(3, -4) = -12  backward(2) = [ -8, 6 ]')
    expect(shown).toContain(
      'f = (x + y)·z = -12   with q = x + y = 3\n∂f/∂x = -4   ∂f/∂y = -4   ∂f/∂z = 3   ∂f/∂q = -4',
    )
    expect(
      shown.match(/0\.7311 {3}dw0 dx0 dw1 dx1 dw2 = -0\.1966 {2}0\.3932 {2}-0\.3932 {2}-0\.5898 {2}0\.1966/g),
    ).toHaveLength(2)
    expect(shown).toMatch(/‖W·x‖² = 0\.116.*0\.088, 0\.176.*0\.104, 0\.208.*-0\.112, {2}0\.636/s)
    expect(shown).toContain('3 of 3 elements agree')
  })

  it('draw.mjs draws the graphs of the lecture', () => {
    const shown = node('examples/draw.mjs', folder)
    for (const name of ['product', 'sigmoid-gates', 'sigmoid', 'norm', 'network']) {
      expect(readFileSync(join(folder, `${name}.svg`), 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s)
    }
    expect(shown).toContain('4-layer network, input [batch, 784]')
    expect(shown).toMatch(/#2 = #1 × z +-12 +grad +1\n/)
    expect(shown).toMatch(/w0 +2 +grad -0\.1966\nx0 +-1 +grad +0\.3932\n/)
    expect(shown).toMatch(/grad \[\[0\.088, 0\.176\], \[0\.104, 0\.208\]\]/)
  })

  it('derivatives.mjs differentiates functions, twice, and fuses a graph', () => {
    expect(node('examples/derivatives.mjs').split('\n')).toEqual(printedBy('derivatives'))
  })

  it('files.mjs saves, inspects, exchanges and trains further', () => {
    const shown = node('examples/files.mjs', folder).split('\n')
    expect(shown.slice(0, -2)).toEqual(printedBy('files').slice(0, -2))
    const [, before, after] = /from (\S+) to (\S+) of the points/.exec(shown.at(-2)!)!
    expect(Number(after)).toBeGreaterThan(Number(before))
  })

  it('own-gate.mjs trains a gate that is not of the library', () => {
    const shown = node('examples/own-gate.mjs')
    expect(shown).toContain('checkGradients(Sine): 4 of 4 elements agree')
    expect(Number(/, (\S+) after 200/.exec(shown)?.[1])).toBeLessThan(1e-3)
    expect(shown.split('\n').slice(3, 11)).toEqual(printedBy('own-gate').slice(3, 11)) // the rest is rounded
  })

  it('churn.mjs trains on a table with gaps, and its saved model answers', () => {
    const shown = node('examples/churn.mjs', '--rows', '600', '--out', folder)
    expect(shown).toMatch(
      /city \(categorical, \d+ categories, embedded\); contract \(categorical, 3 categories, one column each\)/,
    )
    expect(shown).toContain('Left out: customer, a value of its own in nearly every row')
    expect(Number(/ROC-AUC (\S+)/.exec(shown)![1])).toBeGreaterThan(0.75)
    expect(shown).toMatch(/Customer 1 leaves, with probability 0\.\d+\nCustomer 2 stays/)
  })

  it('embeddings.mjs classifies vectors of 1536 numbers', () => {
    const shown = node('examples/embeddings.mjs', '--texts', '800')
    expect(Number(/accuracy (\S+),/.exec(shown)![1])).toBeGreaterThan(0.9)
  })

  it('anomaly.mjs finds faults by their reconstruction errors, and draws these', () => {
    const shown = node('examples/anomaly.mjs', '--rows', '1000', '--epochs', '30', '--out', folder)
    expect(Number(/ROC-AUC (\S+),/.exec(shown)![1])).toBeGreaterThan(0.85)
    expect(readFileSync(join(folder, 'anomaly.svg'), 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s)
  })

  it('online.mjs follows a stream that drifts', () => {
    const shown = node('examples/online.mjs', '--batches', '300', '--out', folder)
    const [, own, twin] = /last tenth: (\S+); of the twin that stopped: (\S+)/.exec(shown)!
    expect(Number(own)).toBeGreaterThan(0.9)
    expect(Number(twin)).toBeLessThan(0.5)
  })

  it('fashion.mjs trains on Fashion-MNIST, or says what is missing', () => {
    const args = ['--epochs', '1', '--rows', '6000', '--out', folder]
    if (existsSync('/usr/share/datasets/fashion-mnist')) {
      expect(Number(/s: (\S+) % of the test/.exec(node('examples/fashion.mjs', ...args))![1])).toBeGreaterThan(70)
    }
    const absent = ['examples/fashion.mjs', '--data', folder]
    const { status, stderr } = spawnSync(process.execPath, absent, { cwd: root, encoding: 'utf8' })
    expect([status, stderr]).toEqual([2, expect.stringContaining('apt-get install dataset-fashion-mnist')])
  })

  it('mnist.mjs trains, tests, draws and saves a model that its own advice loads', () => {
    const shown = node('examples/mnist.mjs', '--epochs', '2', '--hidden', '256', '--out', folder, '--json')
    const lines = shown.trimEnd().split('\n')
    const report = JSON.parse(lines.at(-1)!)
    expect(Object.keys(report)).toEqual(['testAccuracy', 'epochs', 'samplesPerSecond', 'seconds', 'isa', 'threads'])
    expect(report.testAccuracy).toBeGreaterThan(0.95)
    expect(report.epochs).toBe(2)
    for (const name of ['learning-curves.svg', 'mistakes.svg'])
      expect(readFileSync(join(folder, name), 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s)
    const advice = lines
      .slice(
        lines.findIndex((line) => line.startsWith('  import')),
        -1,
      )
      .join('\n')
    expect(node('--input-type=module', '--eval', advice)).toBe('[ 7, 2, 1, 0, 4 ]\n')
  })

  it('mnist.mjs explains itself, and names a bad option in one line', () => {
    expect(node('examples/mnist.mjs', '--help')).toContain('--batch-size N')
    const { status, stderr } = spawnSync(process.execPath, ['examples/mnist.mjs', '--epochs', 'ten'], {
      cwd: root,
      encoding: 'utf8',
    })
    expect(status).toBe(2)
    expect(stderr).toBe('--epochs takes a number, not "ten"\nTry --help.\n')
  })
})

it('docs/networks.md: its code runs', () => {
  const [, code] = readFileSync(join(root, 'docs/networks.md'), 'utf8').match(/^```js\n(.*?)^```/ms)!
  expect(node('--input-type=module', '--eval', code!)).toBe('[ 1, 3 ]\n')
})

it('docs/training.md: its code runs', () => {
  for (const [, code] of readFileSync(join(root, 'docs/training.md'), 'utf8').matchAll(/^```js\n(.*?)^```/gms)) {
    const placed = code!.replaceAll(/'training\/(.*?)'/g, (_, path) => JSON.stringify(join(folder, path)))
    expect(node('--input-type=module', '--eval', placed)).toBe('true\n')
  }
})

it('docs/files.md: its code prints what its comments say', () => {
  const said = ['versicolor [ 1, 3 ]\n67\n', '2-layer network, input [batch, 4]\n']
  for (const [i, [, code]] of Array.from(
    readFileSync(join(root, 'docs/files.md'), 'utf8').matchAll(/^```js\n(.*?)^```/gms),
  ).entries()) {
    const placed = code!.replaceAll(/'([\w.]+\.(safetensors|onnx))'/g, (_, path) => JSON.stringify(join(folder, path)))
    expect(node('--input-type=module', '--eval', placed)).toBe(said[i])
  }
})

it('docs/tabular.md: its code runs, and prints what its comments say', () => {
  const text = readFileSync(join(root, 'docs/tabular.md'), 'utf8')
  const [train, transforms] = Array.from(text.matchAll(/^```js\n(.*?)^```/gms), ([, code]) => code!)
  const placed = train!.replaceAll("'rent.safetensors'", JSON.stringify(join(folder, 'rent.safetensors')))
  expect(node('--input-type=module', '--eval', placed)).toBe('regression true\ntrue\n150\n')
  const said = Array.from(transforms!.matchAll(/ \/\/ (.*)$/gm), ([, comment]) => comment)
  expect(node('--input-type=module', '--eval', transforms!).trimEnd().split('\n')).toEqual(said)
})

describe('README.md', () => {
  const text = readFileSync(join(root, 'README.md'), 'utf8')
  const blocks = Array.from(text.matchAll(/^```js\n(.*?)^```/gms), ([, code]) => code!)

  it.each(blocks.map((code, i) => [i + 1, code] as const))('code %i runs', (_, code) => {
    node(
      '--input-type=module',
      '--eval',
      code.replaceAll("'circle.safetensors'", JSON.stringify(join(folder, 'circle.safetensors'))),
    )
  })

  it('shows what its comments say', () => {
    const gates = blocks.find((code) => code.includes('new Multiply'))
    expect(node('--input-type=module', '--eval', gates!)).toBe('-12 [ -8, 6 ]\n-12 -4 -4 3\n0.7310585786300049\n')
  })

  it('and docs/gates.md prints what its comments say', () => {
    const [, code] = /^```js\n(.*?)^```/ms.exec(readFileSync(join(root, 'docs/gates.md'), 'utf8'))!
    const said = Array.from(code!.matchAll(/ \/\/ (.*\])/g), ([, comment]) => comment)
    expect(node('--input-type=module', '--eval', code!).trimEnd().split('\n')).toEqual(said)
  })

  it('points only at files that exist', () => {
    for (const page of [
      'README.md',
      'docs/architecture.md',
      'docs/gates.md',
      'docs/networks.md',
      'docs/files.md',
      'docs/tabular.md',
    ]) {
      const links = readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)\)/g)
      for (const [, path] of links) expect(existsSync(resolve(root, page, '..', path!)), `${page}: ${path}`).toBe(true)
    }
  })
})
