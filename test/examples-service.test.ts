// The service of examples/service, over real connections: it trains on upload, predicts meanwhile, swaps models, bounds what
// waits, and ends without losing an answer.
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, expect, it } from 'vitest'
// @ts-expect-error an example in JavaScript, run against the build
import { buildService } from '../examples/service/app.mjs'

interface Service {
  addHook(name: 'onRequest', hook: () => Promise<void>): void
  listen(options: { port: number; host: string }): Promise<string>
  close(): Promise<void>
}

const open: Service[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((service) => service.close()))
})

async function started(options: object = {}) {
  const service = buildService({ training: { epochs: 4, members: 1, hidden: [16] }, ...options }) as Service
  open.push(service)
  const taken = { requests: 0 }
  service.addHook('onRequest', async () => {
    taken.requests++
  })
  const address = await service.listen({ port: 0, host: '127.0.0.1' })
  const ask = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${address}${path}`, init)
    // biome-ignore lint/suspicious/noExplicitAny: answers of several forms
    return { status: response.status, headers: response.headers, body: (await response.json()) as any }
  }
  const upload = (path: string, csv: string) =>
    ask(path, { method: 'POST', headers: { 'content-type': 'text/csv' }, body: csv })
  const predict = (name: string, rows: unknown) =>
    ask(`/models/${name}/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(rows),
    })
  const ready = async (name: string, trained?: string) => {
    for (;;) {
      const { body } = await ask(`/models/${name}`)
      expect(body.status).not.toBe('failed')
      const { body: found } = await predict(name, { a: 0.9, b: 'x' })
      if (body.status === 'ready' && found.trained !== trained) return found.trained as string
      await new Promise((resume) => setTimeout(resume, 20))
    }
  }
  return { service, taken, address, ask, upload, predict, ready }
}

/** Rows whose class is whether `a` is above the middle; or the opposite. */
function rows(count: number, opposite = false): string {
  const lines = Array.from({ length: count }, (_, i) => {
    const a = ((i * 7919) % 1000) / 1000
    return `${a},${'xyz'[i % 3]},${a > 0.5 !== opposite ? 'yes' : 'no'}`
  })
  return `a,b,y\n${lines.join('\n')}\n`
}

it('trains on upload and predicts single rows and many, of the old model until the new one is there', async () => {
  const { ask, upload, predict, ready } = await started()
  expect((await ask('/health')).body).toEqual({ status: 'ok', models: 0, trainings: 0, requests: 0, waiting: 0 })
  expect((await predict('m', { a: 1, b: 'x' })).status).toBe(404)
  const { status, body } = await upload('/models/m?target=y', rows(600))
  expect([status, body.rows]).toEqual([202, 600])
  const first = await ready('m')
  const { body: answered } = await predict('m', [{ a: 0.99, b: 'x' }, { a: 0.01, b: null }]) // biome-ignore format: two rows
  expect(answered.predictions.map(({ prediction }: { prediction: string }) => prediction)).toEqual(['yes', 'no'])
  expect(answered.predictions[0].probabilities.yes).toBeGreaterThan(0.5)

  // While a model of the opposite is trained, all requests are answered, each wholly by one of the two.
  await upload('/models/m?target=y', rows(600, true))
  const asked: Promise<{ status: number; body: { trained: string; predictions: { prediction: string }[] } }>[] = []
  const second = ready('m', first)
  let swapped = false
  second.then(() => {
    swapped = true
  })
  while (!swapped) {
    for (let i = 0; i < 10; i++) asked.push(predict('m', { a: 0.99, b: 'x' }))
    await asked.at(-1)
  }
  for (const { status, body } of await Promise.all(asked)) {
    expect(status).toBe(200)
    expect(body.predictions[0]!.prediction).toBe(body.trained === first ? 'yes' : 'no')
  }
  expect((await ask('/models/m')).body.metrics.accuracy).toBeGreaterThan(0.9)
})

it.each([
  ['no target', '/models/m', 'a,y\n1,2\n', 400, '?target='],
  ['a column that is not there', '/models/m?target=z', 'a,y\n1,2\n', 422, '"a", "y"'],
  ['what is no CSV', '/models/m?target=y', 'a,y\n1\n', 422, 'line 2'],
  ['nothing', '/models/m?target=y', '', 422, ''],
  ['a name that is a path', '/models/..%2Fm?target=y', 'a,y\n1,2\n', 400, 'a name has letters'],
])('refuses %s with what is wrong', async (_, path, csv, status, message) => {
  const { ask, upload } = await started()
  const answer = await upload(path, csv)
  expect(answer.status).toBe(status)
  expect(answer.body.error).toContain(message)
  expect((await ask('/health')).body).toMatchObject({ trainings: 0 })
})

it('refuses rows that lack a column, and goes on', async () => {
  const { upload, predict, ready } = await started()
  await upload('/models/m?target=y', rows(300))
  await ready('m')
  const { status, body } = await predict('m', { b: 'x' })
  expect([status, body.error]).toEqual([422, expect.stringContaining('"a"')])
  // Those that are asked for at the same time get their answers.
  const sent = [
    { a: 0.9, b: 'x' },
    { b: 'x' },
    { a: 'many', b: 'x' },
    { a: null, b: 'x' },
    null,
    7,
    { a: 0.9, b: null },
  ]
  for (let i = 0; i < 3; i++) {
    const answers = await Promise.all(sent.map((row) => predict('m', row)))
    expect(answers.map(({ status }) => status)).toEqual([200, 422, 422, 200, 422, 422, 200])
  }
})

it('says when to come again if too much is asked for, and forgets who went away', async () => {
  const { address, ask, upload, predict, ready } = await started({ trainings: 1, requests: 2, waiting: 8 })
  const uploads = await Promise.all([1, 2, 3].map((i) => upload(`/models/m${i}?target=y`, rows(300))))
  expect(uploads.map(({ status }) => status).sort()).toEqual([202, 503, 503])
  expect(Number(uploads.find(({ status }) => status === 503)!.headers.get('retry-after'))).toBeGreaterThan(0)
  const name = `m${uploads.findIndex(({ status }) => status === 202) + 1}`
  await ready(name)
  const row = { a: 1, b: 'x' }
  expect((await predict(name, Array(9).fill(row))).status).toBe(413)

  // Two clients that never send their bodies are as many as may be answered at a time.
  const { hostname, port } = new URL(address)
  const silent = [1, 2].map(() => connect(Number(port), hostname))
  const head = `POST /models/${name}/predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n`
  for (const socket of silent) socket.write(head)
  const requests = async (expected: number) => {
    while ((await ask('/health')).body.requests !== expected) await new Promise((resume) => setTimeout(resume, 5))
  }
  await requests(2)
  const refused = await predict(name, row)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
  for (const socket of silent) socket.destroy()
  await requests(0)
  expect((await predict(name, Array(8).fill(row))).body.predictions).toHaveLength(8)
})

it('ends while it trains, and answers what it took', async () => {
  const { service, taken, address, upload, predict, ready } = await started({
    training: { epochs: 2, members: 1 },
    grace: 500,
  })
  await upload('/models/m?target=y', rows(300))
  await ready('m')
  await upload('/models/n?target=y', rows(60000))
  const before = taken.requests
  const asked = Array.from({ length: 20 }, () => predict('m', { a: 1, b: 'x' }))
  while (taken.requests < before + 20) await new Promise((resume) => setTimeout(resume, 5))
  const closing = service.close()
  for (const { status } of await Promise.all(asked)) expect(status).toBe(200)
  await closing
  const { hostname, port } = new URL(address)
  const [error] = await once(connect(Number(port), hostname), 'error')
  expect(error.code).toBe('ECONNREFUSED')
})
