// Command line options of the examples: names, types and defaults from one object; bad ones end with one line, not a trace.
import { parseArgs } from 'node:util'

/**
 * The options given, by the names of `defaults` (`batchSize` is written --batch-size). A default's type is the option's:
 * number, string, boolean, or array of numbers. --help prints `help`.
 */
export function readOptions(help, defaults) {
  const options = { help: { type: 'boolean' } }
  for (const [name, value] of Object.entries(defaults)) {
    options[dashed(name)] = { type: typeof value === 'boolean' ? 'boolean' : 'string' }
  }
  const { values } = orEnd(() => parseArgs({ options }))
  if (values.help) {
    console.log(help)
    process.exit()
  }
  const read = ([name, preset]) => {
    const given = values[dashed(name)]
    return [name, given === undefined ? preset : orEnd(() => converted(dashed(name), given, preset))]
  }
  return Object.fromEntries(Object.entries(defaults).map(read))
}

/**
 * What f returns, or resolves to. If it fails with an error that has a code, which is the user's to mend, its message is
 * printed and the process ends with code 2.
 */
export function orEnd(f) {
  try {
    const result = f()
    return result instanceof Promise ? result.catch(end) : result
  } catch (error) {
    return end(error)
  }
}

function end(error) {
  if (error?.code === undefined) throw error
  console.error(`${error.message}\nTry --help.`)
  process.exit(2)
}

class UsageError extends Error {
  code = 'USAGE'
}

function dashed(name) {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function converted(name, text, preset) {
  if (typeof preset === 'boolean' || typeof preset === 'string') return text
  const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  const list = Array.isArray(preset)
  if (numbers.some(Number.isNaN) || (!list && numbers.length > 1)) {
    throw new UsageError(
      `--${name} takes ${list ? 'numbers with commas between' : 'a number'}, not ${JSON.stringify(text)}`,
    )
  }
  return list ? numbers : numbers[0]
}
