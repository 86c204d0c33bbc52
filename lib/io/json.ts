// Strict JSON: what JSON.parse takes, without its silence about keys that come twice; and values that JSON can hold.
import { describe } from '../checks.js'
import { ArgumentError } from '../errors.js'

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** Rules beyond those of JSON. */
export interface StrictRules {
  /** Whether numbers must be written as integers ≥ 0, without sign, point or exponent. */
  readonly naturals?: boolean
}

/**
 * Parses JSON.
 * @throws SyntaxError for what is no JSON, and for an object with one key twice
 */
export function parseStrict(text: string, { naturals = false }: StrictRules = {}): unknown {
  const value: unknown = JSON.parse(text)
  const fault = faultIn(text, naturals)
  if (fault !== undefined) throw new SyntaxError(fault)
  return value
}

/**
 * A value as JSON; what has `toJSON()` is written as that says.
 * @throws ArgumentError for what would not come back as it is: NaN, infinities, undefined, functions, cycles
 */
export function jsonText(operation: string, name: string, value: unknown): string {
  const check = (key: string, part: unknown): unknown => {
    const lost =
      typeof part === 'number' ? !Number.isFinite(part) : /undefined|function|symbol|bigint/.test(typeof part)
    if (lost) throw new ArgumentError(operation, `${name} to be JSON`, `${describe(part)}${key && ` at ${key}`}`)
    return part
  }
  try {
    return JSON.stringify(value, check)
  } catch (cause) {
    if (cause instanceof ArgumentError) throw cause
    throw new ArgumentError(operation, `${name} to be JSON`, (cause as Error).message.split('\n')[0]!, { cause })
  }
}

// Walks through text that is known to be JSON. Per open bracket: the keys so far, or undefined for an array.
function faultIn(text: string, naturals: boolean): string | undefined {
  const open: (Set<string> | undefined)[] = []
  let keyNext = false
  for (let i = 0; i < text.length; i++) {
    switch (text[i]) {
      case '{':
        open.push(new Set())
        keyNext = true
        break
      case '[':
        open.push(undefined)
        keyNext = false
        break
      case '}':
      case ']':
        open.pop()
        keyNext = false
        break
      case ',':
        keyNext = open.at(-1) !== undefined
        break
      case '"': {
        const end = endOfString(text, i)
        if (keyNext) {
          const keys = open.at(-1)!
          const key = JSON.parse(text.slice(i, end)) as string
          if (keys.has(key)) return `key ${JSON.stringify(key).slice(0, 40)} comes twice`
          keys.add(key)
          keyNext = false
        }
        i = end - 1
        break
      }
      case '-':
      case '.':
        if (naturals) return 'a number that is no integer ≥ 0'
        break
      case 'e':
      case 'E':
        if (naturals && isDigit(text[i - 1]!)) return 'a number with an exponent'
    }
  }
  return undefined
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9'
}

function endOfString(text: string, start: number): number {
  let i = start + 1
  while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1
  return i + 1
}
