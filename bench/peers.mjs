// NumPy, PyTorch and scikit-learn as contenders, where python3 (or what PYTHON names) has them: bench/*.py measure them.
import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const python = process.env.PYTHON ?? 'python3'
const scriptOf = (name) => fileURLToPath(new URL(name, import.meta.url))

/** { 'numpy 2.1': { median, min }, … } in seconds per call, empty where there is no peer for the question. */
export function peers(question, ...values) {
  const { status, stdout } = spawnSync(python, [scriptOf('peers.py'), question, ...values.map(String)], {
    encoding: 'utf8',
  })
  return status === 0 ? JSON.parse(stdout) : {}
}

/** Contenders of a race that train: by name, each sample in seconds per row; none where there are no peers. `end` ends them. */
export async function trainingPeers({ sizes, batch, batches, optimizer }, threads) {
  const values = [sizes.join(), batch, batches, optimizer, threads]
  const child = spawn(python, [scriptOf('train-peers.py'), ...values.map(String)], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  child.on('error', () => {}) // no python: no peers
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ask = async (name) => {
    child.stdin.write(`${name}\n`)
    return Number((await lines.next()).value)
  }
  const { value: names = '[]' } = await lines.next()
  const contenders = Object.fromEntries(JSON.parse(names).map((name) => [name, { sample: () => ask(name) }]))
  return { contenders, end: () => child.stdin.end() }
}

/** The peer with the best time, or undefined. */
export function bestPeer(others) {
  return Object.values(others).sort((a, b) => a.min - b.min)[0]
}
