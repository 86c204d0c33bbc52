// How fast are matrix products beside the best libraries? Squares, and the products of five layers at five batch sizes.
import { buildBench, runBench } from './native.mjs'
import { short, threadCounts } from './support.mjs'

export const title = 'Matrix products beside other libraries, in GFLOP/s: medians of alternating rounds'

// One case for each type and number of threads; all shapes and contenders of one run in one process.
export const cases = ['float32', 'float64'].flatMap((type) => [
  { name: `${type}, 1 thread`, type },
  { name: `${type}, all threads`, type, all: true },
])

export function run({ type, all }, processors) {
  const threads = threadCounts(processors).at(all ? -1 : 0)
  try {
    buildBench('gemm_bench')
  } catch (error) {
    return { type, threads, results: [], notes: [`Left out: ${error.message}`] }
  }
  const args = ['--threads', String(threads), '--rounds', '11', ...(type === 'float64' ? ['--float64'] : [])]
  return { type, threads, ...runBench('gemm_bench', args) }
}

const fixed = new Set(
  ['bench', 'dtype', 'isa', 'threads', 'role', 'form', 'm', 'n', 'k'].concat(['percentOfPeak', 'ratio', 'ratioOfBest']),
)

export function show(results) {
  const seen = new Set()
  const runs = results
    .map(({ result }) => result)
    .filter(({ type, threads }) => !seen.has(type + threads) && seen.add(type + threads))
  const names = [...new Set(runs.flatMap(({ results }) => results.flatMap(Object.keys)))].filter(
    (key) => !fixed.has(key),
  )
  const rows = runs.flatMap(({ type, results, threads }) =>
    results.map((r) => [
      `${r.role.padEnd(7)} ${r.form} ${r.m}×${r.n}×${r.k}`,
      `${type}, ${threads}`,
      ...names.map((name) => (r[name] === undefined ? '–' : short(r[name]))),
      `${Math.round(r.percentOfPeak)} %`,
      r.ratio > 0 ? r.ratio.toFixed(2) : '–',
      r.ratioOfBest > 0 ? r.ratioOfBest.toFixed(2) : '–',
    ]),
  )
  const sums = runs.map(({ type, results, threads }) => {
    const which = `${type}, ${threads} thread${threads > 1 ? 's' : ''}`
    const ratios = results.map((r) => r.ratio).filter((ratio) => ratio > 0)
    if (ratios.length === 0) return `No other library is installed (${which}).`
    const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length)
    const least = Math.min(...ratios)
    return `${which}: geometric mean of the ratio to the best library ${mean.toFixed(2)}, lowest ${least.toFixed(2)}, ${ratios.length} shapes.`
  })
  const notes = [...new Set(runs.flatMap(({ notes }) => notes))]
  const head = ['C = A·B', 'threads', ...names, 'of peak', 'ratio', 'of best rounds']
  return {
    head,
    rows,
    note: [
      ...sums,
      ...notes,
      'Of peak: fused multiply-adds from registers, measured in each round. Of best rounds: the same ratio of the shortest times.',
    ].join('\n'),
  }
}
