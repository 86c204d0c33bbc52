// A command line without a process: streams that remember what was written to them.
import { PassThrough, Readable } from 'node:stream'
import type { Streams } from '../../lib/cli/context.js'
import { runCommandLine } from '../../lib/cli/run.js'

/** What a command left behind. */
export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** What surrounds a command. */
export interface Surroundings {
  readonly stdin?: string | Uint8Array
  readonly signal?: AbortSignal
  readonly columns?: number
  readonly terminal?: boolean
  readonly env?: Record<string, string>
}

/** Runs a command line; words are separated by spaces. */
export async function chainrule(line: string | readonly string[], around: Surroundings = {}): Promise<Outcome> {
  const [stdout, stderr] = [remembering(around), remembering(around)]
  const streams: Streams = {
    stdin: Readable.from(around.stdin === undefined ? [] : [Buffer.from(around.stdin)]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: around.env ?? {},
    signal: around.signal ?? new AbortController().signal,
  }
  const args = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line
  const code = await runCommandLine(args, streams)
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

function remembering({ columns, terminal }: Surroundings) {
  const pieces: Buffer[] = []
  const stream = new PassThrough()
  stream.on('data', (piece: Buffer) => pieces.push(piece))
  Object.assign(stream, { isTTY: terminal === true, columns })
  return { stream, text: () => Buffer.concat(pieces).toString('utf8') }
}
