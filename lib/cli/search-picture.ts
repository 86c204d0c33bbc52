// The picture of a search: the best so far over the trials, and the score over each hyperparameter.
import { numberText } from '../draw/numbers.js'
import { type PagePanel, page } from '../plot/page.js'
import { flagOf, settingText } from './settings.js'
import type { Dimension } from './space.js'
import type { Outcome } from './trials.js'

const LOWER_IS_BETTER = ['loss', 'meanAbsoluteError', 'rootMeanSquaredError']
const size = { width: 400, height: 300 }

/** Charts of the trials, as SVG. */
export function searchPicture(
  outcomes: readonly Outcome[],
  space: readonly Dimension[],
  by: string,
  title: string,
): string {
  const done = outcomes.filter(({ score }) => Number.isFinite(score))
  const better = LOWER_IS_BETTER.includes(by) ? Math.min : Math.max
  const longest = Math.max(...done.map(({ epochs = 0 }) => epochs))
  // Trials of fewer epochs are no fair comparison: they are grey.
  const whole = done.filter(({ epochs = 0 }) => epochs === longest)
  const early = done.filter(({ epochs = 0 }) => epochs < longest)
  let best = Number.NaN
  const course = [...done]
    .sort((a, b) => a.number - b.number)
    .map(({ score }) => (best = Number.isNaN(best) ? score : better(best, score)))
  const y = { label: by, format: (value: number) => numberText(Number(value.toPrecision(3))) }
  const panels: PagePanel[] = [
    {
      kind: 'lines',
      ...size,
      title: `Best ${by} so far`,
      legend: 'none',
      series: [{ y: course, marks: 'lines' }],
      x: { label: 'trial' },
      y,
    },
    ...space.map(({ setting, values }): PagePanel => {
      const name = flagOf(setting.name)
      if (setting.kind === 'choice' || setting.kind === 'layers') {
        const labels = Array.from(new Set((values ?? []).map(settingText)))
        const bests = labels.map((label) => {
          const scores = done
            .filter((each) => settingText(each.values[setting.name]) === label)
            .map(({ score }) => score)
          return scores.length > 0 ? better(...scores) : Number.NaN
        })
        return { kind: 'bars', ...size, title: `Best ${by} by ${name}`, labels, series: [{ values: bests }], y }
      }
      const points = (some: readonly Outcome[]) => ({
        x: some.map((each) => each.values[setting.name] as number),
        y: some.map(({ score }) => score),
        marks: 'points' as const,
      })
      const series = [
        ...(early.length > 0 ? [{ ...points(early), color: 'grey' }] : []),
        { ...points(whole), color: 'blue' },
      ]
      const log = setting.log === true && done.every((each) => (each.values[setting.name] as number) > 0)
      return { kind: 'lines', ...size, title: `${by} by ${name}`, legend: 'none', series, x: { label: name, log }, y }
    }),
  ]
  const subtitle = `${done.length} trials${early.length > 0 ? `; grey are those of fewer than ${longest} epochs` : ''}`
  return page({ title, subtitle, panels, columns: Math.min(3, panels.length) })
}
