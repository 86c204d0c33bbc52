// Modules of Node's that take longer to load than all of this library: what only some programs need is loaded when it is needed.

/** Compression: zip, PNG, gzipped data. */
export const zlib = (): typeof import('node:zlib') => process.getBuiltinModule('node:zlib')

/** Readable streams. */
export const stream = (): typeof import('node:stream') => process.getBuiltinModule('node:stream')
