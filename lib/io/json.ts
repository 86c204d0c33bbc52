// Strict JSON: what JSON.parse takes, without its silence about keys that come twice.

/**
 * Parses JSON.
 * @throws SyntaxError for what is no JSON, and for an object with one key twice
 */
export function parseStrict(text: string): unknown {
  const value: unknown = JSON.parse(text)
  const repeated = repeatedKey(text)
  if (repeated !== undefined) throw new SyntaxError(`key ${repeated.slice(0, 40)} comes twice`)
  return value
}

// Walks through text that is known to be JSON. Per open bracket: the keys so far, or undefined for an array.
function repeatedKey(text: string): string | undefined {
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
          if (keys.has(key)) return JSON.stringify(key)
          keys.add(key)
          keyNext = false
        }
        i = end - 1
      }
    }
  }
  return undefined
}

function endOfString(text: string, start: number): number {
  let i = start + 1
  while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1
  return i + 1
}
