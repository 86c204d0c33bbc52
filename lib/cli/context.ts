// Where a command reads and writes. Results go to standard output; everything else, progress and errors, to standard error.
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'

/** A stream that may be a terminal. */
export interface OutputStream extends Writable {
  readonly isTTY?: boolean
  readonly columns?: number
}

/** The streams of a process, or those of a test. */
export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly env: Readonly<Record<string, string | undefined>>
  /** Fires when the user wants the command to end. */
  readonly signal: AbortSignal
}

/** Why a command ends early without fault of its own. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/** Whoever read the output has gone: `chainrule predict … | head`. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed'
}

/** Names of text styles. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

const codes: Record<Style, readonly [number, number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
}

/** What a command has of the world. */
export class Context {
  readonly streams: Streams
  readonly json: boolean
  #closed: Error | undefined

  constructor(streams: Streams, json: boolean) {
    this.streams = streams
    this.json = json
    streams.stdout.on('error', (error: NodeJS.ErrnoException) => {
      this.#closed = error.code === 'EPIPE' ? new OutputClosed() : error
    })
    // A terminal that is gone cannot be told anything.
    streams.stderr.on('error', () => {})
  }

  get signal(): AbortSignal {
    return this.streams.signal
  }

  /** The signal without the memory of listeners' limits: throws what the user wanted. */
  throwIfInterrupted(): void {
    if (this.signal.aborted) throw new Interrupted()
  }

  /** Columns of the result's terminal; 100 where it is none. */
  get width(): number {
    const { stdout, env } = this.streams
    const told = Number(env.COLUMNS)
    return stdout.columns ?? (Number.isInteger(told) && told > 0 ? told : 100)
  }

  /** Text in a style, if the stream shows it. */
  paint(style: Style, text: string, stream: 'stdout' | 'stderr' = 'stdout'): string {
    const { env } = this.streams
    if (!this.streams[stream].isTTY || env.NO_COLOR || env.TERM === 'dumb' || text === '') return text
    return `\x1b[${codes[style][0]}m${text}\x1b[${codes[style][1]}m`
  }

  /** Writes to standard output, and waits while it cannot take more. */
  async write(data: string | Uint8Array): Promise<void> {
    if (this.#closed) throw this.#closed
    if (this.streams.stdout.write(data)) return
    try {
      await once(this.streams.stdout, 'drain')
    } catch (error) {
      throw this.#closed ?? error
    }
  }

  /** The result: JSON if that is wanted, else the text. */
  async result(value: unknown, text: string): Promise<void> {
    await this.write(`${this.json ? JSON.stringify(value) : text.trimEnd()}\n`)
  }

  /** A line for people, on standard error. */
  say(text: string): void {
    this.streams.stderr.write(`${text}\n`)
  }

  /** Something that the user should know of but that stops nothing. */
  warn(text: string): void {
    this.say(`${this.paint('yellow', 'Note:', 'stderr')} ${text}`)
  }

  /** Waits until everything is written. */
  async flush(): Promise<void> {
    if (!this.#closed) await new Promise<void>((resolve) => this.streams.stdout.write('', () => resolve()))
    if (this.#closed) throw this.#closed
  }
}
