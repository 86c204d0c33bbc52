// The service of examples/service under load, while it trains: no errors and even answers; asked by ten times as many clients
// as that, it refuses at once what it cannot bear, and is as fast as before within a second.
import { child, packageFile, progressLine } from '../support.mjs'

const CONNECTIONS = 64
// Below so many requests times mean nothing: then only answers are judged.
const JUDGED = 10_000
const MOST_RATIO = 5 // of the slowest in a hundred answers to the middle one
const MOST_UNDER_WAY = 256 // requests, and rows that wait
const MOST_DELAY_MS = 20 // of the event loop
const REFUSED_MS = 100
const SLOWER = 1.5 // than before an overload

/** @param {{ count?: number }} options - count: requests while it trains */
export async function load({ count = 1_000_000 }) {
  const judged = count >= JUDGED
  const options = judged ? {} : { training: { epochs: 3, members: 1, hidden: [16] } }
  const findings = []
  const phases = {}
  let client
  const service = await child(packageFile('test/torture/load/service.mjs'), [JSON.stringify(options)], {
    silence: 86_400_000,
    onMessage({ port }, process) {
      client = child(packageFile('test/torture/load/client.mjs'), [port, count, CONNECTIONS, judged ? 3 : 0.1], {
        silence: 3_600_000,
        onMessage(message) {
          if (message.failed) findings.push(message.failed)
          else phases[message.phase] = message
          progressLine(`load ${message.phase}`)
        },
      }).finally(() => process.kill('SIGTERM'))
    },
  })
  const asked = await client
  for (const [who, { code, signal, stderr }] of Object.entries({ service, client: asked ?? service }))
    if (code !== 0) findings.push(`the ${who} ended with ${signal ?? code} ${stderr.slice(-400)}`)
  if (phases.afterwards) findings.push(...answerFindings(phases), ...(judged ? timeFindings(phases) : []))
  const lines = Object.values(phases).map(described)
  return {
    calls: Object.values(phases).reduce((sum, p) => sum + p.good.count + p.refused.count, 0),
    findings,
    phases: lines,
  }
}

function answerFindings(phases) {
  const { overload } = phases
  const findings = Object.values(phases).flatMap(({ phase, errors }) => errors.map((error) => `${phase}: ${error}`))
  for (const { phase, refused } of Object.values(phases))
    if (phase !== 'overload' && refused.count > 0) findings.push(`${phase}: ${refused.count} answers are 503`)
  if (overload.refused.count === 0 || overload.good.count === 0)
    findings.push(`overload: ${overload.good.count} answers, ${overload.refused.count} refusals`)
  if (overload.waiting > MOST_UNDER_WAY) findings.push(`overload: ${overload.waiting} under way at a time`)
  if (phases.training.epochs === 0) findings.push('training: there was none')
  return findings
}

function timeFindings({ training, overload, afterwards }) {
  const { good, loop } = training
  const findings = []
  const most = (what, value, limit) => value <= limit || findings.push(`${what}: ${ms(value)}, at most ${ms(limit)}`)
  most('training: the slowest in a hundred answers', good.p99, MOST_RATIO * good.p50)
  most('training: delay of the event loop in the 99th percentile', loop.p99, MOST_DELAY_MS)
  most('overload: the slowest in a hundred refusals', overload.refused.p99, REFUSED_MS)
  most('afterwards, from one second on: the middle answer', afterwards.late.p50, SLOWER * good.p50)
  return findings
}

const ms = (value) => `${value.toPrecision(3)} ms`
const times = ({ p50, p99, max }) => `p50 ${ms(p50)}, p99 ${ms(p99)}, max ${ms(max)}`

function described({ phase, seconds, good, refused, loop, epochs, trainings, waiting, client }) {
  const rate = ({ count }) => `${count} (${Math.round(count / seconds)}/s)`
  return [
    `${phase} ${seconds.toFixed(1)} s: ${rate(good)} answers, ${times(good)}`,
    ...(refused.count ? [`${rate(refused)} × 503, ${times(refused)}`] : []),
    `event loop p50 ${ms(loop.p50)}, p99 ${ms(loop.p99)}, max ${ms(loop.max)}`,
    `at most ${waiting} under way, ${epochs} epochs, ${trainings} trainings ended`,
    `processors: service ${loop.processors.toFixed(2)}, client ${client.toFixed(2)}; ${loop.rss.toFixed(0)} MiB`,
  ].join(', ')
}
