// What a training does to the process around it: the event loop stays free, memory does not grow, workers get the same bits.
import { existsSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { Adam, CrossEntropy, fit, Linear, mlp, ReLU, Sequential, SGD } from '../../lib/index.js'

const dist = new URL('../../dist/esm/index.js', import.meta.url)

describe('training', () => {
  it('leaves the event loop free', async () => {
    const rows = 4096
    const x = new Float32Array(rows * 784).map((_, i) => (i % 97) / 97)
    const y = Int32Array.from({ length: rows }, (_, i) => i % 10)
    const model = mlp({ inputs: 784, hidden: [512, 256], outputs: 10 })
    const options = { loss: new CrossEntropy(), optimizer: new SGD(), batchSize: 128, verbose: false }
    await fit(model, { x, y }, options)
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    await fit(model, { x, y }, { ...options, epochs: 2 })
    delay.disable()
    // In milliseconds about 1.5 and 5 on an idle machine (bench/train shows them); on a busy one the scheduler takes its share.
    expect(delay.percentile(50) / 1e6).toBeLessThan(25)
  })

  it('of many tiny steps takes no memory with it', async () => {
    const x = new Float32Array(16 * 1000).map((_, i) => Math.sin(i))
    const y = Int32Array.from({ length: 4000 }, (_, i) => i % 2)
    const model = new Sequential(new Linear(4, 2)).initialize(1)
    const options = { loss: new CrossEntropy(), optimizer: new SGD(), batchSize: 4, verbose: false }
    await fit(model, { x, y }, { ...options, epochs: 20 })
    const before = process.memoryUsage().rss
    await fit(model, { x, y }, { ...options, epochs: 200 })
    expect(process.memoryUsage().rss - before).toBeLessThan(32 * 2 ** 20)
  })

  it('holds nothing of a model once it is over', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const trained = async () => {
      const model = new Sequential(new Linear(64, 64), new ReLU(), new Linear(64, 2))
      const [x, y] = [new Float32Array(64 * 8), new Int32Array(8)]
      await fit(
        model,
        { x, y },
        { loss: new CrossEntropy(), optimizer: new Adam(), validation: { x, y }, verbose: false },
      )
      await model.predict(x)
      model.predictSync(x)
      return new WeakRef(model)
    }
    const models = await Promise.all([trained(), trained(), trained()])
    for (let i = 0; i < 20 && models.some((model) => model.deref()); i++) {
      await new Promise((resume) => setTimeout(resume, 10))
      collect()
    }
    expect(models.map((model) => model.deref())).toEqual([undefined, undefined, undefined])
  })

  it.runIf(existsSync(dist))('gives the same bits in a worker', async () => {
    const recipe = `
      const model = new Sequential(new Linear(6, 40), new ReLU(), new Linear(40, 3)).initialize(2)
      const x = new Float32Array(600).map((_, i) => Math.sin(i))
      const y = Int32Array.from({ length: 100 }, (_, i) => i % 3)
      await fit(model, { x, y }, { loss: new CrossEntropy(), optimizer: new Adam(), epochs: 5, batchSize: 16, verbose: false })`
    const inWorker = `import { workerData, parentPort } from 'node:worker_threads'
      const { Adam, CrossEntropy, fit, Linear, ReLU, Sequential } = await import(workerData)
      ${recipe}
      parentPort.postMessage(Array.from(model.block.values))`
    const url = `data:text/javascript,${encodeURIComponent(inWorker)}`
    const results = await Promise.all(
      [1, 2, 3].map(
        () =>
          new Promise<number[]>((resolve, reject) => {
            const worker = new Worker(new URL(url), { workerData: pathToFileURL(dist.pathname).href })
            worker.once('message', resolve)
            worker.once('error', reject)
          }),
      ),
    )
    const main = new Function(
      'Adam',
      'CrossEntropy',
      'fit',
      'Linear',
      'ReLU',
      'Sequential',
      `return (async () => { ${recipe}; return Array.from(model.block.values) })()`,
    )
    const expected = await main(Adam, CrossEntropy, fit, Linear, ReLU, Sequential)
    for (const result of results) expect(result).toEqual(expected)
  })

  it.runIf(existsSync(dist))('ends with the worker that it runs in', async () => {
    const source = `import { workerData, parentPort } from 'node:worker_threads'
      const { SGD, CrossEntropy, fit, Linear, Sequential } = await import(workerData)
      const model = new Sequential(new Linear(200, 100))
      const x = new Float32Array(200 * 500)
      const running = fit(model, { x, y: new Int32Array(500) }, { loss: new CrossEntropy(), optimizer: new SGD(), epochs: 1e9, verbose: false })
      model.predict(x).then(() => parentPort.postMessage('running'))
      await running`
    // Several times, a little later each time: the end may come in the middle of a call.
    for (let delay = 0; delay < 5; delay++) {
      const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
        workerData: pathToFileURL(dist.pathname).href,
      })
      await new Promise((resolve, reject) => {
        worker.once('message', resolve)
        worker.once('error', reject)
      })
      await new Promise((resolve) => setTimeout(resolve, delay))
      expect(await worker.terminate()).toBe(1)
    }
  })
})
