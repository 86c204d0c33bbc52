// Renews docs/lecture.md: runs the experiments that it names, writes their pictures to docs/lecture/ and puts what they print
// into the blocks that follow `<!-- output of NAME -->`. Names given on the command line are renewed alone.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const path = join(root, 'docs/lecture.md')
const wanted = process.argv.slice(2)

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

const block = /(<!-- output of (\S+) -->\n)```text\n.*?```/gs
const text = readFileSync(path, 'utf8').replace(block, (whole, mark, name) => {
  if (wanted.length > 0 && !wanted.includes(name)) return whole
  console.log(name)
  return `${mark}\`\`\`text\n${output(name)}\n\`\`\``
})
writeFileSync(path, text)
