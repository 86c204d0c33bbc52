// The training in a report: what is there of losses, accuracies and metrics is shown, what is not is left out.
import { describe, expect, it } from 'vitest'
import { trainingSection } from '../../lib/report/training.js'
import type { EpochRecord, History } from '../../lib/train/history.js'

type Epoch = Partial<EpochRecord>

const history = (count: number, of: (epoch: number) => Epoch): History => ({
  epochs: Array.from({ length: count }, (_, i) => {
    return { epoch: i + 1, loss: 1 / (i + 1), seconds: 1, samplesPerSecond: 1, ...of(i + 1) }
  }),
  seconds: count,
})
const titles = (html: string) => Array.from(html.matchAll(/<h3>(.*?)<\/h3>/g), ([, title]) => title)
const head = (html: string) => Array.from(html.matchAll(/<th scope="col"[^>]*>(.*?)<\/th>/g), ([, title]) => title)
const rows = (html: string) => Array.from(html.matchAll(/<th scope="row">(.*?)<\/th>/g), ([, epoch]) => Number(epoch))
const cells = (html: string) => Array.from(html.matchAll(/<td class="number">(.*?)<\/td>/g), ([, cell]) => cell)

describe('one network', () => {
  it('with losses alone', () => {
    const html = trainingSection([history(2, () => ({}))])
    expect(titles(html)).toEqual(['Loss'])
    expect(html).toContain('<figcaption>The axis is logarithmic')
    expect(html).not.toContain('lowest')
    expect(head(html)).toEqual(['epoch', 'loss', 'validation loss'])
    expect(cells(html)).toEqual(['1', '–', '0.5', '–'])
  })

  it('with accuracies and metrics, some of which are not there from the start', () => {
    const html = trainingSection([
      history(3, (epoch) => ({
        accuracy: epoch / 4,
        ...(epoch > 1 && { validationLoss: 3 / epoch, validationAccuracy: epoch / 5 }),
        ...(epoch < 3 && { metrics: { f1: 0.5 } }),
      })),
    ])
    expect(titles(html)).toEqual(['Loss', 'Accuracy, %', 'f1'])
    expect(html).toContain('The validation loss is lowest, 1, after epoch 3 of 3.')
    expect(html).toContain('<figcaption>Accuracy after each epoch.')
    expect(head(html)).toEqual(['epoch', 'loss', 'validation loss', 'accuracy', 'validation accuracy'])
    expect(cells(html).slice(0, 8)).toEqual(['1', '–', '25.0 %', '–', '0.5', '1.5', '50.0 %', '40.0 %'])
  })

  it('whose accuracy is known at last alone', () => {
    const html = trainingSection([history(2, (epoch) => (epoch === 2 ? { accuracy: 0.5 } : {}))])
    expect(titles(html)).toEqual(['Loss', 'Accuracy, %'])
    expect(cells(html)).toEqual(['1', '–', '–', '–', '0.5', '–', '50.0 %', '–'])
  })

  it('whose metric is never a number', () => {
    const html = trainingSection([history(2, () => ({ metrics: { auc: Number.NaN } }))])
    expect(titles(html)).toEqual(['Loss', 'auc'])
  })

  it.each([
    [60, 60],
    [61, 31],
    [180, 61],
    [184, 47],
  ])('of %i epochs lists %i', (count, listed) => {
    const shown = rows(trainingSection([history(count, () => ({}))]))
    expect(shown).toHaveLength(listed)
    expect([shown[0], shown.at(-1)]).toEqual([1, count])
  })

  it('whose validation loss begins and ends with NaN, and whose losses are none of them above 0', () => {
    const html = trainingSection([
      history(4, (epoch) => ({ loss: -epoch, validationLoss: epoch % 3 === 1 ? Number.NaN : -epoch })),
    ])
    expect(html).toContain('The validation loss is lowest, −3, after epoch 3 of 4.')
  })
})

describe('several networks', () => {
  it('with losses alone', () => {
    const html = trainingSection([history(2, () => ({})), history(4, () => ({}))])
    expect(titles(html)).toEqual(['Loss'])
    expect(html).toContain('Loss of 2 networks over up to 4 epochs')
  })

  it('of which one has accuracies', () => {
    const one = history(2, (epoch) => ({ accuracy: 0.5, ...(epoch === 2 && { validationAccuracy: 0.25 }) }))
    const html = trainingSection([one, history(2, () => ({}))])
    expect(titles(html)).toEqual(['Loss', 'Accuracy, %'])
  })
})
