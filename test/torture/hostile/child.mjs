// Runs hostile calls one after another and says before each which one comes: a parent watches for crashes and hangs.
// Arguments: file of the surface, mode (single or pairs), seed, first case, number of cases, stride.
import { readFileSync, writeSync } from 'node:fs'
import { ChainruleError } from '../../../dist/esm/index.js'
import { randomFrom } from '../support.mjs'
import { placesOf } from './cases.mjs'
import { prepare } from './fixtures.mjs'
import { print } from './state.mjs'
import { hostileValues, Mischief } from './values.mjs'

const [file, mode, seed, first, end, stride, only] = process.argv.slice(2)
const entries = JSON.parse(readFileSync(file, 'utf8'))
// Of processor time: what else runs on the machine does not count.
const CALL_MS = 1000
const say = (message) => writeSync(1, `${JSON.stringify(message)}\n`)
process.on('warning', () => {})
process.on('unhandledRejection', (error) => {
  if (!(error instanceof Mischief)) say({ finding: `${now}: an unhandled rejection: ${textOf(error)}` })
})
let now = ''

const trainings = new Set(['fit', 'partialFit', 'learningRateFinder'])
const baselines = new Map()
/** The print of what the call returns with arguments that work; undefined where it fails or differs from time to time. */
async function baseline(entry) {
  if (!baselines.has(entry.path)) {
    const prints = []
    for (let i = 0; i < 2; i++) prints.push(await printOfCall(entry))
    baselines.set(entry.path, prints[0] === prints[1] ? prints[0] : undefined)
  }
  return baselines.get(entry.path)
}
async function printOfCall(entry) {
  try {
    const { call, args } = prepare(entry)
    return print(await settled(call(args))).replace(/seconds \S+/g, '')
  } catch (error) {
    if (!baselines.has(entry.path)) say({ unprepared: `${entry.path}: ${textOf(error)}` })
    return undefined
  }
}

async function settled(result) {
  if (typeof result?.then === 'function') return await limited(result)
  if (typeof result?.[Symbol.iterator] === 'function' && typeof result.next === 'function') {
    for (let i = 0; i < 3 && !result.next().done; i++);
  }
  return result
}
async function limited(promise) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('the promise is not settled after 30 s')), 30_000)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

async function attempt(at, entry, changes) {
  now = textOfCase(entry, changes)
  say({ at, now })
  const expected = await baseline(entry)
  const prepared = preparedOr(entry)
  if (!prepared) return 'unreached'
  const { call, args, receiver } = prepared
  const kept = args.map((value, i) => (changes.some(([place]) => place[0] === i) ? undefined : value))
  if (!change(args, changes)) return 'unreached'
  // A training that fails on its way has computed gradients; parameters are what must stay.
  const state = () =>
    print(receiver, trainings.has(entry.path) ? kept.map((value) => value?.block?.values ?? value) : kept)
  const before = state()
  const started = process.cpuUsage()
  let refusal
  try {
    await settled(call(args))
  } catch (error) {
    refusal = error
  }
  const { user, system } = process.cpuUsage(started)
  const took = (user + system) / 1000
  if (took > CALL_MS) say({ finding: `${now}: took ${took.toFixed(0)} ms` })
  if (refusal === undefined) return 'returned'
  if (!allowed(refusal))
    say({
      finding: `${now}: ${textOf(refusal)}`,
      group: `${entry.path} ${nameOf(entry, changes[0][0])} ${placeOf(refusal)}`,
    })
  if (!(refusal instanceof ChainruleError) || refusal?.code === 'NON_FINITE') return 'refused'
  if (state() !== before)
    say({
      finding: `${now}: refused, and yet something changed`,
      group: `${entry.path} ${nameOf(entry, changes[0][0])} state`,
    })
  else if (receiver && expected !== undefined && !(await same(entry, receiver, kept, expected))) {
    say({
      finding: `${now}: refused, and now it does not do what it did`,
      group: `${entry.path} ${nameOf(entry, changes[0][0])} after`,
    })
  }
  return 'refused'
}

// False where two changes exclude each other: a key of an object that was replaced by one that cannot be read.
function change(args, changes) {
  for (const [[i, key], [, make]] of changes) {
    if (key === undefined) args[i] = make()
    else if (typeof args[i] !== 'object' || args[i] === null) args[i] = { [key]: make() }
    else {
      try {
        args[i] = { ...args[i], [key]: make() }
      } catch {
        return false
      }
    }
  }
  return true
}

// What has no receiver that is known here is told of, and left out.
function preparedOr(entry) {
  try {
    return prepare(entry)
  } catch {
    return undefined
  }
}

// A receiver that has refused still answers a good call as a new one does.
async function same(entry, receiver, _kept, expected) {
  const method = entry.path.split('#')[1]
  try {
    const { args } = prepare(entry)
    return print(await settled(receiver[method](...args))) === expected
  } catch {
    return false
  }
}

// A revoked proxy throws by itself, as a throwing one does; so do a class that is called, and the length or the elements of a
// typed array's proxy.
function allowed(error) {
  if (
    /proxy that has been revoked|cannot be invoked without 'new'|called on incompatible receiver|^this is not a typed array/.test(
      error?.message,
    )
  )
    return true
  return (
    error instanceof ChainruleError ||
    error instanceof Mischief ||
    error?.cause instanceof Mischief ||
    /^(Abort|Timeout)Error$/.test(error?.name)
  )
}
const textOfCase = (entry, changes) =>
  `${entry.path}(${changes.map(([place, [name]]) => `${nameOf(entry, place)} = ${name}`).join(', ')})`
const nameOf = (entry, [i, key]) =>
  `${entry.parameters[Math.min(i, entry.parameters.length - 1)].name}${key === undefined ? '' : `.${key}`}`
const placeOf = (error) => /\/(?:lib|dist\/esm)\/([^):]+:\d+)/.exec(String(error?.stack))?.[1] ?? 'elsewhere'
function textOf(error) {
  try {
    return `${error?.constructor?.name ?? typeof error}: ${String(error?.message ?? error).slice(0, 140)} (${placeOf(error)})`
  } catch {
    return 'an unreadable error'
  }
}

const withPlaces = entries.filter(
  (entry) => placesOf(entry).length && (!only || only.split(',').some((name) => entry.path.startsWith(name))),
)
const singles = withPlaces.flatMap((entry) => placesOf(entry).map((place) => [entry, place]))
const count = { returned: 0, refused: 0, unreached: 0 }
const total = mode === 'single' ? singles.length * hostileValues.length : Number(end)
for (let n = Number(first); n < Math.min(Number(end), total); n += Number(stride)) {
  if (mode === 'single') {
    const [entry, place] = singles[Math.floor(n / hostileValues.length)]
    count[await attempt(n, entry, [[place, hostileValues[n % hostileValues.length]]])]++
  } else {
    const random = randomFrom(Number(seed) * 1_000_003 + n)
    const entry = random.pick(withPlaces)
    const places = placesOf(entry)
    const changes = [0, 1].map(() => [random.pick(places), random.pick(hostileValues)])
    if (changes[0][0] !== changes[1][0]) count[await attempt(n, entry, changes)]++
  }
}
say({ total, count, functions: withPlaces.length })
