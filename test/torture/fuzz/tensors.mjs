// Formats of arrays and models.
import { deflateRawSync } from 'node:zlib'
import * as chainrule from '../../../dist/esm/index.js'
import { filesOf, through } from './files.mjs'
import { array, framed, model, npy, zip } from './pack.mjs'
import { damagedMessage } from './protobuf.mjs'

const { BatchNorm, Dropout, Embedding, encodeSafetensors, Flatten, Linear, mlp, Parallel, ReLU, Residual, Sequential, save, tensor } = chainrule // biome-ignore format: names

const matrix = () => tensor(Float32Array.of(1, 2, 3, 4), { shape: [2, 2] })
const networks = () => [
  mlp({ inputs: 3, hidden: [4], outputs: 2, dropout: 0.1, normalization: 'batch', seed: 1 }),
  new Sequential(
    new Parallel([new Linear(3, 2), new Sequential(new Linear(3, 2), new ReLU())]),
    new Residual(new Linear(4, 4)),
    new BatchNorm(4),
    new Dropout(0.2),
  ),
  new Sequential(new Embedding(5, 3), new Flatten({ startAxis: 1 }), new Linear(6, 1)),
]

const arrays = () => [
  npy('<f4', [2, 2], Float32Array.of(1, 2, 3, 4)),
  npy('>i8', [2], new BigInt64Array(2)),
  npy('|u1', [], Uint8Array.of(7), 2),
  npy('|b1', [0, 3], new Uint8Array(0)),
]

/** An archive of all arrays; its contents are damaged stored. */
const archive = (deflate) => {
  const parts = arrays().flatMap((bytes, i) => [Buffer.from(`a${i}.npy`), bytes])
  return zip(parts, deflate)
}

/** @type {Record<string, import('./formats.mjs').Format>} */
export const tensors = {
  safetensors: {
    seeds: () =>
      [
        encodeSafetensors(
          { w: matrix(), b: tensor([1], { dtype: 'float64' }), n: tensor([1, 2], { dtype: 'int32' }) },
          { format: 'pt', a: '{"b": 1}' },
        ),
        encodeSafetensors({}),
        encodeSafetensors({ 'a "quoted" näme': tensor([]) }),
      ].map((bytes) => Buffer.from(bytes)),
    read: (bytes) => chainrule.decodeSafetensors(bytes),
    ...framed,
  },
  model: {
    seeds: () => filesOf(networks().map((network) => (path) => save(network, path))),
    read: through('model.safetensors', chainrule.load),
    ...model,
  },
  idx: {
    seeds: () => [
      Buffer.from([0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3]),
      Buffer.from([0, 0, 13, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 128, 63, 0, 0, 0, 64]),
      Buffer.from([0, 0, 14, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2]),
    ],
    read: (bytes) => chainrule.parseIdx(bytes),
  },
  npy: { seeds: arrays, read: (bytes) => chainrule.parseNpy(bytes), ...array, needs: 'parseNpy' },
  npz: {
    seeds: () => [archive(), archive(deflateRawSync)],
    read: (bytes) => chainrule.parseNpz(bytes),
    unpack: () => arrays().flatMap((bytes, i) => [Buffer.from(`a${i}.npy`), bytes]),
    // Deflated where the first name is of odd length: mostly not.
    pack: (parts) => zip(parts, parts[0]?.length % 2 ? undefined : deflateRawSync),
    needs: 'parseNpz',
  },
  onnx: {
    seeds: () =>
      filesOf(
        [
          mlp({ inputs: 3, hidden: [4], outputs: 2, seed: 1 }),
          mlp({ inputs: 3, hidden: [4], outputs: 2, normalization: 'layer', activation: 'gelu', seed: 1 }),
        ].map((network) => (path) => chainrule.exportOnnx(network, path)),
      ),
    read: (bytes) => chainrule.decodeOnnx(bytes),
    damage: damagedMessage,
    needs: 'decodeOnnx',
  },
}
