// Tables for the tests of the command line, as CSV.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generator } from '../report/samples.js'

/** Customers: who leaves depends on tenure, plan and autopay; ids are of no use. */
export function customers(rows: number, seed = 1): string {
  const random = generator(seed)
  const plans = ['basic', 'plus', 'pro']
  const lines = Array.from({ length: rows }, (_, i) => {
    const [tenure, plan, autopay] = [Math.floor(72 * random()), Math.floor(3 * random()), random() < 0.5]
    const leaves = 2.2 - 0.08 * tenure - 0.5 * plan - (autopay ? 1 : 0) + 2 * (random() - 0.5) > 0
    const month = String(1 + (i % 12)).padStart(2, '0')
    return `${i},${random() < 0.05 ? '' : tenure},${plans[plan]},${autopay},2021-${month}-01,${leaves ? 'yes' : 'no'}`
  })
  return `id,tenure,plan,autopay,since,churned\n${lines.join('\n')}\n`
}

/** Houses: the price is nearly linear in size and rooms. */
export function houses(rows: number): string {
  const random = generator(9)
  const lines = Array.from({ length: rows }, () => {
    const [size, rooms] = [40 + 160 * random(), 1 + Math.floor(6 * random())]
    return `${size.toFixed(1)};${rooms};${(1000 * size + 20000 * rooms + 4000 * random()).toFixed(0)}`
  })
  return `size;rooms;price\n${lines.join('\n')}\n`
}

/** Writes files into a folder, and gives their paths. */
export function written(folder: string, files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => {
      const path = join(folder, name)
      writeFileSync(path, text)
      return [name, path]
    }),
  )
}
