// Who will leave? A table of customers with numbers, categories, dates and gaps; trained in one call, saved, asked again.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { loadTabular, split, Table, trainTabular } from 'chainrule'
import { readOptions } from './support/options.mjs'
import { normal, pick, uniform } from './support/random.mjs'

const { rows, seed, out } = readOptions(
  `Trains on a generated table of customers who stay or leave.

  --rows N      customers              4000
  --seed N      of table and training  1
  --out DIR     folder for the model   out`,
  { rows: 4000, seed: 1, out: 'out' },
)

// Customers leave for high bills, monthly contracts and many complaints, stay for years, and differ by city.
const random = uniform(seed)
const gauss = normal(random)
const cities = Array.from({ length: 40 }, (_, i) => ({ name: `city ${i + 1}`, effect: 0.8 * gauss() }))
const contracts = { monthly: 1.2, yearly: 0, twoYears: -1.5 }
const customers = Array.from({ length: rows }, (_, i) => {
  const city = pick(random, cities)
  const contract = pick(random, Object.keys(contracts))
  const years = 6 * random()
  const bill = Math.exp(3.6 + 0.4 * gauss())
  const complaints = Math.floor(-Math.log(1 - random()) * 1.2)
  const risk = contracts[contract] + city.effect + 0.9 * complaints + 0.03 * (bill - 40) - 0.5 * years - 0.2
  return {
    customer: `C${100_000 + i}`,
    since: new Date(Date.UTC(2024, 0, 1) - years * 365.25 * 86_400_000),
    city: random() < 0.03 ? null : city.name,
    contract,
    bill: random() < 0.05 ? null : Math.round(100 * bill) / 100,
    complaints,
    paperless: random() < 0.5,
    churned: random() < 1 / (1 + Math.exp(-risk)) ? 'leaves' : 'stays',
  }
})

const table = Table.from(customers)
console.log(table.head(4))
const { train, test } = split(table, { test: 0.25, stratify: 'churned', seed })

const model = await trainTabular(table.take(train), { target: 'churned', seed })
console.log(`\nColumns: ${model.record.data.columns.map(({ name, use }) => `${name} (${use})`).join('; ')}`)
console.log(`Left out: ${model.record.data.ignored.map(({ name, reason }) => `${name}, ${reason}`).join('; ')}`)

const { metrics, confusion } = await model.evaluate(table.take(test))
console.log(
  `\nOf ${test.length} customers it has not seen: accuracy ${metrics.accuracy.toFixed(3)}, ROC-AUC ${metrics.rocAuc.toFixed(3)}`,
)
console.log(`${model.labels.join(' / ')}: ${confusion.map((row) => row.join(' ')).join(' | ')} (rows: what they did)`)

mkdirSync(out, { recursive: true })
const path = join(out, 'churn.safetensors')
await model.save(path)
const server = await loadTabular(path)
const asked = { since: new Date('2023-06-01'), contract: 'monthly', bill: 75, complaints: 3, paperless: true }
const { prediction, probabilities } = await server.predict([
  { ...asked, city: 'city 7' },
  { ...asked, city: 'a new city', bill: null, complaints: 0, contract: 'twoYears' },
])
for (const [i, answer] of prediction.entries()) {
  console.log(`Customer ${i + 1} ${answer}, with probability ${Math.max(...probabilities.toArray()[i]).toFixed(2)}`)
}
