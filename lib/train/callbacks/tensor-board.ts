// tensorBoard(): the course of a training as event files that TensorBoard shows.
import { hostname } from 'node:os'
import { join } from 'node:path'
import { options, positiveInteger } from '../../checks.js'
import { appendFile, mkdir, writeFile } from '../../disk.js'
import { FileError } from '../../errors.js'
import { checkPath } from '../../io/files.js'
import type { Callback, EpochEvent } from '../callback.js'
import { fileVersion, scalars } from './event-file.js'

/** Options of {@link tensorBoard}. */
export interface TensorBoardOptions {
  /** Writes the loss after every so many batches, too. Default: of epochs alone. */
  everyBatches?: number
}

let files = 0

/**
 * A callback for fit that writes the numbers of every epoch as scalars, each training to a file of its own. Names are those of
 * an epoch's record: `epoch/loss`, `epoch/validationLoss` …, steps are epochs; `batch/loss` counts the batches of the training.
 * @param folder - is made if it is missing: `tensorboard --logdir FOLDER`
 */
export function tensorBoard(folder: string, given?: TensorBoardOptions): Callback {
  checkPath('tensorBoard', folder)
  const { everyBatches } = options('tensorBoard', given, ['everyBatches'])
  if (everyBatches !== undefined) positiveInteger('tensorBoard', 'everyBatches', everyBatches)
  let path = ''
  let batches = 0
  let waiting: Buffer[] = []
  const attempt = async (run: () => Promise<unknown>): Promise<void> => {
    try {
      await run()
    } catch (cause) {
      const wish = `to write ${JSON.stringify(path)}`
      throw new FileError('tensorBoard', wish, (cause as Error).message, path, { cause })
    }
  }
  const flush = async () => {
    const bytes = Buffer.concat(waiting)
    waiting = []
    if (bytes.length > 0) await attempt(() => appendFile(path, bytes))
  }
  return {
    async begin({ batches: before }) {
      const seconds = Date.now() / 1000
      const name = `events.out.tfevents.${Math.floor(seconds)}.${hostname()}.${process.pid}.${files++}`
      path = join(folder, name)
      batches = before
      waiting = []
      await attempt(async () => {
        await mkdir(folder, { recursive: true })
        await writeFile(path, fileVersion(seconds))
      })
    },
    ...(everyBatches !== undefined && {
      batch({ loss }: { loss: number }) {
        batches++
        if (batches % everyBatches === 0) waiting.push(scalars(Date.now() / 1000, batches, { 'batch/loss': loss }))
      },
      pause: () => (waiting.length > 100 ? flush() : undefined),
    }),
    async epoch({ record }: EpochEvent) {
      const { epoch, metrics, ...numbers } = record
      const named = Object.entries({ ...numbers, ...metrics }).map(([name, value]) => [`epoch/${name}`, value])
      waiting.push(scalars(Date.now() / 1000, epoch, Object.fromEntries(named)))
      await flush()
    },
    end: flush,
  }
}
