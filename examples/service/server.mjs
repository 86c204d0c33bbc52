// Runs the service of app.mjs: node examples/service/server.mjs [port]. SIGTERM and Ctrl-C end it when all requests are answered.
import { buildService } from './app.mjs'

const app = buildService({ logger: true })
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await app.close()
    process.exit(0)
  })
}
await app.listen({ port: Number(process.argv[2] ?? 3000), host: '127.0.0.1', backlog: 4096 })
