// Errors of readers: what was expected and what came, where in which file, and what to do.
import { describe } from '../../checks.js'
import { FormatError, type FormatPlace } from '../../errors.js'

/** What an error of a reader says beside the expectation. */
export interface Found extends FormatPlace {
  /** What came, as it reads after "got". */
  readonly actual: string
  /** What to do about it. */
  readonly advice?: string | undefined
}

/** What is read: the operation, and the name of the file for messages. */
export class Reading {
  readonly operation: string
  /** The path, or undefined for what is in memory or a stream. */
  readonly file: string | undefined

  constructor(operation: string, file?: string) {
    this.operation = operation
    this.file = file
  }

  /** `"people.csv"`, or `the data`. */
  get name(): string {
    return this.file === undefined ? 'the data' : describe(this.file)
  }

  /** A FormatError that says where: `… got "x" (people.csv, line 3, column 2); give …`. */
  error(expected: string, { actual, advice, line, column }: Found, options?: ErrorOptions): FormatError {
    const place = [
      this.file,
      line === undefined ? undefined : `line ${line}`,
      column === undefined ? undefined : `column ${column}`,
    ].filter((part) => part !== undefined)
    const where = place.length > 0 ? ` (${place.join(', ')})` : ''
    return new FormatError(this.operation, expected, `${actual}${where}${advice ? `; ${advice}` : ''}`, {
      ...options,
      place: { file: this.file, line, column },
    })
  }
}

/** Bytes of a file as a text for messages, not too long; control characters stand escaped. */
export function shown(bytes: Uint8Array): string {
  return describe(Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 200)).toString('utf8'))
}
