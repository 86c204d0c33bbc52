// The service of examples/service in a process of its own, which tells about its event loop: GET /measured gives figures since
// the last time. Says its port on stdout.
import { writeSync } from 'node:fs'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { buildService } from '../../../examples/service/app.mjs'

const service = buildService(JSON.parse(process.argv[2]))
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
let [since, cpu] = [performance.now(), process.cpuUsage()]
service.get('/measured', () => {
  const { user, system } = process.cpuUsage(cpu)
  const figures = {
    p50: delay.percentile(50) / 1e6,
    p99: delay.percentile(99) / 1e6,
    max: delay.max / 1e6,
    processors: (user + system) / 1000 / (performance.now() - since),
    rss: process.memoryUsage.rss() / 2 ** 20,
  }
  delay.reset()
  since = performance.now()
  cpu = process.cpuUsage()
  return figures
})
await service.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
writeSync(1, `${JSON.stringify({ port: service.server.address().port })}\n`)
process.once('SIGTERM', () => service.close().then(() => process.exit(0)))
