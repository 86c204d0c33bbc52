// A service that trains on upload and predicts meanwhile: Fastify, chainrule, and nothing between them.
//
//   node examples/service/server.mjs
//   curl --data-binary @customers.csv -H 'content-type: text/csv' 'localhost:3000/models/churn?target=churned'
//   curl localhost:3000/models/churn
//   curl -H 'content-type: application/json' -d '{ "tenure": 3, "plan": "basic" }' localhost:3000/models/churn/predict
import { createServer } from 'node:http'
import { OverloadError, RequestBatcher, readCsv, trainTabular } from 'chainrule'
import fastify from 'fastify'

const NAME = /^[a-z0-9_-]{1,64}$/i
const PREDICT = /^\/models\/[^/?]+\/predict(\?|$)/
const BUSY = JSON.stringify({ error: 'as many requests are under way as can be answered soon' })
const BUSY_HEAD = { 'content-type': 'application/json', 'content-length': BUSY.length, 'retry-after': 1 }

/**
 * Builds the service; it does not listen yet. At most so many trainings and so many requests for predictions are under way at
 * a time, and so many rows of them wait for a model.
 */
export function buildService({
  trainings = 4,
  requests = 256,
  waiting = 4096,
  maxBytes = 256 * 2 ** 20,
  training = {},
  grace = 5000,
  logger = false,
} = {}) {
  const models = new Map() // name → { model, batcher, trained }, replaced as one when a training is done
  const states = new Map() // name → the state of its last training
  const stopping = new AbortController()
  let queue = Promise.resolve()
  let queued = 0
  let asked = 0

  // What cannot be answered soon is refused before anything else is done: so cheaply that those under way are answered still.
  const serverFactory = (handler) =>
    createServer({ keepAliveTimeout: 72_000 }, (request, response) => {
      if (PREDICT.test(request.url)) {
        if (asked >= requests) return response.writeHead(503, BUSY_HEAD).end(BUSY)
        asked++
        response.once('close', () => asked--) // also where nobody waits for the answer any more
      }
      handler(request, response)
    })
  const app = fastify({ logger, bodyLimit: 2 ** 20, serverFactory })

  // An upload is read as it comes, not into memory first.
  app.addContentTypeParser('text/csv', (_request, stream, done) => done(null, stream))

  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof OverloadError)
      return reply.code(503).header('retry-after', error.retryAfter).send({ error: error.message })
    // Errors of the library are about what was sent; their messages say what is wrong with it.
    const status = error.statusCode ?? (error.code && error.operation ? 422 : 500)
    return reply.code(status).send({ error: status === 500 ? 'internal error' : error.message })
  })

  app.get('/health', () => ({
    status: 'ok',
    models: models.size,
    trainings: queued,
    requests: asked,
    waiting: sum(models, ({ batcher }) => batcher.waiting),
  }))

  app.get('/models/:name', (request, reply) => {
    const state = states.get(request.params.name)
    return state ?? reply.code(404).send({ error: `no model ${request.params.name}` })
  })

  // Trains: the answer comes at once, the model when it is done. The model of before answers until then.
  app.post('/models/:name', async (request, reply) => {
    const { name } = request.params
    const { target } = request.query
    if (!NAME.test(name)) return reply.code(400).send({ error: 'a name has letters, digits, - and _' })
    if (typeof target !== 'string') return reply.code(400).send({ error: '?target=… names the column to predict' })
    if (queued >= trainings)
      throw new OverloadError('train', `at most ${trainings} trainings at a time`, 'one more', 30)
    queued++
    let table
    try {
      table = await readCsv(request.body, { maxBytes })
      table.column(target) // or an error that names the columns there are
    } catch (error) {
      queued--
      throw error
    }
    const state = { name, target, rows: table.rows, status: 'waiting' }
    states.set(name, state)
    queue = queue.then(() => train(state, table)).finally(() => queued--)
    return reply.code(202).send(state)
  })

  app.post('/models/:name/predict', async (request, reply) => {
    const entry = models.get(request.params.name)
    if (!entry) return reply.code(404).send({ error: `no model ${request.params.name} yet` })
    const rows = Array.isArray(request.body) ? request.body : [request.body]
    if (rows.length > waiting) return reply.code(413).send({ error: `at most ${waiting} rows at a time` })
    // Here, because among the rows of others a column that never comes would pass for one whose value is not known.
    const lacking = entry.model.features.filter((name) => !rows.some((row) => Object.hasOwn(row ?? {}, name)))
    if (lacking.length > 0) return reply.code(422).send({ error: `rows lack the columns ${JSON.stringify(lacking)}` })
    return { trained: entry.trained, predictions: await entry.batcher.askAll(rows) }
  })

  async function train(state, table) {
    if (stopping.signal.aborted) return
    state.status = 'training'
    const progress = { epoch: ({ record }) => Object.assign(state, { epoch: record.epoch, loss: record.loss }) }
    try {
      const model = await trainTabular(table, {
        ...training,
        target: state.target,
        callbacks: [progress],
        signal: stopping.signal,
      })
      const before = models.get(state.name)
      const batcher = new RequestBatcher((rows) => answers(model, rows), { waiting })
      models.set(state.name, { model, batcher, trained: new Date().toISOString() })
      Object.assign(state, { status: 'ready', task: model.task, metrics: model.record.validation?.metrics })
      await before?.batcher.close() // those who asked the model of before get its answers
    } catch (error) {
      Object.assign(state, { status: stopping.signal.aborted ? 'stopped' : 'failed', error: error.message })
    }
  }

  // Stops trainings within a batch; requests that were taken are answered, and after `grace` milliseconds nobody is waited for.
  app.addHook('preClose', async () => {
    stopping.abort()
    setTimeout(() => app.server.closeAllConnections(), grace).unref()
  })
  app.addHook('onClose', async () => {
    await queue
    await Promise.all(Array.from(models.values(), ({ batcher }) => batcher.close()))
  })
  return app
}

async function answers(model, rows) {
  const { prediction, probabilities } = await model.predict(rows)
  return prediction.map((value, i) => {
    if (!probabilities) return { prediction: value }
    const row = model.labels.map((label, c) => [String(label), Number(probabilities.at(i, c).toPrecision(7))])
    return { prediction: value, probabilities: Object.fromEntries(row) }
  })
}

function sum(map, of) {
  return Array.from(map.values(), of).reduce((a, b) => a + b, 0)
}
