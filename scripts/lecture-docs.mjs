// Renews docs/lecture.md: runs the experiments that it names, writes their pictures to docs/lecture/ and puts what they print
// into the blocks that follow `<!-- output of NAME -->`. Names given on the command line are renewed alone.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandLine, root } from './support.mjs'

const help = `Renews docs/lecture.md: runs the experiments of examples/lecture and puts what they print, and their pictures, into the page.

  npm run docs:lecture -- [names…]
  npm run docs:lecture -- circuits     # this one alone

  --help  this text`

const path = join(root, 'docs/lecture.md')
const page = readFileSync(path, 'utf8')
const block = /(<!-- output of (\S+) -->\n)```text\n.*?```/gs
const { names: wanted } = commandLine(
  help,
  {},
  [...page.matchAll(block)].map(([, , name]) => name),
)

/** What an experiment prints, without its title and the names of its pictures. */
function output(name) {
  const args = [join('examples/lecture', `${name}.mjs`), '--out', 'docs/lecture']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  const lines = stdout.split('\n').slice(1)
  return lines
    .filter((line) => !line.startsWith('Picture: '))
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}

const text = page.replace(block, (whole, mark, name) => {
  if (wanted.length > 0 && !wanted.includes(name)) return whole
  console.log(name)
  return `${mark}\`\`\`text\n${output(name)}\n\`\`\``
})
writeFileSync(path, text)
