// The pages on the command line and on the service: their code runs, and what they point at is there.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { commands } from '../../lib/cli/commands.js'
import { settings } from '../../lib/cli/settings.js'

const root = resolve(import.meta.dirname, '../..')
const page = (name: string) => readFileSync(resolve(root, 'docs', `${name}.md`), 'utf8')

it.each([
  ['cli', 'true\n'],
  ['service', '[ 2, 4, 6 ]\n'],
])('docs/%s.md: its code prints what it says', (name, said) => {
  const [, code] = page(name).match(/^```js\n(.*?)^```/ms)!
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code!], {
    cwd: root,
    encoding: 'utf8',
  })
  expect([stderr, stdout]).toEqual(['', said])
})

it.each(['cli', 'service'])('docs/%s.md points only at files that exist', (name) => {
  for (const [, path] of page(name).matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
    expect(existsSync(resolve(root, 'docs', path!)), path).toBe(true)
  }
})

it('docs/cli.md names every command and every hyperparameter', () => {
  for (const { name } of commands) expect(page('cli')).toContain(`\`${name}`)
  for (const { name } of settings) expect(page('cli')).toContain(`\`${name}\``)
})
