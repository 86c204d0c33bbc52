// NumPy, PyTorch and scikit-learn as contenders, where python3 (or what PYTHON names) has them: bench/*.py measure them.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** { 'numpy 2.1': { median, min }, … } in seconds per call, empty where there is no peer for the question. */
export function peers(question, ...values) {
  return measure('peers.py', [question, ...values])
}

/** The same per sample of a training, end to end. */
export function trainingPeers({ sizes, batch, batches, optimizer }, threads) {
  return measure('train-peers.py', [sizes.join(), batch, batches, optimizer, threads])
}

function measure(name, values) {
  const script = fileURLToPath(new URL(name, import.meta.url))
  const { status, stdout } = spawnSync(process.env.PYTHON ?? 'python3', [script, ...values.map(String)], {
    encoding: 'utf8',
  })
  return status === 0 ? JSON.parse(stdout) : {}
}

/** The peer with the best time, or undefined. */
export function bestPeer(others) {
  return Object.values(others).sort((a, b) => a.min - b.min)[0]
}
