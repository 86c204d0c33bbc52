// The rival: a multi-layer perceptron in plain JavaScript, written with care. Float32Array storage; a product packs its
// operands into panels and computes tiles of 4 × 4 in local variables; a training step allocates nothing.

// Inner dimension of a panel: 4 × 256 float64 are 8 KB, so that both panels of a tile stay in the L1 cache.
const KC = 256
const panelA = new Float64Array(4 * KC)
let panelsB = new Float64Array(0)
const tile = new Float64Array(16)

/** C[m, n] = A·B, row-major C. A's element (i, p) is a[i·aRow + p·aCol], B's (p, j) is b[p·bRow + j·bCol]. */
export function gemm(m, n, k, a, aRow, aCol, b, bRow, bCol, c) {
  const panels = Math.ceil(n / 4)
  if (panelsB.length < panels * 4 * KC) panelsB = new Float64Array(panels * 4 * KC)
  for (let k0 = 0; k0 < k; k0 += KC) {
    const depth = Math.min(KC, k - k0)
    for (let j = 0; j < n; j += 4) {
      pack(b, k0 * bRow + j * bCol, bCol, bRow, Math.min(4, n - j), depth, panelsB, j * depth)
    }
    for (let i = 0; i < m; i += 4) {
      pack(a, i * aRow + k0 * aCol, aRow, aCol, Math.min(4, m - i), depth, panelA, 0)
      for (let j = 0; j < n; j += 4) {
        multiplyTile(depth, j * depth)
        storeTile(c, i, j, m, n, k0 > 0)
      }
    }
  }
}

// Four lines (rows of A, columns of B) side by side; missing ones become zeros.
function pack(source, from, lineStride, step, lines, depth, panel, to) {
  if (lines === 4) {
    const [l1, l2, l3] = [lineStride, 2 * lineStride, 3 * lineStride]
    for (let p = 0, at = from; p < depth; p++, at += step, to += 4) {
      panel[to] = source[at]
      panel[to + 1] = source[at + l1]
      panel[to + 2] = source[at + l2]
      panel[to + 3] = source[at + l3]
    }
    return
  }
  for (let p = 0; p < depth; p++) {
    for (let line = 0; line < 4; line++) panel[to++] = line < lines ? source[from + p * step + line * lineStride] : 0
  }
}

function multiplyTile(depth, from) {
  const [a, b] = [panelA, panelsB]
  let [c00, c01, c02, c03] = [0, 0, 0, 0]
  let [c10, c11, c12, c13] = [0, 0, 0, 0]
  let [c20, c21, c22, c23] = [0, 0, 0, 0]
  let [c30, c31, c32, c33] = [0, 0, 0, 0]
  for (let p = 0, q = from; p < 4 * depth; p += 4, q += 4) {
    const b0 = b[q]
    const b1 = b[q + 1]
    const b2 = b[q + 2]
    const b3 = b[q + 3]
    const a0 = a[p]
    c00 += a0 * b0
    c01 += a0 * b1
    c02 += a0 * b2
    c03 += a0 * b3
    const a1 = a[p + 1]
    c10 += a1 * b0
    c11 += a1 * b1
    c12 += a1 * b2
    c13 += a1 * b3
    const a2 = a[p + 2]
    c20 += a2 * b0
    c21 += a2 * b1
    c22 += a2 * b2
    c23 += a2 * b3
    const a3 = a[p + 3]
    c30 += a3 * b0
    c31 += a3 * b1
    c32 += a3 * b2
    c33 += a3 * b3
  }
  tile[0] = c00
  tile[1] = c01
  tile[2] = c02
  tile[3] = c03
  tile[4] = c10
  tile[5] = c11
  tile[6] = c12
  tile[7] = c13
  tile[8] = c20
  tile[9] = c21
  tile[10] = c22
  tile[11] = c23
  tile[12] = c30
  tile[13] = c31
  tile[14] = c32
  tile[15] = c33
}

function storeTile(c, i, j, m, n, add) {
  const rows = Math.min(4, m - i)
  const cols = Math.min(4, n - j)
  for (let r = 0; r < rows; r++) {
    const at = (i + r) * n + j
    for (let s = 0; s < cols; s++) c[at + s] = add ? c[at + s] + tile[4 * r + s] : tile[4 * r + s]
  }
}

/** A classifier: linear layers with ReLU between, softmax cross-entropy, SGD with momentum 0.9 or Adam. */
export class JsMlp {
  /** @param sizes units of each layer @param batch the most rows of a step @param random uniform numbers in [0, 1) */
  constructor(sizes, batch, { optimizer = 'sgd', learningRate = 0.01, random = Math.random } = {}) {
    this.adam = optimizer === 'adam'
    this.learningRate = learningRate
    this.steps = 0
    this.layers = sizes.slice(1).map((outputs, l) => makeLayer(sizes[l], outputs, batch, random))
  }

  /** The logits [rows, classes] of x [rows, inputs]; overwritten by the next call. */
  forward(x, rows) {
    let input = x
    for (const [l, { inputs, outputs, weight, bias, y }] of this.layers.entries()) {
      gemm(rows, outputs, inputs, input, inputs, 1, weight, 1, inputs, y)
      const hidden = l < this.layers.length - 1
      for (let i = 0, at = 0; i < rows; i++) {
        for (let j = 0; j < outputs; j++, at++) {
          const z = y[at] + bias[j]
          y[at] = hidden ? 0.5 * (z + Math.abs(z)) : z
        }
      }
      input = y
    }
    return input
  }

  /** One step on x [rows, inputs] and labels [rows]; returns the mean loss before it. */
  step(x, labels, rows) {
    this.forward(x, rows)
    const last = this.layers.at(-1)
    const loss = crossEntropy(last.y, labels, rows, last.outputs, last.dy)
    for (let l = this.layers.length - 1; l >= 0; l--) {
      const { inputs, outputs, weight, dy, dWeight, dBias } = this.layers[l]
      const below = this.layers[l - 1]
      gemm(outputs, inputs, rows, dy, 1, outputs, below ? below.y : x, inputs, 1, dWeight)
      sumColumns(dy, rows, outputs, dBias)
      if (!below) break
      gemm(rows, inputs, outputs, dy, outputs, 1, weight, inputs, 1, below.dy)
      for (let i = 0; i < rows * inputs; i++) below.dy[i] *= Number(below.y[i] > 0)
    }
    this.steps++
    const update = this.adam ? adamStep : momentumStep
    for (const { weight, bias, dWeight, dBias, m, v } of this.layers) {
      update(weight, dWeight, m.weight, v.weight, this.learningRate, this.steps)
      update(bias, dBias, m.bias, v.bias, this.learningRate, this.steps)
    }
    return loss
  }
}

function makeLayer(inputs, outputs, batch, random) {
  const bound = Math.sqrt(6 / inputs)
  const state = () => ({ weight: new Float32Array(outputs * inputs), bias: new Float32Array(outputs) })
  const { weight, bias } = state()
  for (let i = 0; i < weight.length; i++) weight[i] = bound * (2 * random() - 1)
  const { weight: dWeight, bias: dBias } = state()
  const [y, dy] = [new Float32Array(batch * outputs), new Float32Array(batch * outputs)]
  return { inputs, outputs, weight, bias, dWeight, dBias, y, dy, m: state(), v: state() }
}

// Mean of −log softmax(x)[label]; dx = (softmax(x) − onehot)/rows.
function crossEntropy(x, labels, rows, classes, dx) {
  let loss = 0
  for (let i = 0, at = 0; i < rows; i++, at += classes) {
    let largest = x[at]
    for (let j = 1; j < classes; j++) if (x[at + j] > largest) largest = x[at + j]
    let sum = 0
    for (let j = 0; j < classes; j++) {
      const e = Math.exp(x[at + j] - largest)
      dx[at + j] = e
      sum += e
    }
    loss += Math.log(sum) + largest - x[at + labels[i]]
    const scale = 1 / (sum * rows)
    for (let j = 0; j < classes; j++) dx[at + j] *= scale
    dx[at + labels[i]] -= 1 / rows
  }
  return loss / rows
}

function sumColumns(x, rows, cols, out) {
  out.fill(0)
  for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < cols; j++, at++) out[j] += x[at]
}

function momentumStep(parameter, gradient, velocity, _, learningRate) {
  for (let i = 0; i < parameter.length; i++) {
    const v = 0.9 * velocity[i] + gradient[i]
    velocity[i] = v
    parameter[i] -= learningRate * v
  }
}

function adamStep(parameter, gradient, mean, square, learningRate, step) {
  const rate = learningRate / (1 - 0.9 ** step)
  const correction = 1 / Math.sqrt(1 - 0.999 ** step)
  for (let i = 0; i < parameter.length; i++) {
    const g = gradient[i]
    const m = 0.9 * mean[i] + 0.1 * g
    const v = 0.999 * square[i] + 0.001 * g * g
    mean[i] = m
    square[i] = v
    parameter[i] -= (rate * m) / (Math.sqrt(v) * correction + 1e-8)
  }
}
