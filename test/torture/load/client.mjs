// Loads a service: alone, while it trains, beyond what it can bear, and afterwards. Arguments: port, requests, connections,
// seconds of overload. Says what each phase found on stdout.
import { writeSync } from 'node:fs'
import { Connection, load, quantile, request } from './connections.mjs'

const [port, count, connections, seconds] = process.argv.slice(2).map(Number)
const say = (message) => writeSync(1, `${JSON.stringify(message)}\n`)
const TIMES = 10 // as many connections as the service can bear, for an overload

/** A table whose class is a function of two of its columns. */
function table(rows) {
  const lines = Array.from({ length: rows }, (_, i) => {
    const tenure = (i * 7919) % 72
    const plan = 'abc'[i % 3]
    return `${tenure},${plan},${((i * 104_729) % 1000) / 10},r${(i * 31) % 30},${tenure < 20 && plan !== 'c' ? 'yes' : 'no'}`
  })
  return `tenure,plan,monthly,region,left\n${lines.join('\n')}\n`
}

const over = (connection) =>
  async function ask(...of) {
    const { status, body } = await connection.ask(request(...of))
    if (status >= 300) throw new Error(`${of[0]} ${of[1]}: ${status} ${body}`)
    return JSON.parse(body)
  }
const [control, side] = [new Connection(port), new Connection(port)]
const ask = over(control)
const pause = (ms) => new Promise((resume) => setTimeout(resume, ms))
const upload = (ask, name, rows) => ask('POST', `/models/${name}?target=left`, table(rows), 'text/csv')

await upload(ask, 'm', 600)
while ((await ask('GET', '/models/m')).status !== 'ready') await pause(20)

// Rows that are asked for, with their answers: the same each time, whatever else goes on.
const questions = []
for (let i = 0; i < 16; i++) {
  const row = { tenure: i * 5, plan: 'abc'[i % 3], monthly: i * 6.25, region: `r${i}` }
  const body = JSON.stringify(row)
  const [expected] = (await ask('POST', '/models/m/predict', body)).predictions
  questions.push({
    bytes: request('POST', '/models/m/predict', body),
    isGood(answer) {
      const [{ prediction, probabilities }] = JSON.parse(answer).predictions
      // Batches of other sizes add in another order.
      return prediction === expected.prediction && Math.abs(probabilities.yes - expected.probabilities.yes) < 1e-5
    },
  })
}
const next = (n) => questions[n % questions.length]

// Keeps the service training, one upload after the other, and looks at what waits.
const beside = { training: false, ended: 0, epochs: 0, waiting: 0, over: false }
async function watch() {
  const ask = over(side)
  let [seen, name] = [0, 0]
  while (!beside.over) {
    if (beside.training) {
      const state = name ? await ask('GET', `/models/t${name}`) : { status: 'ready' }
      if (state.status === 'failed') throw new Error(`training failed: ${state.error}`)
      beside.epochs += Math.max(0, (state.epoch ?? 0) - seen)
      seen = state.epoch ?? 0
      if (state.status === 'ready') {
        if (name) beside.ended++
        name = 1 + (name % 2)
        seen = 0
        await upload(ask, `t${name}`, 20_000)
      }
    }
    const { requests, waiting } = await ask('GET', '/health')
    beside.waiting = Math.max(beside.waiting, requests, waiting)
    await pause(20)
  }
}
const watching = watch()
watching.catch((error) => {
  say({ failed: error.message })
  process.exit(1)
})

function summary(times) {
  const sorted = Float64Array.from(times).sort()
  return { count: sorted.length, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: sorted.at(-1) }
}

async function phase(name, options) {
  Object.assign(beside, { ended: 0, epochs: 0, waiting: 0 })
  await ask('GET', '/measured')
  const cpu = process.cpuUsage()
  const { at, took, status, errors, seconds } = await load({ port, connections, next, ...options })
  const { user, system } = process.cpuUsage(cpu)
  const loop = await ask('GET', '/measured')
  const of = (wanted, from = 0) => took.filter((_, i) => status[i] === wanted && at[i] >= from)
  const { ended, epochs, waiting } = beside
  const result = {
    phase: name,
    seconds,
    good: summary(of(200)),
    loop,
    errors,
    client: (user + system) / 1e6 / seconds,
    trainings: ended,
    epochs,
    waiting,
  }
  result.refused = summary(of(503))
  result.late = summary(of(200, 1000))
  say(result)
}

await phase('warm', { count: Math.min(10_000, Math.ceil(count / 10)) })
await phase('alone', { count: Math.ceil(count / 10) })
beside.training = true
while (beside.epochs < 2) await pause(20)
await phase('training', { count, enough: () => beside.epochs > 0 }) // few requests are answered before an epoch ends
await phase('overload', { connections: TIMES * connections, seconds })
await phase('afterwards', { seconds })
beside.over = true
await watching
for (const connection of [control, side]) connection.close()
