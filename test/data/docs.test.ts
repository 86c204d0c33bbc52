// docs/data.md: its code runs, and prints what its comments say.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/data.md'), 'utf8')
const blocks = Array.from(page.matchAll(/^```js\n(.*?)^```/gms), ([, code]) => code!)

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chainrule-docs-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

it.each(blocks.map((code, i) => [i + 1, code] as const))('code %i', (_, code) => {
  const placed = code.replaceAll(/'(\w+\.csv)'/g, (_, name) => JSON.stringify(join(folder, name)))
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', placed], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  })
  expect(stderr).toBe('')
  const said = Array.from(code.matchAll(/(?:^|\) )\/\/ ?(.*)$/gm), ([, comment]) => comment!)
  expect(stdout.trimEnd().split('\n')).toEqual(said)
})
