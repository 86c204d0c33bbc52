// What does each fusion save? Passes one by one beside the fused one, in C++ and in one process.
import { buildBench, runBench } from './native.mjs'
import { short, times } from './support.mjs'

export const title =
  'Fused passes beside the same passes one by one, one thread, float32, in µs: medians of alternating rounds'

export const cases = [{ name: 'all' }]

export function run() {
  try {
    buildBench('fusion_bench')
  } catch (error) {
    return { results: [], notes: [`Left out: ${error.message}`] }
  }
  return runBench('fusion_bench', [])
}

export function show([{ result }]) {
  const rows = result.results.map(({ fusion, shape, apart, fused }) => [
    fusion,
    shape.replaceAll('x', '×'),
    short(apart),
    short(fused),
    times(apart / fused),
  ])
  return { head: ['fusion', 'shape', 'one by one', 'fused', 'gain'], rows, note: result.notes.join('\n') }
}
