// Values that nobody should pass, and that somebody will: [name, maker]. Makers give a new value for every call.
import { Linear, Multiply, mlp, Tensor, tensor, variable } from '../../../dist/esm/index.js'

/** What hostile functions and getters throw; it may pass through the library as it is. */
export class Mischief extends Error {}

const mischief = () => {
  throw new Mischief('mischief')
}
const detachedArray = (Type) => {
  const array = new Type(6)
  structuredClone(array.buffer, { transfer: [array.buffer] })
  return array
}
const detachedTensor = () => {
  const made = tensor(new Float32Array(6), { shape: [2, 3] })
  structuredClone(made.data.buffer, { transfer: [made.data.buffer] })
  return made
}
const shrunk = () => {
  const buffer = new ArrayBuffer(64, { maxByteLength: 128 })
  const array = new Float32Array(buffer, 32, 4)
  buffer.resize(16)
  return array
}
const angry = new Proxy(
  {},
  Object.fromEntries(
    Object.getOwnPropertyNames(Reflect)
      .filter((k) => typeof Reflect[k] === 'function')
      .map((k) => [k, mischief]),
  ),
)
const revoked = () => {
  const { proxy, revoke } = Proxy.revocable([], {})
  revoke()
  return proxy
}
const withGetters = (...names) =>
  Object.defineProperties({}, Object.fromEntries(names.map((n) => [n, { get: mischief, enumerable: true }])))
const cyclic = (made) => {
  made[0] = made
  made.self = made
  return made
}
const deep = (levels) => {
  let list = [1]
  for (let i = 0; i < levels; i++) list = [list]
  return list
}
class OddArray extends Float32Array {
  get length() {
    return 1e9
  }
}
class PlainSubclass extends Float64Array {}
const rejected = () => {
  const promise = Promise.reject(new Mischief('mischief'))
  promise.catch(() => {})
  return promise
}

/** @type {[string, () => unknown][]} */
export const hostileValues = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['true', () => true],
  ['false', () => false],
  ['0', () => 0],
  ['-0', () => -0],
  ['1', () => 1],
  ['-1', () => -1],
  ['0.5', () => 0.5],
  ['3', () => 3],
  ['NaN', () => Number.NaN],
  ['Infinity', () => Number.POSITIVE_INFINITY],
  ['-Infinity', () => Number.NEGATIVE_INFINITY],
  ['2^31', () => 2 ** 31],
  ['2^32 + 1', () => 2 ** 32 + 1],
  ['2^53', () => 2 ** 53],
  ['1e300', () => 1e300],
  ['5e-324', () => 5e-324],
  ['empty string', () => ''],
  ['text', () => 'text'],
  ['"5"', () => '5'],
  ['__proto__', () => '__proto__'],
  ['constructor', () => 'constructor'],
  ['toString', () => 'toString'],
  ['NUL in a string', () => 'a\0b'],
  ['lone surrogate', () => '\ud800'],
  ['long string', () => 'x'.repeat(100_000)],
  ['symbol', () => Symbol('s')],
  ['bigint', () => 1n],
  ['{}', () => ({})],
  ['[]', () => []],
  ['[[]]', () => [[]]],
  ['ragged', () => [[1, 2], [3]]],
  ['mixed', () => [1, '2', null]],
  ['holes', () => Object.assign(new Array(3), { 0: 1, 2: 3 })],
  ['array of a million holes', () => new Array(1e6)],
  ['[NaN]', () => [Number.NaN]],
  ['[-1]', () => [-1]],
  ['[2^31]', () => [2 ** 31]],
  ['[symbol]', () => [Symbol('s')]],
  ['[null]', () => [null]],
  ['[throwing]', () => [withGetters('length', 'forward')]],
  ['array with a throwing getter', () => Object.defineProperty([1, 2], 1, { get: mischief })],
  ['deep array', () => deep(20_000)],
  ['cyclic array', () => cyclic([])],
  ['cyclic object', () => cyclic({})],
  ['array-like of 2^53', () => ({ length: 2 ** 53 })],
  ['array-like of -1', () => ({ length: -1 })],
  ['array-like of 1e9', () => ({ length: 1e9 })],
  [
    'iterable without end',
    () => ({
      *[Symbol.iterator]() {
        for (;;) yield 1
      },
    }),
  ],
  [
    'async iterable',
    () => ({
      async *[Symbol.asyncIterator]() {
        yield 1
      },
    }),
  ],
  ['function', () => () => 0],
  ['throwing function', () => mischief],
  ['async function', () => async () => 0],
  [
    'generator function',
    () =>
      function* () {
        yield 1
      },
  ],
  ['class', () => class {}],
  ['throwing proxy', () => angry],
  ['revoked proxy', revoked],
  ['proxy of a typed array', () => new Proxy(new Float32Array(4), {})],
  ['proxy of an array', () => new Proxy([1, 2, 3], {})],
  ['proxy of a function', () => new Proxy(() => 0, {})],
  ['throwing getters', () => withGetters('length', 'shape', 'data', 'x', 'y', 'forward', 'constructor')],
  [
    'throwing conversions',
    () => ({ toString: mischief, valueOf: mischief, [Symbol.toPrimitive]: mischief, toJSON: mischief }),
  ],
  ['object of no prototype', () => Object.create(null)],
  ['frozen object', () => Object.freeze({ length: 1 })],
  ['String object', () => Object('text')],
  ['Number object', () => Object(3)],
  ['Date', () => new Date(0)],
  ['invalid Date', () => new Date(Number.NaN)],
  ['RegExp', () => /x/g],
  ['Map', () => new Map([['x', 1]])],
  ['Set', () => new Set([1])],
  ['promise', () => Promise.resolve(1)],
  ['rejected promise', rejected],
  ['thenable', () => Object.fromEntries([['then', mischief]])],
  ['Float32Array(0)', () => new Float32Array(0)],
  ['Float32Array(3)', () => Float32Array.of(1, 2, 3)],
  ['Float64Array(3)', () => Float64Array.of(1, 2, 3)],
  ['Int32Array(3)', () => Int32Array.of(-1, 2 ** 31 - 1, 0)],
  ['Uint8Array(3)', () => new Uint8Array(3)],
  ['Uint16Array(3)', () => new Uint16Array(3)],
  ['Uint8ClampedArray', () => new Uint8ClampedArray(3)],
  ['BigInt64Array', () => new BigInt64Array(3)],
  ['Buffer', () => Buffer.from('abcdefgh')],
  ['DataView', () => new DataView(new ArrayBuffer(8))],
  ['ArrayBuffer', () => new ArrayBuffer(8)],
  ['SharedArrayBuffer', () => new SharedArrayBuffer(8)],
  ['shared Float32Array', () => new Float32Array(new SharedArrayBuffer(24))],
  ['detached Float32Array', () => detachedArray(Float32Array)],
  ['detached Int32Array', () => detachedArray(Int32Array)],
  ['detached Uint8Array', () => detachedArray(Uint8Array)],
  ['resizable Float32Array', () => new Float32Array(new ArrayBuffer(24, { maxByteLength: 48 }))],
  ['array past its buffer', shrunk],
  ['growable shared array', () => new Float64Array(new SharedArrayBuffer(24, { maxByteLength: 48 }))],
  ['subclass with an odd length', () => new OddArray(6)],
  ['subclassed Float64Array', () => new PlainSubclass(6)],
  ['frozen array', () => Object.freeze([1, 2])],
  ['tensor []', () => tensor(2)],
  ['tensor [0]', () => tensor([])],
  ['tensor [0, 3]', () => new Tensor(new Float32Array(0), [0, 3])],
  [
    'tensor [2, 3]',
    () =>
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]),
  ],
  [
    'float64 tensor',
    () =>
      tensor(
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
        { dtype: 'float64' },
      ),
  ],
  ['int32 tensor', () => tensor([0, 1], { dtype: 'int32' })],
  ['tensor of odd integers', () => tensor([-1, 2 ** 31 - 1], { dtype: 'int32' })],
  [
    'tensor of NaN',
    () =>
      tensor([
        [Number.NaN, 1, 2],
        [3, 4, 5],
      ]),
  ],
  ['tensor of rank 5', () => new Tensor(new Float32Array(32), [2, 2, 2, 2, 2])],
  ['detached tensor', detachedTensor],
  ['tensor-like', () => ({ shape: [2], data: Float32Array.of(1, 2), dtype: 'float32', size: 2 })],
  ['proxy of a tensor', () => new Proxy(tensor([1, 2]), {})],
  ['variable', () => variable(2)],
  [
    'variable of a tensor',
    () =>
      variable(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ).exp(),
  ],
  ['gate', () => new Multiply()],
  ['layer', () => new Linear(3, 2)],
  ['model', () => mlp({ inputs: 3, outputs: 2 })],
  ['throwing gate', () => ({ forward: mischief, backward: mischief })],
  ['gate of nonsense', () => ({ forward: () => 'text', backward: () => null })],
  [
    'gate with a throwing name',
    () => Object.defineProperty({ forward: (x) => x, backward: (d) => [d] }, 'name', { get: mischief }),
  ],
  ['nonsense of a loss', () => ({ forward: () => 'text', backward: () => ['text'], targets: 'labels' })],
  ['optimizer of nonsense', () => ({ step: () => 'text', learningRate: 'text' })],
  ['odd { x, y }', () => ({ x: [[1, 2, 3]], y: [Symbol('s')] })],
  ['empty { x, y }', () => ({ x: [], y: [] })],
  ['detached { x, y }', () => ({ x: detachedTensor(), y: detachedArray(Int32Array) })],
]
