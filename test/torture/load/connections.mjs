// A client over raw sockets: connections that stay open, each of which asks for one answer at a time.
import { connect } from 'node:net'

// Longer than any answer may take.
const PATIENCE_MS = 10_000

/** One connection. `ask` resolves to { status, head, body }; an error ends the connection and is told to who asked. */
export class Connection {
  #socket
  #text = ''
  #settle

  constructor(port) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.setEncoding('latin1')
    this.#socket.on('data', (text) => this.#read(text))
    this.#socket.on('error', (error) => this.#fail(error.code ?? error.message))
    this.#socket.on('close', () => this.#fail('closed before the answer'))
    this.#socket.setTimeout(PATIENCE_MS, () => this.#settle && this.#fail(`no answer in ${PATIENCE_MS} ms`))
  }

  ask(request) {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Error('closed'))
      this.#settle = { resolve, reject }
      this.#socket.write(request)
    })
  }

  close() {
    this.#socket.destroy()
  }

  #read(text) {
    this.#text += text
    const end = this.#text.indexOf('\r\n\r\n')
    if (end < 0) return
    const head = this.#text.slice(0, end)
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1])
    if (!(length >= 0)) return this.#fail(`an answer without length: ${head}`)
    if (this.#text.length < end + 4 + length) return
    const body = this.#text.slice(end + 4)
    this.#text = ''
    if (body.length > length) return this.#fail('more than one answer')
    const settle = this.#settle
    this.#settle = undefined
    settle?.resolve({ status: Number(head.slice(9, 12)), head, body })
  }

  #fail(message) {
    const settle = this.#settle
    this.#settle = undefined
    this.#socket.destroy()
    settle?.reject(new Error(message))
  }
}

/** The bytes of a request; `body` as text. */
export function request(method, path, body, type = 'application/json') {
  const content = body === undefined ? '' : `content-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`
  return Buffer.from(`${method} ${path} HTTP/1.1\r\nhost: localhost\r\n${content}\r\n${body ?? ''}`)
}

/**
 * Lets `connections` ask one after the other, each anew when it has its answer, for `seconds` or until `count` are answered and
 * `enough` says so.
 * @param next - of the n-th request: { bytes, isGood(body) }
 * @returns { answers: [{ at, took, status }] as arrays, errors }; times in milliseconds
 */
export async function load({
  port,
  connections,
  count = Number.POSITIVE_INFINITY,
  seconds = 86_400,
  next,
  enough = () => true,
}) {
  const open = Array.from({ length: connections }, () => new Connection(port))
  // A server takes one new connection in each turn of its event loop: they stand before the time runs.
  await Promise.all(open.map((connection) => connection.ask(request('GET', '/health'))))
  const started = performance.now()
  const answers = { at: [], took: [], status: [] }
  const errors = []
  let asked = 0
  const client = async (connection) => {
    while ((asked < count || !enough()) && performance.now() - started < 1000 * seconds && errors.length < 100) {
      const { bytes, isGood } = next(asked++)
      const before = performance.now()
      try {
        const { status, head, body } = await connection.ask(bytes)
        const after = performance.now()
        answers.at.push(after - started)
        answers.took.push(after - before)
        answers.status.push(status)
        if (status === 200 && !isGood(body)) errors.push(`answers ${body} to ${bytes}`)
        if (status === 503 && !/\r\nretry-after: [1-9]/i.test(head)) errors.push(`503 without Retry-After: ${head}`)
        if (status !== 200 && status !== 503) errors.push(`${status} ${body}`)
      } catch (error) {
        errors.push(error.message)
        connection.close()
        connection = new Connection(port)
      }
    }
    connection.close()
  }
  await Promise.all(open.map(client))
  return { ...answers, errors, seconds: (performance.now() - started) / 1000 }
}

/** The p-th part of sorted numbers. */
export const quantile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]
