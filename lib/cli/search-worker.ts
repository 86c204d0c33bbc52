// A worker thread of a search: trains one trial after the other on the tables that it was given.
import { parentPort, workerData } from 'node:worker_threads'
import '../compile/predictor.js'
import type { Column } from '../data/table/column.js'
import { Table } from '../data/table/table.js'
import { setThreads } from '../native/system.js'
import { trainTabular } from '../tabular/train.js'
import { trainingOptions } from './flags.js'
import type { Trial, WorkerData } from './trials.js'

const { train, validation, target, task, ignore, threads } = workerData as WorkerData
setThreads(threads)
const [rows, held] = [train, validation].map((columns) => new Table(columns as Column[])) as [Table, Table]

parentPort!.on('message', async ({ values, epochs }: Trial) => {
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  try {
    const { model, record } = await trainTabular(rows, {
      ...trainingOptions(values),
      target,
      ignore,
      members: 1,
      validation: held,
      ...(task !== undefined && { task: task as 'regression' }),
      ...(epochs !== undefined && { epochs }),
    })
    const { loss, metrics } = record.validation!
    const parameters = model.parameters().reduce((sum, { size }) => sum + size, 0)
    parentPort!.postMessage({ loss, metrics, parameters, seconds: seconds() })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    parentPort!.postMessage({ loss: null, metrics: {}, parameters: 0, seconds: seconds(), error: message })
  }
})
