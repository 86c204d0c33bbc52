// Models in files: what is saved comes back equal; what is damaged or foreign is refused; a failed write loses nothing.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as chainrule from '../../lib/index.js'
import {
  decodeSafetensors,
  ELU,
  encodeSafetensors,
  FormatError,
  GELU,
  LeakyReLU,
  Linear,
  LogSoftmax,
  load,
  loadTensors,
  mlp,
  PReLU,
  ReLU,
  Scale,
  Sequential,
  save,
  saveTensors,
  tensor,
} from '../../lib/index.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chainrule-model-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const path = (name = 'm.safetensors') => join(folder, name)

/** Changes the metadata of a saved model, as a file of version 1, which has no checksum over them. */
function tamper(name: string, change: (metadata: Record<string, string>) => Record<string, string>): string {
  const { tensors, metadata } = decodeSafetensors(readFileSync(path(name)))
  writeFileSync(path('tampered.safetensors'), encodeSafetensors(tensors, change({ ...metadata, version: '1' })))
  return path('tampered.safetensors')
}

describe('save and load', () => {
  it.each(['float32', 'float64'] as const)('give the same network back in %s', async (dtype) => {
    const model = new Sequential(
      new Linear(4, 5, { dtype, seed: 1 }),
      new LeakyReLU({ alpha: 0.2 }),
      new Sequential(
        new Linear(5, 5, { dtype, bias: false, seed: 2 }),
        new PReLU({ channels: 5, dtype }),
        new Scale(0.5),
      ),
      new ELU({ alpha: 1.5 }),
      new GELU({ approximate: 'tanh' }),
      new Linear(5, 3, { dtype, seed: 3 }),
      new LogSoftmax(),
    )
    await save(model, path())
    const back = await load(path())
    expect(back.dtype).toBe(dtype)
    expect(Object.keys(back.stateDict())).toEqual([
      '0.weight',
      '0.bias',
      '2.0.weight',
      '2.1.weight',
      '5.weight',
      '5.bias',
    ])
    const x = tensor(
      [
        [0.3, -1, 2, 0.5],
        [1, 1, -1, 0],
      ],
      { dtype },
    )
    expect(back.predictSync(x).data).toEqual(model.predictSync(x).data)
    expect(back.summary()).toBe(model.summary())
  })

  it('know every gate of one input that the library has', async () => {
    const gates = Object.values(chainrule).flatMap((each) => {
      if (typeof each !== 'function' || !(each.prototype instanceof chainrule.ElementwiseGate)) return []
      const given = { Scale: 2, AddConstant: 2, Power: 2, Clip: { max: 0.5 } }[each.name]
      return [new (each as new (given?: unknown) => chainrule.Gate)(given)]
    })
    expect(gates.length).toBeGreaterThan(25)
    const model = new Sequential(...gates)
    await save(model, path())
    expect((await load(path())).gates.map((gate) => gate.constructor)).toEqual(gates.map((gate) => gate.constructor))
  })

  it('write parameters under the names of PyTorch, readable by any program', async () => {
    const model = mlp({ inputs: 3, hidden: [4], outputs: 2, seed: 5 })
    await save(model, path())
    const { tensors, metadata } = await loadTensors(path())
    expect(tensors['0.weight']?.shape).toEqual([4, 3])
    expect(tensors['2.bias']?.shape).toEqual([2])
    expect(metadata).toMatchObject({ format: 'chainrule', version: '2', dtype: 'float32' })
    expect(JSON.parse(metadata.architecture!)).toEqual({
      gate: 'Sequential',
      gates: [
        { gate: 'Linear', inFeatures: 3, outFeatures: 4, bias: true },
        { gate: 'ReLU' },
        { gate: 'Linear', inFeatures: 4, outFeatures: 2, bias: true },
      ],
    })
  })

  it('save the parameters of the moment of the call', async () => {
    const model = mlp({ inputs: 3, outputs: 2, seed: 5 })
    const before = model.parameters()[0]!.value.clone()
    const saving = save(model, path())
    model.parameters()[0]!.value.data.fill(7)
    await saving
    expect((await load(path())).parameters()[0]!.value.data).toEqual(before.data)
  })

  it('keep state dicts without architecture', async () => {
    await saveTensors(mlp({ inputs: 3, outputs: 2, seed: 6 }).stateDict(), path(), { by: 'me' })
    const model = mlp({ inputs: 3, outputs: 2, seed: 7 })
    const { tensors, metadata } = await loadTensors(path())
    model.loadStateDict(tensors)
    expect(metadata).toEqual({ by: 'me' })
    await expect(load(path())).rejects.toThrow(/saved by chainrule \(for other files use loadTensors/)
  })

  it('refuse a gate of the user, by name, before writing', async () => {
    class Cube {
      forward = (x: never) => x
      backward = (dy: never) => [dy]
    }
    const model = new Sequential(new Linear(2, 2), new Cube())
    await expect(save(model, path('never'))).rejects.toThrow(/\[save\] expected gates of this library .* got Cube at 1/)
    expect(existsSync(path('never'))).toBe(false)
    await expect(save({} as Sequential, path('never'))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(save(model, '')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})

describe('load', () => {
  beforeAll(async () => {
    await save(mlp({ inputs: 3, hidden: [4], outputs: 2 }), path('good'))
  })

  const change = (text: string, by: string) => (metadata: Record<string, string>) => {
    expect(metadata.architecture).toContain(text)
    return { ...metadata, architecture: metadata.architecture!.replace(text, by) }
  }
  const rows: [string, (metadata: Record<string, string>) => Record<string, string>, RegExp][] = [
    ['another version', (m) => ({ ...m, version: '3' }), /version 1 or 2, got "3"/],
    ['damaged metadata', (m) => ({ ...m, version: '2', labels: '["a"]' }), /metadata with checksum .* damaged/],
    ['another dtype', (m) => ({ ...m, dtype: 'float64' }), /0\.weight as F64 \[4, 3\], got F32/],
    ['an unknown dtype', (m) => ({ ...m, dtype: 'int32' }), /dtype float32 or float64/],
    ['another checksum', (m) => ({ ...m, checksum: 'crc32:00000000' }), /the file is damaged/],
    ['an architecture that is no JSON', (m) => ({ ...m, architecture: '{' }), /architecture in JSON/],
    ['an architecture that is no network', (m) => ({ ...m, architecture: '[]' }), /an architecture \{/],
    ['an unknown gate', change('"ReLU"', '"Magic"'), /gates that this version knows, got "Magic"/],
    ['a gate without name', change('{"gate":"ReLU"}', 'null'), /gates that this version knows, got undefined/],
    ['a gate named like a method', change('"ReLU"', '"constructor"'), /this version knows/],
    ['bad options', change('{"gate":"ReLU"}', '{"gate":"LeakyReLU","alpha":"x"}'), /options that LeakyReLU takes/],
    ['a larger layer', change('"outFeatures":4', '"outFeatures":4000000000'), /0\.weight as F32 \[4000000000, 3\]/],
    ['a missing tensor', change('"inFeatures":4', '"inFeatures":5'), /2\.weight as/],
    [
      'more tensors than layers',
      change('"bias":true', '"bias":false'),
      /tensors of the architecture alone, got "0\.bias"/,
    ],
    [
      'endless nesting',
      (m) => ({ ...m, architecture: '{"gate":"Sequential","gates":['.repeat(5000) + ']}'.repeat(5000) }),
      /nested at most 32 deep/,
    ],
  ]
  it.each(rows)('refuses %s', async (_, edit, message) => {
    const changed = tamper('good', edit)
    await expect(load(changed)).rejects.toThrow(message)
    await expect(load(changed)).rejects.toThrow(FormatError)
  })

  it('notices a flipped bit in the data', async () => {
    const bytes = readFileSync(path('good'))
    bytes[bytes.length - 3]! ^= 1
    writeFileSync(path('flipped'), bytes)
    await expect(load(path('flipped'))).rejects.toThrow(/checksum .* the file is damaged/)
  })

  it('says what is wrong with a path', async () => {
    await expect(load(path('missing'))).rejects.toThrow(
      /\[load\] expected to read .*got ENOENT \(no such file or folder\)/,
    )
    await expect(load(folder)).rejects.toMatchObject({ code: 'FILE_FAILED' })
    await expect(load(42 as unknown as string)).rejects.toThrow(/path to be the name of a file, got 42/)
  })
})

describe('writing', () => {
  const model = () => mlp({ inputs: 2, outputs: 2 })
  const leftovers = (at: string) => readdirSync(at).filter((name) => name.endsWith('.tmp'))

  it('leaves the old file alone when it fails, and no temporary file', async () => {
    const inner = path('inner')
    mkdirSync(join(inner, 'target', 'full'), { recursive: true })
    await expect(save(model(), join(inner, 'target'))).rejects.toMatchObject({
      code: 'FILE_FAILED',
      path: join(inner, 'target'),
    })
    expect(statSync(join(inner, 'target')).isDirectory()).toBe(true)
    expect(leftovers(inner)).toEqual([])
    await expect(save(model(), join(inner, 'nowhere', 'm'))).rejects.toThrow(/ENOENT/)
  })

  it('keeps mode and symbolic links', async () => {
    writeFileSync(path('real'), 'old')
    chmodSync(path('real'), 0o600)
    symlinkSync(path('real'), path('link'))
    await save(model(), path('link'))
    expect(lstatSync(path('link')).isSymbolicLink()).toBe(true)
    expect(statSync(path('real')).mode & 0o777).toBe(0o600)
    expect((await load(path('real'))).outputs).toBe(2)
    expect(leftovers(folder)).toEqual([])
  })

  it('never shows half a file to a reader', async () => {
    const [one, two] = [mlp({ inputs: 300, outputs: 300, seed: 1 }), mlp({ inputs: 300, outputs: 300, seed: 2 })]
    await save(one, path('busy'))
    let writing = true
    const writer = (async () => {
      for (let i = 0; i < 10; i++) await save(i % 2 ? one : two, path('busy'))
      writing = false
    })()
    let reads = 0
    while (writing) {
      await load(path('busy'))
      reads++
    }
    await writer
    expect(reads).toBeGreaterThan(0)
  })
})

it('leaves a whole file behind when the process is killed while saving', async () => {
  const script = `
    import { mlp, save } from 'chainrule'
    const models = [1, 2].map((seed) => mlp({ inputs: 500, hidden: [500], outputs: 10, seed }))
    await save(models[0], process.argv[1])
    process.stdout.write('saved')
    for (let i = 1; ; i++) await save(models[i % 2], process.argv[1])`
  for (const delay of [0, 3, 7, 12, 20]) {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script, path('killed')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    await setTimeout(delay)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect((await load(path('killed'))).inputs).toBe(500)
    rmSync(path('killed'))
  }
})

it('a ReLU alone can be saved too', async () => {
  await save(new Sequential(new ReLU()), path())
  expect((await load(path())).predictSync(tensor([[-1, 2]])).toArray()).toEqual([[0, 2]])
})
