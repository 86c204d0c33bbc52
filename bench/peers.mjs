// NumPy and PyTorch as contenders, where python3 (or what PYTHON names) has them: bench/peers.py measures them.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('./peers.py', import.meta.url))

/** { 'numpy 2.1': { median, min }, … } in seconds per call, empty where there is no peer for the question. */
export function peers(question, ...values) {
  const { status, stdout } = spawnSync(process.env.PYTHON ?? 'python3', [script, question, ...values.map(String)], {
    encoding: 'utf8',
  })
  return status === 0 ? JSON.parse(stdout) : {}
}

/** The peer with the best time, or undefined. */
export function bestPeer(others) {
  return Object.values(others).sort((a, b) => a.min - b.min)[0]
}
