// How fast are matrix products beside the best libraries? Squares, and the products of five layers at five batch sizes.
import { buildBench, runBench } from './native.mjs'
import { short, threadCounts } from './support.mjs'

export const title = 'Matrix products beside other libraries, float32, in GFLOP/s: medians of alternating rounds'

// One case for each number of threads; all shapes and contenders run in one process.
export const cases = [{ name: '1 thread' }, { name: 'all threads', all: true }]

export function run({ all }, processors) {
  const threads = threadCounts(processors).at(all ? -1 : 0)
  try {
    buildBench('gemm_bench')
  } catch (error) {
    return { threads, results: [], notes: [`Left out: ${error.message}`] }
  }
  return { threads, ...runBench('gemm_bench', ['--threads', String(threads), '--rounds', '11']) }
}

const fixed = new Set(['bench', 'isa', 'threads', 'role', 'form', 'm', 'n', 'k', 'percentOfPeak', 'ratio'])

export function show(results) {
  const seen = new Set()
  const runs = results.map(({ result }) => result).filter(({ threads }) => !seen.has(threads) && seen.add(threads))
  const names = [...new Set(runs.flatMap(({ results }) => results.flatMap(Object.keys)))].filter(
    (key) => !fixed.has(key),
  )
  const rows = runs.flatMap(({ results, threads }) =>
    results.map((r) => [
      `${r.role.padEnd(7)} ${r.form} ${r.m}×${r.n}×${r.k}`,
      String(threads),
      ...names.map((name) => (r[name] === undefined ? '–' : short(r[name]))),
      `${Math.round(r.percentOfPeak)} %`,
      r.ratio > 0 ? r.ratio.toFixed(2) : '–',
    ]),
  )
  const sums = runs.map(({ results, threads }) => {
    const ratios = results.map((r) => r.ratio).filter((ratio) => ratio > 0)
    if (ratios.length === 0) return `No other library is installed (${threads} thread${threads > 1 ? 's' : ''}).`
    const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length)
    const least = Math.min(...ratios)
    return `${threads} thread${threads > 1 ? 's' : ''}: geometric mean of the ratio to the best library ${mean.toFixed(2)}, lowest ${least.toFixed(2)}, ${ratios.length} shapes.`
  })
  const notes = [...new Set(runs.flatMap(({ notes }) => notes))]
  const head = ['C = A·B', 'threads', ...names, 'of peak', 'ratio']
  return {
    head,
    rows,
    note: [...sums, ...notes, 'Of peak: fused multiply-adds from registers, measured in each round.'].join('\n'),
  }
}
