// checkpoint(): keeps the state of a training in files, from which fit goes on after a stop or a crash.
import { join } from 'node:path'
import { options, positive, positiveInteger, signalOf } from '../../checks.js'
import { mkdir, readdir, unlink } from '../../disk.js'
import { ArgumentError, FileError, FormatError } from '../../errors.js'
import { checkPath, readWhole, writeAtomic } from '../../io/files.js'
import { encodeParts, readHeader, readTensors } from '../../io/safetensors.js'
import { native } from '../../native/load.js'
import type { Callback, PauseEvent } from '../callback.js'
import type { Snapshot } from '../snapshot.js'

/** Options of {@link checkpoint}. Without everyBatches and everySeconds there is one checkpoint after every epoch. */
export interface CheckpointOptions {
  /** Where the files are; it is made if it is missing. */
  folder: string
  /** A checkpoint after every so many batches. */
  everyBatches?: number
  /** A checkpoint when the last one is so many seconds old. */
  everySeconds?: number
  /** How many of the newest files are kept. Default 3. */
  keep?: number
  /** When it fires, a checkpoint is written, and then training ends with the signal's reason. */
  signal?: AbortSignal
}

const NAME = /^checkpoint-(\d{9,})\.safetensors$/
/** What Node can hold in one buffer on every supported platform. */
const LARGEST = 2 ** 32

/**
 * A callback for fit that writes parameters, buffers, the optimizer's state, the schedule's, the random state and the position
 * to a file; `resume` of fit goes on from there. Training goes on while a file is written. Files are whole or not there, and the
 * newest ones stay. State of gates of the user's own beside their parameters and buffers is not kept.
 */
export function checkpoint(given: CheckpointOptions): Callback {
  const keys = ['folder', 'everyBatches', 'everySeconds', 'keep', 'signal'] as const
  const { folder, everyBatches, everySeconds, keep = 3, signal } = options('checkpoint', given, keys)
  checkPath('checkpoint', folder)
  positiveInteger('checkpoint', 'keep', keep)
  if (everyBatches !== undefined) positiveInteger('checkpoint', 'everyBatches', everyBatches)
  if (everySeconds !== undefined) positive('checkpoint', 'everySeconds', everySeconds)
  if (everyBatches !== undefined && everySeconds !== undefined) {
    throw new ArgumentError('checkpoint', 'everyBatches or everySeconds', 'both')
  }
  signalOf('checkpoint', signal)
  const files = new Files(folder, keep)
  let last = performance.now()
  const take = async (event: PauseEvent) => {
    const snapshot = event.capture()
    if (!snapshot) return
    last = performance.now()
    await files.write(event.batches, snapshot)
    if (!signal?.aborted) return
    await files.settle()
    throw signal.reason
  }
  const due = ({ batches }: PauseEvent) =>
    everyBatches === undefined ? performance.now() - last >= 1000 * everySeconds! : batches % everyBatches === 0
  const rhythm = everyBatches !== undefined || everySeconds !== undefined
  return {
    pauseEvery: everyBatches,
    async begin() {
      last = performance.now()
      await files.open()
    },
    pause: (event) => (signal?.aborted || (rhythm && due(event)) ? take(event) : undefined),
    epoch: (event) => (signal?.aborted || !rhythm ? take(event) : undefined),
    end: () => files.settle(),
  }
}

/** The files of one folder; one is written at a time. */
class Files {
  readonly #folder: string
  readonly #keep: number
  #writing: Promise<void> = Promise.resolve()

  constructor(folder: string, keep: number) {
    this.#folder = folder
    this.#keep = keep
  }

  async open(): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true })
    } catch (cause) {
      const { message } = cause as Error
      throw new FileError('checkpoint', `to make folder ${JSON.stringify(this.#folder)}`, message, this.#folder, {
        cause,
      })
    }
  }

  /** Begins to write as soon as the last file is done, and returns. */
  async write(batches: number, { tensors, metadata }: Snapshot): Promise<void> {
    await this.#writing
    const path = join(this.#folder, `checkpoint-${String(batches).padStart(9, '0')}.safetensors`)
    const { head, data } = encodeParts('checkpoint', tensors, (bytes) => ({ ...metadata, checksum: checksumOf(bytes) }))
    this.#writing = writeAtomic('checkpoint', path, [head, data]).then(() => this.#tidy(batches))
    this.#writing.catch(() => {}) // told to whoever waits for it
  }

  settle(): Promise<void> {
    return this.#writing
  }

  // Newer files than the one just written are those of another training, which began anew here.
  async #tidy(newest: number): Promise<void> {
    const all = await checkpointsOf(this.#folder)
    const mine = all.filter(({ batches }) => batches <= newest)
    const old = [...all.filter(({ batches }) => batches > newest), ...mine.slice(this.#keep)]
    await Promise.all(old.map(({ path }) => unlink(path).catch(() => {})))
  }
}

/** The checkpoints of a folder, the newest first; none of a folder that is not there. */
async function checkpointsOf(folder: string): Promise<{ path: string; batches: number }[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .flatMap((name) => {
      const batches = NAME.exec(name)?.[1]
      return batches === undefined ? [] : [{ path: join(folder, name), batches: Number(batches) }]
    })
    .sort((a, b) => b.batches - a.batches)
}

/**
 * Reads a checkpoint: a file, or the newest one of a folder.
 * @returns undefined for a folder without
 * @throws FileError for a missing file, FormatError for one that is damaged
 */
export async function readCheckpoint(path: string): Promise<Snapshot | undefined> {
  const file = path.endsWith('.safetensors') ? path : (await checkpointsOf(path))[0]?.path
  if (file === undefined) return undefined
  const bytes = await readWhole('resume', file, LARGEST)
  const header = readHeader('resume', bytes)
  const found = checksumOf(bytes.subarray(header.start))
  if (header.metadata.checksum !== found) {
    throw new FormatError('resume', `data with checksum ${header.metadata.checksum}`, `${found}: the file is damaged`)
  }
  return { tensors: readTensors(bytes, header, 'resume'), metadata: header.metadata }
}

function checksumOf(data: Uint8Array): string {
  return `crc32:${native().crc32(data, 0).toString(16).padStart(8, '0')}`
}
