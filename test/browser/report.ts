// Reports in a real browser: npm run test:browser. Looked at on phones and desktops, in light and dark, and printed.
// CHROMIUM names the program (default /usr/bin/chromium); SCREENSHOTS a folder for pictures of every page.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { samples } from '../report/samples.js'

const folder = mkdtempSync(join(tmpdir(), 'chainrule-browser-'))
const pictures = process.env.SCREENSHOTS
const made = samples()
const flags =
  '--no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update --disable-sync'
let browser: Browser

beforeAll(async () => {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  browser = await chromium.launch({ executablePath, args: flags.split(' ') })
  if (pictures) mkdirSync(pictures, { recursive: true })
})
afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true })
})

/** What look.js tells of a page. */
interface Look {
  readonly figures: readonly { readonly seen: readonly string[]; readonly named: boolean; readonly smallest: number }[]
  readonly over: number
  readonly headings: readonly number[]
}

const look = readFileSync(join(import.meta.dirname, 'look.js'), 'utf8')

/** Opens a report; what the page says or asks for beyond itself is collected. */
async function opened(name: string) {
  const path = join(folder, `${name}.html`)
  writeFileSync(path, made[name]!)
  const page = await browser.newPage()
  const said: string[] = []
  page.on('console', (message) => said.push(message.text()))
  page.on('pageerror', (error) => said.push(String(error)))
  page.on('request', (request) => {
    if (request.url() !== pathToFileURL(path).href && !request.url().startsWith('data:')) said.push(request.url())
  })
  await page.goto(pathToFileURL(path).href)
  return { page, said }
}

it.each(Object.keys(made))('%s: whole, legible and alone, wherever it is read', async (name) => {
  const { page, said } = await opened(name)
  for (const width of [1280, 390, 320]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height: 900 })
      await page.emulateMedia({ colorScheme })
      const { figures, over, headings } = await page.evaluate<Look>(look)
      const where = `${width} pixels, ${colorScheme}`
      expect(over, where).toBeLessThanOrEqual(0)
      for (const { seen, named, smallest } of figures) {
        expect(seen, where).toEqual([`${colorScheme}-only`])
        expect(named, where).toBeTruthy()
        if (width >= 390) expect(smallest, where).toBeGreaterThan(7)
      }
      for (const [i, level] of headings.entries()) expect(level - (headings[i - 1] ?? 0)).toBeLessThanOrEqual(1)
      if (pictures) await page.screenshot({ path: join(pictures, `${name} ${where}.png`), fullPage: true })
    }
  }
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  const { figures } = await page.evaluate<Look>(look)
  for (const { seen } of figures) expect(seen, 'printed').toEqual(['light-only'])
  expect(await page.locator('nav').isVisible()).toBe(false)
  expect(said).toEqual([])
  await page.close()
})
