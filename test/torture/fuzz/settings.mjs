// What people write by hand: config files and flags of the command line, and transforms as JSON.

import { checkConfig } from '../../../dist/esm/cli/config.js'
import { trainingOptions, valuesOf } from '../../../dist/esm/cli/flags.js'
import { Given, readArguments } from '../../../dist/esm/cli/given.js'
import { parseDimension } from '../../../dist/esm/cli/space.js'
import { train } from '../../../dist/esm/cli/train.js'
import * as chainrule from '../../../dist/esm/index.js'
import { parseStrict } from '../../../dist/esm/io/json.js'
import { checkTabular } from '../../../dist/esm/tabular/options.js'

// The value of bytes that are JSON.
function parsed(bytes) {
  try {
    return parseStrict(bytes.toString('utf8'))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new chainrule.FormatError('fuzz', 'JSON', error.message)
  }
}

const json = (value) => Buffer.from(JSON.stringify(value))
const none = new Given([], [], new Map())

// What options of the command line become: options of trainTabular, which must suit it.
const used = (values) => checkTabular({ target: 'y', ...trainingOptions(values) })

/** @type {Record<string, import('./formats.mjs').Format>} */
export const settings = {
  config: {
    seeds: () => [
      json({ target: 'price', epochs: 50, hidden: [64, 32], optimizer: 'adam', learningRate: 0.01, seed: 7 }),
      json({ task: 'binary', ignore: ['id'], types: { a: 'categorical', b: 'date' }, test: 0.2, header: true }),
      json({
        missing: ['NA', ''],
        delimiter: ';',
        dropout: 0.5,
        activation: 'gelu',
        numeric: 'robust',
        validation: 0.1,
      }),
    ],
    async read(bytes) {
      used(valuesOf(none, await checkConfig('config.json', parsed(bytes))))
    },
  },
  flags: {
    seeds: () =>
      [
        'data.csv --target price --hidden 64,32 --epochs=20 --learning-rate 0.01 -o out --optimizer adamw',
        'data.csv --target=y --hidden none --seed 3 --batch-size 64 --no-header --force --activation relu',
        'learning-rate=0.001..0.1 hidden=64,128x64 activation=relu,gelu epochs=1..9 dropout=0..0.4',
      ].map((words) => Buffer.from(words)),
    async read(bytes) {
      const words = bytes.toString('utf8').split(' ')
      if (words[0].includes('=')) for (const word of words) parseDimension(word)
      else used(valuesOf(await readArguments(train, words)))
    },
  },
  transform: {
    seeds: () => {
      const { tensor, Table } = chainrule
      const x = tensor([[1, 2], [3, -4], [5, 0.5]]) // biome-ignore format: a matrix
      const words = ['a', 'b', 'a', 'c']
      const table = Table.from({
        a: [1, 2, 3, 4],
        b: words,
        c: [true, false, null, true],
        d: words.map((_, i) => new Date(i * 1e9)),
      })
      return [
        new chainrule.StandardScaler().fit(x),
        new chainrule.MinMaxScaler().fit(x),
        new chainrule.RobustScaler().fit(x),
        new chainrule.QuantileTransformer().fit(x),
        new chainrule.Imputer().fit(x),
        new chainrule.OneHotEncoder().fit(words),
        new chainrule.OrdinalEncoder().fit(words),
        new chainrule.TablePreprocessor().fit(table),
      ].map((transform) => json(transform))
    },
    read: (bytes) => chainrule.transformFromJson(parsed(bytes)),
    needs: 'transformFromJson',
  },
}
