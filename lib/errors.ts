// Every error the library throws: one base class, a stable `code`, and a message that names the operation, what was
// expected and what came: `[Linear] expected input [batch, 784], got [128, 783]`.

/** The stable codes of {@link ChainruleError.code}. */
export type ErrorCode =
  | 'SHAPE_MISMATCH'
  | 'DTYPE_MISMATCH'
  | 'INVALID_ARGUMENT'
  | 'INDEX_OUT_OF_RANGE'
  | 'LABEL_OUT_OF_RANGE'
  | 'INVALID_STATE'
  | 'NON_FINITE'
  | 'NATIVE_UNAVAILABLE'
  | 'INVALID_FORMAT'
  | 'FILE_FAILED'
  | 'DEPENDENCY_MISSING'
  | 'OVERLOADED'

/** Base of all errors of this library; tell them apart by class or by `code`. */
export class ChainruleError extends Error {
  /** Stable across versions; messages are not. */
  readonly code: ErrorCode
  /** The gate, function or option that refused. */
  readonly operation: string

  /**
   * @param code - stable code
   * @param operation - who refuses, for example `Linear`
   * @param expected - what was expected, as it reads after "expected"
   * @param actual - what came instead, as it reads after "got"
   */
  constructor(code: ErrorCode, operation: string, expected: string, actual: string, options?: ErrorOptions) {
    super(`[${operation}] expected ${expected}, got ${actual}`, options)
    this.name = new.target.name
    this.code = code
    this.operation = operation
  }
}

/** A tensor has the wrong shape, or shapes do not go together. */
export class ShapeError extends ChainruleError {
  constructor(operation: string, expected: string, actual: string) {
    super('SHAPE_MISMATCH', operation, expected, actual)
  }
}

/** A tensor has the wrong element type, or element types are mixed. */
export class DTypeError extends ChainruleError {
  constructor(operation: string, expected: string, actual: string) {
    super('DTYPE_MISMATCH', operation, expected, actual)
  }
}

/** An option, hyperparameter or argument is not usable. */
export class ArgumentError extends ChainruleError {
  constructor(operation: string, expected: string, actual: string, options?: ErrorOptions) {
    super('INVALID_ARGUMENT', operation, expected, actual, options)
  }
}

/** An index lies outside a tensor or a data set. */
export class IndexError extends ChainruleError {
  constructor(operation: string, expected: string, actual: string) {
    super('INDEX_OUT_OF_RANGE', operation, expected, actual)
  }
}

/** A class label is not an integer in [0, classes). */
export class LabelError extends ChainruleError {
  /** The row of the bad label. */
  readonly row: number

  constructor(operation: string, expected: string, actual: string, row: number) {
    super('LABEL_OUT_OF_RANGE', operation, expected, actual)
    this.row = row
  }
}

/** Something was called out of order: backward before forward, or twice. */
export class StateError extends ChainruleError {
  constructor(operation: string, expected: string, actual: string) {
    super('INVALID_STATE', operation, expected, actual)
  }
}

/** Where training met its first NaN or infinity. Epoch and batch count from 1. */
export interface NonFinitePlace {
  readonly epoch?: number
  readonly batch?: number
  /** Name and kind of the first layer whose output or parameters are not finite. */
  readonly layer?: string
}

/** A loss, parameter or input became NaN or infinite. */
export class NonFiniteError extends ChainruleError implements NonFinitePlace {
  readonly epoch?: number
  readonly batch?: number
  readonly layer?: string

  constructor(operation: string, expected: string, actual: string, place: NonFinitePlace = {}) {
    super('NON_FINITE', operation, expected, actual)
    if (place.epoch !== undefined) this.epoch = place.epoch
    if (place.batch !== undefined) this.batch = place.batch
    if (place.layer !== undefined) this.layer = place.layer
  }
}

/** The native addon cannot be loaded here. */
export class NativeError extends ChainruleError {
  constructor(operation: string, expected: string, actual: string, options?: ErrorOptions) {
    super('NATIVE_UNAVAILABLE', operation, expected, actual, options)
  }
}

/** Where in a file something is wrong, as far as that is known. Lines and columns count from 1. */
export interface FormatPlace {
  /** The path as it was given. */
  readonly file?: string | undefined
  readonly line?: number | undefined
  /** Number of the field within the line. */
  readonly column?: number | undefined
}

/** A file or buffer breaks the rules of its format. */
export class FormatError extends ChainruleError implements FormatPlace {
  readonly file?: string
  readonly line?: number
  readonly column?: number

  constructor(
    operation: string,
    expected: string,
    actual: string,
    options: ErrorOptions & { place?: FormatPlace } = {},
  ) {
    const { place = {}, ...rest } = options
    super('INVALID_FORMAT', operation, expected, actual, rest)
    if (place.file !== undefined) this.file = place.file
    if (place.line !== undefined) this.line = place.line
    if (place.column !== undefined) this.column = place.column
  }
}

/** A file cannot be read or written; `cause` is what the operating system said. */
export class FileError extends ChainruleError {
  /** The file. */
  readonly path: string

  constructor(operation: string, expected: string, actual: string, path: string, options?: ErrorOptions) {
    super('FILE_FAILED', operation, expected, actual, options)
    this.path = path
  }
}

/** An optional package that this needs is not installed; the message says how to install it. */
export class DependencyError extends ChainruleError {
  constructor(operation: string, expected: string, actual: string, options?: ErrorOptions) {
    super('DEPENDENCY_MISSING', operation, expected, actual, options)
  }
}

/** Too many requests wait already; `retryAfter` says when to come again. */
export class OverloadError extends ChainruleError {
  /** Whole seconds, as the header Retry-After has them. */
  readonly retryAfter: number

  constructor(operation: string, expected: string, actual: string, retryAfter: number) {
    super('OVERLOADED', operation, expected, actual)
    this.retryAfter = retryAfter
  }
}
