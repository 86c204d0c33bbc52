// Places where nothing can be written: a full disk, a read-only one, a process that may open no more files. What is written there
// is refused with a typed error and leaves the old file, and once there is room the same process writes it.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ChainruleError } from '../../../dist/chainrule.js'
import { child, packageFile } from '../support.mjs'
import { jobs } from './jobs.mjs'

const PAGE = 4096
// Of a disk in memory: old files, new ones beside them, and some pages.
const DISK = 128 * PAGE

/** What makes a place useless but for some room, from none to enough, and usable again. */
const kinds = {
  full: {
    rooms: [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 64], // pages
    spoil(folder, pages) {
      const filler = openSync(join(folder, 'filler'), 'w')
      try {
        for (;;) writeSync(filler, Buffer.alloc(PAGE, 1))
      } catch (error) {
        if (error.code !== 'ENOSPC') throw error
      }
      closeSync(filler)
      const path = join(folder, 'filler')
      truncateSync(path, Math.max(0, statSync(path).size - pages * PAGE))
    },
    mend: (folder) => rmSync(join(folder, 'filler')),
  },
  readOnly: {
    rooms: [0],
    spoil: (folder) => remount(folder, 'ro'),
    mend: (folder) => remount(folder, 'rw'),
  },
  files: {
    rooms: [0, 1, 2, 3, 4],
    spoil(folder, files) {
      this.open = []
      try {
        for (;;) this.open.push(openSync(folder, 'r'))
      } catch (error) {
        if (error.code !== 'EMFILE') throw error
      }
      for (const file of this.open.splice(0, files)) closeSync(file)
    },
    mend() {
      for (const file of this.open.splice(0)) closeSync(file)
    },
  },
}

function remount(folder, how) {
  const { status, stderr } = spawnSync('mount', ['-o', `remount,${how}`, folder])
  if (status !== 0) throw new Error(`mount: ${stderr}`)
}

/** Each job in each place. Needs Linux, and the right to make a file system in a namespace of one's own. */
export async function inBadPlaces() {
  const mount = 'mount -t tmpfs -o size="$0" chainrule "$1" && shift && exec "$@"'
  const within = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', mount, String(DISK)]
  const folder = join(tmpdir(), `chainrule-places-${process.pid}`)
  mkdirSync(folder)
  const findings = []
  let calls = 0
  try {
    if (process.platform !== 'linux' || spawnSync(within[0], [...within.slice(1), folder, 'true']).status !== 0) {
      console.log('  faults: SKIPPED places without room (needs Linux and unshare)')
      return { calls, findings }
    }
    for (const name of Object.keys(jobs)) {
      const result = await child(packageFile('test/torture/faults/places.mjs'), [name, folder], {
        within: [...within, folder, 'prlimit', '--nofile=1024'],
        onMessage(message) {
          if (message.finding) findings.push(`${name}, ${message.finding}`)
          else calls++
        },
      })
      if (result.code !== 0)
        findings.push(`${name}: ended with ${result.signal ?? result.code} ${result.stderr.slice(-300)}`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return { calls, findings }
}

// One job at a place with so much room.
async function attempt(name, kind, folder, room, say) {
  const { prepare, write, read } = jobs[name]
  const { spoil, mend } = kinds[kind]
  const place = `${kind} with room for ${room}`
  for (const left of readdirSync(folder)) rmSync(join(folder, left), { recursive: true })
  await prepare(folder)
  spoil.call(kinds[kind], folder, room)
  let outcome = 'done'
  try {
    await write(folder)
  } catch (error) {
    outcome = error instanceof ChainruleError ? 'refused' : `${error}`
  }
  mend.call(kinds[kind], folder)
  const left = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.tmp'))
  // Reading a checkpoint is to train to the end, with room now.
  const found = await read(folder).catch((error) => `${error}`)
  const expected = name === 'checkpoint' ? 'new' : { done: 'new', refused: 'old' }[outcome]
  if (found !== expected) say({ finding: `${place}: ${outcome}, afterwards ${found}` })
  if (left.length > 0) say({ finding: `${place}: ${outcome}, leaves ${left}` })
  await write(folder)
  const again = await read(folder).catch((error) => `${error}`)
  if (again !== 'new') say({ finding: `${place}: once there is room, ${again}` })
  say({ outcome })
  return outcome
}

if (process.argv[1] === import.meta.filename) {
  const [, , name, folder] = process.argv
  const say = (message) => writeSync(1, `${JSON.stringify(message)}\n`)
  for (const kind of Object.keys(kinds)) {
    const outcomes = []
    for (const room of kinds[kind].rooms) outcomes.push(await attempt(name, kind, folder, room, say))
    if (outcomes[0] !== 'refused') say({ finding: `${kind}: done where there is no room` })
    if (kinds[kind].rooms.length > 1 && outcomes.at(-1) !== 'done')
      say({ finding: `${kind}: refused where there is room` })
  }
}
