// Progress on a terminal and elsewhere, with a clock and a stream of the test's own.
import { describe, expect, it } from 'vitest'
import { createProgress } from '../../lib/train/progress.js'

const ESC = '\x1b'
const CLEAR = `\r${ESC}[2K`
const styles = new RegExp(`${ESC}\\[\\d+m`, 'g')

class Screen {
  readonly isTTY: boolean
  columns: number
  readonly writes: string[] = []

  constructor(isTTY: boolean, columns = 100) {
    this.isTTY = isTTY
    this.columns = columns
  }

  write(text: string): void {
    this.writes.push(text)
  }

  /** What a terminal would show: lines that stay, then the one the cursor is on. */
  get lines(): string[] {
    const lines = ['']
    for (const part of this.writes.join('').split(new RegExp(`(\r${ESC}\\[2K|\n)`))) {
      if (part === '\n') lines.push('')
      else if (part === CLEAR) lines[lines.length - 1] = ''
      else lines[lines.length - 1] += part.replace(styles, '')
    }
    return lines
  }
}

const record = {
  epoch: 1,
  loss: 0.25,
  accuracy: 0.9,
  validationLoss: 0.125,
  validationAccuracy: 0.975,
  seconds: 2,
  samplesPerSecond: 30000.4,
}

describe('on a terminal', () => {
  function setUp(columns = 100, color = false) {
    const clock = { time: 0 }
    const screen = new Screen(true, columns)
    const progress = createProgress({ stream: screen, epochs: 2, batchesPerEpoch: 100, now: () => clock.time, color })
    return { clock, screen, progress }
  }

  it('shows epoch, part, mean loss, time left and rate', () => {
    const { clock, screen, progress } = setUp()
    clock.time = 1000
    progress.batch(25, { loss: 1, samplesPerSecond: 12345.6 })
    expect(screen.lines).toEqual([
      expect.stringMatching(/^epoch 1\/2 {2}[━╸]+─+ {3}25 % {2}loss 1\.0000 {2}7\.0 s left {2}12,346 samples\/s$/),
    ])
    clock.time = 2000
    progress.batch(50, { loss: 0 })
    expect(screen.lines[0]).toMatch(/50 % {2}loss 0\.5000 {2}6\.0 s left$/)
  })

  it('shows the mean accuracy where batches come with one', () => {
    const { clock, screen, progress } = setUp()
    progress.batch(1, { loss: 1, accuracy: 0.5 })
    clock.time = 200
    progress.batch(2, { loss: 1, accuracy: 1 })
    expect(screen.lines[0]).toMatch(/loss 1\.0000 {2}accuracy {2}75\.00 %/)
  })

  it('draws at most ten times a second', () => {
    const { clock, screen, progress } = setUp()
    for (let batch = 1; batch <= 100; batch++) {
      clock.time += 10
      progress.batch(batch, { loss: 1 })
    }
    expect(screen.writes.length).toBeGreaterThanOrEqual(9)
    expect(screen.writes.length).toBeLessThanOrEqual(10)
  })

  it('leaves one line per epoch and clears the bar', () => {
    const { clock, screen, progress } = setUp(120)
    clock.time = 500
    progress.batch(50, { loss: 1 })
    progress.epochEnd(record)
    const line = 'epoch 1/2  loss 0.2500  accuracy  90.00 %  validation 0.1250   97.50 %   2.0 s   30,000 samples/s'
    expect(screen.lines).toEqual([line, ''])
    clock.time = 3000
    progress.batch(1, { loss: 3 })
    expect(screen.lines[1]).toMatch(/^epoch 2\/2 .* loss 3\.0000/)
    progress.done()
    progress.done()
    expect(screen.lines).toEqual([line, ''])
  })

  it.each([10, 20, 30, 40, 60, 80, 100, 200])('stays within %i columns', (columns) => {
    const { clock, screen, progress } = setUp(columns)
    for (let batch = 1; batch <= 100; batch += 7) {
      clock.time += 99999
      progress.batch(batch, { loss: 123456.789, samplesPerSecond: 1e7 })
      expect(screen.lines.at(-1)!.length).toBeLessThan(columns)
      expect(screen.lines).toHaveLength(1)
    }
    progress.epochEnd(record)
    expect(screen.lines[0]!.length).toBeLessThanOrEqual(Math.max(columns, 'epoch 1/2'.length))
  })

  it('follows the terminal when it becomes narrower', () => {
    const { clock, screen, progress } = setUp(100)
    progress.batch(10, { loss: 1 })
    screen.columns = 50
    clock.time = 1000
    progress.batch(20, { loss: 1 })
    expect(screen.lines.at(-1)!.length).toBeLessThan(50)
  })

  it('colours only if asked', () => {
    const plain = setUp(100, false)
    const coloured = setUp(100, true)
    for (const { progress } of [plain, coloured]) progress.batch(50, { loss: 1 })
    expect(plain.screen.writes.join('')).not.toMatch(styles)
    expect(coloured.screen.writes.join('')).toMatch(new RegExp(`${ESC}\\[32m━+╸?${ESC}\\[39m`))
    expect(coloured.screen.lines).toEqual(plain.screen.lines)
  })

  it('honours NO_COLOR', () => {
    const before = process.env.NO_COLOR
    process.env.NO_COLOR = '1'
    const screen = new Screen(true)
    createProgress({ stream: screen, epochs: 1, batchesPerEpoch: 2 }).batch(1, { loss: 1 })
    if (before === undefined) delete process.env.NO_COLOR
    else process.env.NO_COLOR = before
    expect(screen.writes.join('')).not.toMatch(styles)
  })
})

describe('elsewhere', () => {
  it('writes one plain line per epoch and nothing else', () => {
    const screen = new Screen(false)
    const progress = createProgress({ stream: screen, epochs: 10, batchesPerEpoch: 2 })
    progress.batch(1, { loss: 1 })
    progress.batch(2, { loss: 1 })
    progress.epochEnd({ epoch: 1, loss: 0.00001234, seconds: 75, samplesPerSecond: 800 })
    progress.epochEnd({ epoch: 10, loss: Number.NaN, seconds: 4000, samplesPerSecond: 1 })
    progress.done()
    expect(screen.writes).toEqual([
      'epoch  1/10  loss 1.2e-5  1:15 min      800 samples/s\n',
      'epoch 10/10  loss    NaN  1:06 h        1 samples/s\n',
    ])
  })

  it('keeps the columns of all epochs below each other', () => {
    const screen = new Screen(false)
    const progress = createProgress({ stream: screen, epochs: 10, batchesPerEpoch: 2 })
    const losses = [0, 1e-9, 0.00099, 0.001, 0.99999, 1, 9.99999, 123.456, 99999.4, 99999.6]
    for (const loss of losses) {
      const accuracy = Math.min(1, loss)
      const seconds = Math.min(59.4, loss)
      const samplesPerSecond = 12345 * seconds
      progress.epochEnd({ ...record, loss, accuracy, validationAccuracy: accuracy, seconds, samplesPerSecond })
    }
    const widths = new Set(screen.writes.map((line) => line.length))
    expect(screen.writes).toHaveLength(losses.length)
    expect(widths.size).toBe(1)
  })
})
