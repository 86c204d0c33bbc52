// Coverage as tables: branches per folder, then the files with the most that no test takes.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support.mjs'

const WANTED = 95

const percent = (covered, all) => (all === 0 ? '—' : ((100 * covered) / all).toFixed(1))

/**
 * @param {string} title
 * @param {{ file: string, folder: string, branches: number, covered: number, lines: number[] }[]} files - lines: where
 *   branches lie that no test takes
 */
export function print(title, files) {
  const folders = Map.groupBy ? Map.groupBy(files, (each) => each.folder) : grouped(files)
  const sum = (list, key) => list.reduce((total, each) => total + each[key], 0)
  const row = (name, list) => {
    const [covered, all] = [sum(list, 'covered'), sum(list, 'branches')]
    return `  ${name.padEnd(22)} ${String(covered).padStart(6)} of ${String(all).padStart(6)}  ${percent(covered, all).padStart(5)} %`
  }
  console.log(`\n${title}: branches`)
  for (const [folder, list] of [...folders].sort(([a], [b]) => (a < b ? -1 : 1))) console.log(row(folder, list))
  console.log(row('all', files))
  console.log('\n  most branches not taken')
  const worst = files.filter(({ branches, covered }) => branches > covered)
  worst.sort((a, b) => b.branches - b.covered - (a.branches - a.covered))
  for (const { file, branches, covered, lines } of worst.slice(0, 15)) {
    const shown = [...new Set(lines)].sort((a, b) => a - b)
    console.log(
      `  ${String(branches - covered).padStart(5)}  ${file}: ${shown.slice(0, 12).join(' ')}${shown.length > 12 ? ' …' : ''}`,
    )
  }
  mkdirSync(join(root, 'coverage'), { recursive: true })
  writeFileSync(join(root, `coverage/${title}.json`), JSON.stringify(files, null, 1))
  console.log(`  all of them: coverage/${title}.json`)
  if (100 * sum(files, 'covered') < WANTED * sum(files, 'branches')) {
    console.log(`  less than the ${WANTED} % that are asked`)
    process.exitCode = 1
  }
}

function grouped(files) {
  const folders = new Map()
  for (const each of files) folders.set(each.folder, [...(folders.get(each.folder) ?? []), each])
  return folders
}
