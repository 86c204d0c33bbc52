// PNG: what is rendered of a picture by the optional package, and what is said without it.
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { ArgumentError, DependencyError, plot } from '../../lib/index.js'
import { thrownBy } from '../support.js'

const installed = (() => {
  try {
    return createRequire(import.meta.url).resolve('@resvg/resvg-js') !== ''
  } catch {
    return false
  }
})()
const square =
  '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="6"><rect width="10" height="6" fill="red"/></svg>'
const size = (png: Uint8Array) => {
  const view = new DataView(png.buffer, png.byteOffset)
  return [view.getUint32(16), view.getUint32(20)]
}

describe('plot.toPng', () => {
  it.skipIf(!installed)('gives a PNG of the scaled size, within the limit', () => {
    const png = plot.toPng(square)
    expect(Array.from(png.subarray(0, 8))).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
    expect(size(png)).toEqual([20, 12])
    expect(size(plot.toPng(square, { scale: 1 }))).toEqual([10, 6])
    expect(size(plot.toPng(square.replace('"10"', '"40000"')))[0]).toBe(16384)
    expect(size(plot.toPng(square, { scale: 1e300 }))).toEqual([5288, 3173])
  })

  it.skipIf(!installed)('renders every chart', () => {
    expect(plot.toPng(plot.lines({ title: 'x', series: [{ y: [1, 2] }] })).length).toBeGreaterThan(1000)
    expect(thrownBy(() => plot.toPng('<svg'))).toBeInstanceOf(ArgumentError)
  })

  it.skipIf(installed)('says what to install', () => {
    const error = thrownBy(() => plot.toPng(square)) as DependencyError
    expect(error).toBeInstanceOf(DependencyError)
    expect(error.message).toContain('npm install @resvg/resvg-js')
    expect(error.code).toBe('DEPENDENCY_MISSING')
  })

  it('refuses what is no picture', () => {
    expect(() => plot.toPng(1 as never)).toThrow(ArgumentError)
    expect(() => plot.toPng(square, { scale: 0 })).toThrow(ArgumentError)
  })
})
