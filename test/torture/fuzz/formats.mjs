// The formats that the package reads, each with seeds made here and a way to read bytes; those that have `unpack` and `pack` are
// damaged in their parts, too. A format whose reader this build does not have is left out.
import * as chainrule from '../../../dist/esm/index.js'
import { settings } from './settings.mjs'
import { tables } from './tables.mjs'
import { tensors } from './tensors.mjs'

/**
 * @typedef {object} Format
 * @property {() => Promise<Buffer[]> | Buffer[]} seeds
 * @property {(bytes: Buffer) => unknown} read
 * @property {(bytes: Buffer) => Buffer[]} [unpack]
 * @property {(parts: Buffer[]) => Buffer | Promise<Buffer>} [pack]
 * @property {(bytes: Buffer, random: any, mutated: (part: Buffer) => Buffer) => Buffer} [damage]
 * @property {string} [needs] what the package must export
 */

/** @type {Record<string, Format>} The formats of this build. */
export const formats = Object.fromEntries(
  Object.entries({ ...tensors, ...tables, ...settings }).filter(
    ([, { needs }]) => needs === undefined || needs in chainrule,
  ),
)
