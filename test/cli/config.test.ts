// Config files and settings: what is allowed is taken, every mistake is named with its key and what is allowed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { checkConfig, readConfig } from '../../lib/cli/config.js'
import { allowed, flagOf, parseSetting, settings, settingText } from '../../lib/cli/settings.js'

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

  it('have flags that read like words, and say what they take', () => {
    expect(settings.map(({ name }) => flagOf(name))).toContain('learning-rate')
    for (const each of settings) expect(allowed(each)).not.toBe('')
    expect(settingText([64, 32])).toBe('64x32')
  })
})
