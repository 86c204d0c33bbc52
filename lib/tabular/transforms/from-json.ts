// Transforms from their JSON. Files are not believed: every field is looked at.
import { describe } from '../../checks.js'
import { FormatError } from '../../errors.js'
import { TablePreprocessor } from '../preprocessor.js'
import { categoryEncoderOf, OneHotEncoder, OrdinalEncoder } from './encoders.js'
import { Fields } from './fields.js'
import { HashingEncoder } from './hashing.js'
import { Imputer } from './imputer.js'
import { QuantileTransformer } from './quantile.js'
import { lineScalerOf } from './scalers.js'
import { TargetScaler } from './target.js'
import type { Transform } from './transform.js'

const readers: Readonly<Record<string, (fields: Fields) => Transform>> = {
  StandardScaler: (fields: Fields) => lineScalerOf(fields, 'StandardScaler'),
  MinMaxScaler: (fields: Fields) => lineScalerOf(fields, 'MinMaxScaler'),
  RobustScaler: (fields: Fields) => lineScalerOf(fields, 'RobustScaler'),
  QuantileTransformer: (fields: Fields) => QuantileTransformer.restored(fields),
  Imputer: (fields: Fields) => Imputer.restored(fields),
  OneHotEncoder: (fields: Fields) => categoryEncoderOf(fields, OneHotEncoder),
  OrdinalEncoder: (fields: Fields) => categoryEncoderOf(fields, OrdinalEncoder),
  HashingEncoder: (fields: Fields) => HashingEncoder.restored(fields),
  TargetScaler: (fields: Fields) => TargetScaler.restored(fields),
  TablePreprocessor: (fields: Fields) => TablePreprocessor.restored(fields),
}

/**
 * The transform that its `toJSON()` describes, a parsed object.
 * @throws FormatError for anything else
 */
export function transformFromJson(json: unknown): Transform {
  const operation = 'transformFromJson'
  const name = (json as { transform?: unknown } | null)?.transform
  if (typeof name !== 'string' || !Object.hasOwn(readers, name)) {
    throw new FormatError(operation, `a transform among ${Object.keys(readers).join(', ')}`, describe(name))
  }
  const fields = new Fields(operation, name, json)
  fields.checkTransform(name)
  return readers[name]!(fields)
}
