// Config files and settings: what is allowed is taken, every mistake is named with its key and what is allowed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { checkConfig, readConfig } from '../../lib/cli/config.js'
import { allowed, fits, flagOf, parseSetting, settings, settingText } from '../../lib/cli/settings.js'

const folder = mkdtempSync(join(tmpdir(), 'chainrule-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

const setting = (name: string) => settings.find((each) => each.name === name)!

describe('config files', () => {
  it('may hold every setting', async () => {
    const config = {
      target: 'price',
      task: 'regression',
      ignore: ['id'],
      types: { zip: 'categorical' },
      test: 0.25,
      header: true,
      missing: ['', 'NA'],
      epochs: 50,
      batchSize: 64,
      learningRate: 0.003,
      hidden: [64, 32],
      activation: 'gelu',
      dropout: 0.1,
      weightDecay: 0,
      optimizer: 'adamw',
      seed: 1,
    }
    expect(await checkConfig('c.json', config)).toEqual(config)
    expect(await checkConfig('c.json', { delimiter: ';' })).toEqual({ delimiter: ';' })
    expect(await checkConfig('c.json', {})).toEqual({})
  })

  it.each([
    [[], 'an object like'],
    [null, 'an object like'],
    [{ learnigRate: 1 }, '"learnigRate" is no setting. Did you mean learningRate?'],
    [{ zzzzzzzz: 1 }, '"zzzzzzzz" is no setting. There are target, task'],
    [{ learningRate: '0.1' }, '"learningRate" takes a number above 0 and at most 100, not "0.1".'],
    [{ learningRate: 0 }, '"learningRate" takes a number above 0'],
    [{ epochs: 1.5 }, '"epochs" takes a whole number of at least 1, not 1.5.'],
    [{ hidden: [64, 0] }, '"hidden" takes a list of whole numbers above 0, not [64,0].'],
    [{ hidden: '64' }, '"hidden" takes a list of whole numbers above 0, not "64".'],
    [{ activation: 'rleu' }, '"activation" takes one of identity, sigmoid'],
    [{ dropout: 1 }, '"dropout" takes a number of at least 0 and below 1, not 1.'],
    [{ target: '' }, '"target" takes the name of a column, not "".'],
    [{ task: 'guess' }, '"task" takes one of regression, binary, multiclass, not "guess".'],
    [{ types: { zip: 'text' } }, '"types.zip" takes one of numeric, categorical, boolean, date, not "text".'],
    [{ test: [...'twenty'].map((each) => each.repeat(20)) }, /not \["t{20}","w{20}".*…\./],
    [{ delimiter: '' }, '"delimiter" takes one character, not "".'],
    [{ delimiter: ';;' }, '"delimiter" takes one character, not ";;".'],
    [{ epochs: 0, test: 1 }, 'has 2 mistakes:'],
    [JSON.parse('{ "__proto__": 1 }'), 'is no setting'],
  ])('%j is refused', async (config, message) => {
    await expect(checkConfig('c.json', config)).rejects.toThrow(message)
  })

  it.each([
    ['{ "epochs": 1, }', 'broken.json is no config file: '],
    ['{ "epochs": 1, "epochs": 2 }', 'key "epochs" comes twice'],
    ['', 'broken.json is no config file: '],
  ])('%s is refused', async (text, message) => {
    const path = join(folder, 'broken.json')
    writeFileSync(path, text)
    await expect(readConfig(path)).rejects.toThrow(message)
  })

  it('names a file that is not there', async () => {
    await expect(readConfig('nothing.json')).rejects.toThrow('There is no config file "nothing.json".')
  })
})

describe('settings', () => {
  it.each([
    ['epochs', '10', 10],
    ['epochs', '0', undefined],
    ['epochs', 'ten', undefined],
    ['epochs', '', undefined],
    ['learningRate', '1e-3', 1e-3],
    ['learningRate', '0', undefined],
    ['learningRate', 'Infinity', undefined],
    ['hidden', '64,32', [64, 32]],
    ['hidden', '64x32', [64, 32]],
    ['hidden', 'none', []],
    ['hidden', '64,', undefined],
    ['activation', 'relu', 'relu'],
    ['activation', 'RELU', undefined],
    ['dropout', '0', 0],
  ])('%s %j is %j', (name, text, value) => expect(parseSetting(setting(name), text)).toEqual(value))

  // The least and the greatest that fit, what lies next to them and does not, and how that reads.
  it.each([
    ['epochs', [1, 1e6], [0, 1e6 + 1, 1.5], 'a whole number of at least 1'],
    ['patience', [0, 1e6], [-1, 1e6 + 1], 'a whole number of at least 0'],
    ['batchSize', [1, 1e7], [0, 1e7 + 1], 'a whole number of at least 1'],
    [
      'learningRate',
      [Number.MIN_VALUE, 100],
      [0, 100.1, Number.NaN, Infinity, '1'],
      'a number above 0 and at most 100',
    ],
    ['hidden', [[], [1], [1e6]], [[0], [1e6 + 1], [1.5], 64], 'numbers of units, as 64,32, or none'],
    ['dropout', [0, 0.999], [-0.1, 1], 'a number of at least 0 and below 1'],
    ['weightDecay', [0, 100], [-0.1, 100.1], 'a number of at least 0 and at most 100'],
    ['validation', [0.001, 0.999], [0, 1], 'a number above 0 and below 1'],
    ['members', [1, 100], [0, 101], 'a whole number of at least 1 and at most 100'],
    ['oneHotLimit', [0, 1e4], [-1, 1e4 + 1], 'a whole number of at least 0 and at most 10000'],
    ['seed', [0, 2 ** 53 - 1], [-1, 2 ** 53], 'a whole number of at least 0'],
    ['optimizer', ['adam'], ['', 'Adam', 5], 'one of '],
  ] as const)('%s from end to end', (name, good, bad, words) => {
    expect(good.filter((value) => !fits(setting(name), value))).toEqual([])
    expect(bad.filter((value) => fits(setting(name), value))).toEqual([])
    expect(allowed(setting(name))).toMatch(new RegExp(`^${words}${name === 'optimizer' ? '' : '$'}`))
  })

  it('are searched by factors where factors count', () => {
    const log = settings.filter((each) => each.log).map(({ name }) => name)
    expect(log).toEqual(['batchSize', 'learningRate', 'weightDecay'])
  })

  it('have flags that read like words, and say what they take', () => {
    expect(settings.map(({ name }) => flagOf(name))).toContain('learning-rate')
    for (const each of settings) expect(allowed(each)).not.toBe('')
    expect([[64, 32], [8], [], 0.5].map(settingText)).toEqual(['64x32', '8', 'none', '0.5'])
  })
})
