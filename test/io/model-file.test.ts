// What a model's file holds beside the model, files of older versions, and what can be told of a file from its header.
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  BatchNorm,
  CrossEntropy,
  checkpoint,
  decodeSafetensors,
  encodeSafetensors,
  FormatError,
  fit,
  inspectFile,
  type Json,
  Linear,
  load,
  loadTensors,
  mlp,
  readModelFile,
  Sequential,
  SGD,
  save,
  saveTensors,
  tensor,
} from '../../lib/index.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chainrule-file-'))
})
afterAll(() => rmSync(folder, { recursive: true }))
const path = (name = 'm.safetensors') => join(folder, name)

// A Sequential of Linear(2, 2), PReLU and Linear(2, 1) as version 1 wrote it: header, then parameters in the file's order.
const OLD_HEADER =
  '{"__metadata__":{"format":"chainrule","version":"1","dtype":"float32","checksum":"crc32:c22e2124","architecture":' +
  '"{\\"gate\\":\\"Sequential\\",\\"gates\\":[{\\"gate\\":\\"Linear\\",\\"inFeatures\\":2,\\"outFeatures\\":2,\\"bias\\":true},' +
  '{\\"gate\\":\\"PReLU\\",\\"channels\\":1},{\\"gate\\":\\"Linear\\",\\"inFeatures\\":2,\\"outFeatures\\":1,\\"bias\\":true}]}"},' +
  '"0.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"0.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[8,24]},' +
  '"1.weight":{"dtype":"F32","shape":[1],"data_offsets":[24,28]},"2.bias":{"dtype":"F32","shape":[1],"data_offsets":[28,32]},' +
  '"2.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[32,40]}} '
const OLD_DATA = 'AACAPgAAAL8AAIA+AAAAvwAAQD8AAIC/AACAPgAAgD4AAIA+AAAAvw=='

function oldFile(): Buffer {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(OLD_HEADER.length))
  return Buffer.concat([length, Buffer.from(OLD_HEADER), Buffer.from(OLD_DATA, 'base64')])
}

describe('a model file', () => {
  it('of version 1 still loads', async () => {
    writeFileSync(path(), oldFile())
    const { model, version, metadata, ...rest } = await readModelFile(path())
    expect([version, rest]).toEqual(['1', {}])
    expect(metadata.checksum).toBe('crc32:c22e2124')
    expect(model.predictSync(tensor([[1, 2]])).toArray()).toEqual([[0.4375]])
    expect((await inspectFile(path())).version).toBe('1')
  })

  it('gives back what was saved with the model', async () => {
    const preprocessing: Json = {
      transform: 'StandardScaler',
      mean: [0.1, -0, 1e-320],
      deep: { 'é"': [null, true, 'x'] },
    }
    const training = { toJSON: () => ({ epochs: 3, history: [0.5, 0.25] }) } as unknown as Json
    const labels = ['no', 'yes', '']
    const model = mlp({ inputs: 2, hidden: [3], outputs: 3, seed: 1 })
    await save(model, path(), { preprocessing, labels, training })
    const back = await readModelFile(path())
    expect(back.preprocessing).toEqual(JSON.parse(JSON.stringify(preprocessing)))
    expect(back.labels).toEqual(labels)
    expect(back.training).toEqual({ epochs: 3, history: [0.5, 0.25] })
    expect(back.version).toBe('2')
    expect(back.model.parameters().map((p) => p.value.data)).toEqual(model.parameters().map((p) => p.value.data))
    expect((await load(path())).summary()).toBe(model.summary())
  })

  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  const wrong: [string, object, RegExp][] = [
    ['NaN', { preprocessing: { mean: [Number.NaN] } }, /preprocessing to be JSON, got NaN at 0/],
    ['an infinity', { training: { loss: Number.POSITIVE_INFINITY } }, /training to be JSON, got Infinity at loss/],
    ['undefined', { training: { a: undefined } }, /got undefined at a/],
    ['a function', { preprocessing: () => 1 }, /preprocessing to be JSON, got function/],
    ['a big integer', { preprocessing: 1n }, /preprocessing to be JSON/],
    ['a cycle', { preprocessing: cycle }, /preprocessing to be JSON, got Converting circular/],
    ['labels that are no text', { labels: [1] }, /labels to be an array of strings/],
    ['no labels', { labels: [] }, /labels to be an array of strings/],
    ['a misspelt option', { label: ['a'] }, /options among preprocessing, labels, training, overwrite, got "label"/],
    ['another overwrite', { overwrite: 1 }, /overwrite to be true or false/],
  ]
  it.each(wrong)('is not written with %s', async (_, options, message) => {
    await save(mlp({ inputs: 1, outputs: 1 }), path('kept'), {})
    const before = readFileSync(path('kept'))
    await expect(save(mlp({ inputs: 2, outputs: 1 }), path('kept'), options)).rejects.toThrow(message)
    expect(readFileSync(path('kept'))).toEqual(before)
  })

  it('is not overwritten against the wish of its owner, even when two write at once', async () => {
    const model = mlp({ inputs: 1, outputs: 1 })
    const all = await Promise.allSettled([1, 2, 3, 4].map(() => save(model, path('once'), { overwrite: false })))
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await expect(save(model, path('once'), { overwrite: false })).rejects.toThrow(
      /no file .* yet, got one that would be/,
    )
    await expect(saveTensors({}, path('once'), {}, { overwrite: false })).rejects.toMatchObject({ code: 'FILE_FAILED' })
    await saveTensors({}, path('once'))
    expect((await loadTensors(path('once'))).tensors).toEqual({})
  })

  it('tells of damage at any byte', async () => {
    await save(mlp({ inputs: 1, outputs: 1, seed: 4 }), path(), { labels: ['a'], training: { epochs: 1 } })
    const good = readFileSync(path())
    for (let at = 0; at < good.length; at += 3) {
      const bytes = Buffer.from(good)
      bytes[at]! ^= 1 << (at % 7)
      writeFileSync(path('bad'), bytes)
      // White space and the names of tensors that nothing depends on there are none of: every bit counts.
      await expect(load(path('bad')), `byte ${at}`).rejects.toThrow(FormatError)
    }
    writeFileSync(path('bad'), good)
    truncateSync(path('bad'), good.length - 1)
    await expect(load(path('bad'))).rejects.toThrow(/bytes of data, got/)
    appendFileSync(path('bad'), Buffer.alloc(2))
    await expect(load(path('bad'))).rejects.toThrow(/bytes of data, got/)
  })

  it('is read in pieces, between which other work has its turn', async () => {
    const model = new Sequential(new Linear(1500, 1500, { seed: 1 }), new Linear(1500, 1200, { seed: 2 }))
    await save(model, path('large'))
    let turns = 0
    let done = false
    const counting = (async () => {
      while (!done) {
        await setImmediate()
        turns++
      }
    })()
    const back = await load(path('large'))
    done = true
    await counting
    expect(turns).toBeGreaterThan(3)
    const [read, saved] = [back, model].map(({ block: { values } }) =>
      Buffer.from(values.buffer, values.byteOffset, values.byteLength),
    )
    expect(read?.equals(saved as Buffer)).toBe(true)
  })

  it('costs nothing to refuse, however large it says it is', async () => {
    writeFileSync(path('hole'), Buffer.from('\xff\xff\xff\xff\0\0\0\0{', 'latin1'))
    truncateSync(path('hole'), 2 ** 31)
    const before = process.memoryUsage().arrayBuffers
    await expect(load(path('hole'))).rejects.toThrow(/header of at most 100000000 bytes/)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20)
    truncateSync(path('hole'), 2 ** 33)
    await expect(load(path('hole'))).rejects.toThrow(/at most 4294967296 bytes/)
    await expect(load('/dev/zero')).rejects.toThrow(/a regular file/)
    rmSync(path('hole'))
  })
})

it('the state of a PyTorch model, as its program writes it, goes into an equal network', async () => {
  // torch.nn.Sequential(Linear(2, 1), BatchNorm1d(1)): the count of batches is of I64 and stands first.
  const entries: [string, string, number[], Uint8Array][] = [
    ['1.num_batches_tracked', 'I64', [], new Uint8Array(BigInt64Array.of(7n).buffer)],
    ...(
      [
        ['0.bias', [1], [0.5]],
        ['0.weight', [1, 2], [2, -1]],
        ['1.bias', [1], [1]],
        ['1.running_mean', [1], [0.25]],
        ['1.running_var', [1], [4 - 1e-5]],
        ['1.weight', [1], [3]],
      ] as [string, number[], number[]][]
    ).map(([name, shape, values]): [string, string, number[], Uint8Array] => {
      return [name, 'F32', shape, new Uint8Array(Float32Array.from(values).buffer)]
    }),
  ]
  let offset = 0
  const described = entries.map(([name, dtype, shape, bytes]) => {
    const begin = offset
    offset += bytes.length
    return [name, { dtype, shape, data_offsets: [begin, offset] }]
  })
  const json = JSON.stringify(Object.fromEntries(described))
  const header = json.padEnd(Math.ceil(json.length / 8) * 8)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  writeFileSync(path(), Buffer.concat([length, Buffer.from(header), ...entries.map(([, , , bytes]) => bytes)]))
  const model = new Sequential(new Linear(2, 1), new BatchNorm(1))
  model.loadStateDict((await loadTensors(path())).tensors)
  // 2·1 − 1·2 + 0.5 = 0.5; (0.5 − 0.25)/2·3 + 1
  expect(model.predictSync(tensor([[1, 2]])).item()).toBeCloseTo(1.375, 5)
})

describe('inspectFile', () => {
  it('tells of a model', async () => {
    const model = new Sequential(new Linear(3, 2, { dtype: 'float64' }), new BatchNorm(2, { dtype: 'float64' }))
    await save(model, path(), { labels: ['a', 'b'], training: { epochs: 2 }, preprocessing: [] })
    const found = await inspectFile(path())
    expect(found).toMatchObject({
      path: path(),
      format: 'chainrule',
      version: '2',
      bytes: readFileSync(path()).length,
      dtype: 'float64',
      parameters: 6 + 2 + 8,
      labels: ['a', 'b'],
      training: { epochs: 2 },
      preprocessing: [],
      architecture: { gate: 'Sequential', gates: [{ gate: 'Linear' }, { gate: 'BatchNorm' }] },
    })
    expect(found.tensors[0]).toEqual({ name: '0.bias', type: 'F64', shape: [2], bytes: 16 })
  })

  it('tells of what other programs have written, of any type', async () => {
    const header = JSON.stringify({
      __metadata__: { by: 'me' },
      w: { dtype: 'F4', shape: [2, 4], data_offsets: [0, 4] },
    })
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(header.length))
    writeFileSync(path(), Buffer.concat([length, Buffer.from(header), Buffer.alloc(4)]))
    expect(await inspectFile(path())).toEqual({
      path: path(),
      format: 'safetensors',
      bytes: 8 + header.length + 4,
      tensors: [{ name: 'w', type: 'F4', shape: [2, 4], bytes: 4 }],
      parameters: 8,
      metadata: { by: 'me' },
    })
    await expect(loadTensors(path())).rejects.toThrow(/got F4/)
  })

  it('tells of a checkpoint', async () => {
    const data = { x: [[0], [1]], y: [0, 1] }
    const callbacks = [checkpoint({ folder: path('checkpoints') })]
    const options = { loss: new CrossEntropy(), optimizer: new SGD({ learningRate: 0.1 }), epochs: 1, callbacks }
    await fit(mlp({ inputs: 1, outputs: 2 }), data, options)
    const found = await inspectFile(join(path('checkpoints'), 'checkpoint-000000001.safetensors'))
    expect(found).toMatchObject({ format: 'chainrule-checkpoint', version: '1' })
  })

  it('refuses what is no such file', async () => {
    writeFileSync(path('text'), 'a,b\n1,2\n')
    await expect(inspectFile(path('text'))).rejects.toThrow(/is this a safetensors file/)
    await expect(inspectFile(path('none'))).rejects.toMatchObject({ code: 'FILE_FAILED' })
    await expect(inspectFile('')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    const bytes = encodeSafetensors({}, { format: 'chainrule', version: '1', dtype: 'float32', architecture: '7' })
    writeFileSync(path('text'), bytes)
    await expect(inspectFile(path('text'))).rejects.toThrow(/an architecture/)
    expect(decodeSafetensors(bytes).tensors).toEqual({})
  })
})
