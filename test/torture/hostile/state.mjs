// A print of everything that can be seen of some values: equal prints, equal state. Getters that a class offers are read too.

const shown = ['block', 'learningRate', 'training', 'value', 'grad', 'shape', 'size']

/** @returns {string} */
export function print(...values) {
  const seen = new Map()
  const parts = []
  const visit = (value, depth) => {
    if (typeof value === 'function') return parts.push('f')
    if (typeof value !== 'object' || value === null) return parts.push(Object.is(value, -0) ? '-0' : String(value))
    if (seen.has(value)) return parts.push(`@${seen.get(value)}`)
    seen.set(value, seen.size)
    if (ArrayBuffer.isView(value)) return parts.push(bytesOf(value))
    if (depth > 6) return parts.push('…')
    parts.push('{')
    try {
      const offered = shown.filter((key) => key in value && !Object.hasOwn(value, key))
      for (const key of [...Object.keys(value), ...offered]) {
        parts.push(key)
        visit(value[key], depth + 1)
      }
    } catch {
      parts.push('unreadable')
    }
    parts.push('}')
  }
  for (const value of values) visit(value, 0)
  return parts.join(' ')
}

function bytesOf(view) {
  if (view.byteLength === 0) return 'empty'
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  let hash = 2166136261
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 16777619)
  return `${view.constructor.name}(${view.length}:${hash >>> 0})`
}
