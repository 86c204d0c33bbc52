// Checks bytes that are to be text, before anything is made of them: no NUL bytes, nothing but UTF-8.
import { isUtf8 } from 'node:buffer'
import type { Reading } from './place.js'

const LF = 10

/**
 * Throws FormatError, with the line, for a NUL byte or for what is no UTF-8.
 * @param bytes - from the start of a line; the last character may be cut
 * @param line - number of that line
 */
export function checkText(reading: Reading, bytes: Uint8Array, line: number, last: boolean): void {
  const nul = bytes.indexOf(0)
  if (nul >= 0) {
    const advice = "is it a text file? UTF-16 needs encoding: 'utf-16le'"
    throw reading.error('text', { actual: 'a NUL byte', line: line + lineBreaks(bytes.subarray(0, nul)), advice })
  }
  const whole = last ? bytes : bytes.subarray(0, bytes.length - cutLength(bytes))
  if (isUtf8(whole)) return
  let before = 0
  for (let start = 0; ; before++) {
    const end = whole.indexOf(LF, start) + 1
    if (end === 0 || !isUtf8(whole.subarray(start, end))) break
    start = end
  }
  const advice = "give its encoding, such as encoding: 'latin1'"
  throw reading.error('text in UTF-8', { actual: 'bytes that are none', line: line + before, advice })
}

// Bytes at the end that are the start of a character of more.
function cutLength(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!
    if (byte >> 6 === 2) continue
    const wanted = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return wanted > back ? back : 0
  }
  return 0
}

function lineBreaks(bytes: Uint8Array): number {
  let found = 0
  for (const byte of bytes) if (byte === LF) found++
  return found
}
