// csvLog() and jsonLines(): a line in a file for every epoch.
import { boolean, options } from '../../checks.js'
import { appendFile, stat, writeFile } from '../../disk.js'
import { FileError } from '../../errors.js'
import { checkPath } from '../../io/files.js'
import type { Callback } from '../callback.js'
import type { EpochRecord } from '../history.js'

/** Options of {@link csvLog} and {@link jsonLines}. */
export interface LogOptions {
  /** Whether lines are added to a file that is there. Default: only where a training goes on from a checkpoint. */
  append?: boolean
}

/** A callback for fit that writes every epoch's numbers as a line of JSON. */
export function jsonLines(path: string, given?: LogOptions): Callback {
  return log('jsonLines', path, given, (record) => `${JSON.stringify(flat(record))}\n`)
}

/** A callback for fit that writes a table of the epochs' numbers, separated by commas, with a line of names. */
export function csvLog(path: string, given?: LogOptions): Callback {
  return log('csvLog', path, given, (record, first) => {
    const numbers = flat(record)
    const names = first ? `${Object.keys(numbers).map(field).join(',')}\n` : ''
    return `${names}${Object.values(numbers).join(',')}\n`
  })
}

function log(
  operation: string,
  path: string,
  given: LogOptions | undefined,
  text: (record: EpochRecord, first: boolean) => string,
): Callback {
  checkPath(operation, path)
  const { append = false } = options(operation, given, ['append'])
  boolean(operation, 'append', append)
  let first = true
  const attempt = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      return await run()
    } catch (cause) {
      const wish = `to write ${JSON.stringify(path)}`
      throw new FileError(operation, wish, (cause as Error).message, path, { cause })
    }
  }
  return {
    async begin({ records }) {
      const going = append || records.length > 0
      const size = going
        ? await stat(path).then(
            (found) => found.size,
            () => 0,
          )
        : 0
      first = size === 0
      if (!going) await attempt(() => writeFile(path, ''))
    },
    async epoch({ record }) {
      await attempt(() => appendFile(path, text(record, first)))
      first = false
    },
  }
}

function flat({ metrics, ...record }: EpochRecord): Record<string, number> {
  return { ...(record as unknown as Record<string, number>), ...metrics }
}

function field(name: string): string {
  return /[",\n\r]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name
}
