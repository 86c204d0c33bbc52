// Many clients that ask for one row after the other: each request by itself, and in batches by RequestBatcher.
import { RequestBatcher, Table, trainTabular } from 'chainrule'
import { generator, median } from './support.mjs'

export const title = 'Requests of one row, preprocessing included: requests per second (99 % answered within … ms)'

export const cases = [1, 16, 64, 256].map((clients) => ({ name: `${clients}`, clients }))

const SECONDS = 0.7
const ROUNDS = 3

async function trained() {
  const random = generator(1)
  const rows = Array.from({ length: 2000 }, () => ({
    tenure: Math.floor(72 * random()),
    plan: 'abc'[Math.floor(3 * random())],
    monthly: 100 * random(),
    region: `r${Math.floor(30 * random())}`,
  }))
  const table = Table.from(rows.map((row) => ({ ...row, left: row.tenure < 20 && row.plan !== 'c' ? 'yes' : 'no' })))
  return { model: await trainTabular(table, { target: 'left', epochs: 3 }), row: rows[0] }
}

// So many clients for a time, each of which asks anew when it has its answer.
async function load(clients, ask) {
  const times = []
  const started = performance.now()
  const end = started + 1000 * SECONDS
  const client = async () => {
    while (performance.now() < end) {
      const asked = performance.now()
      await ask()
      times.push(performance.now() - asked)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  const seconds = (performance.now() - started) / 1000
  times.sort((a, b) => a - b)
  return { rate: times.length / seconds, late: times[Math.floor(0.99 * times.length)] }
}

export async function run({ clients }) {
  const { model, row } = await trained()
  const batcher = new RequestBatcher(async (rows) => (await model.predict(rows)).prediction)
  const ways = {
    alone: async () => (await model.predict([row])).prediction[0],
    together: () => batcher.ask(row),
  }
  const samples = { alone: [], together: [] }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, ask] of Object.entries(ways)) samples[name].push(await load(clients, ask))
  }
  const middle = (list) => ({ rate: median(list.map(({ rate }) => rate)), late: median(list.map(({ late }) => late)) })
  return Object.fromEntries(Object.entries(samples).map(([name, list]) => [name, middle(list)]))
}

export function show(results) {
  const cell = ({ rate, late }) => `${Math.round(rate).toLocaleString('en-US')} (${late.toPrecision(2)})`
  const rows = results.map(({ name, result: { alone, together } }) => [name, cell(alone), cell(together), `${(together.rate / alone.rate).toFixed(1)} ×`]) // biome-ignore format: a row
  const note =
    'A model of trainTabular: five networks of four columns. Medians of three rounds in which both take turns.'
  return { head: ['clients', 'each by itself', 'RequestBatcher', 'ratio'], rows, note }
}
