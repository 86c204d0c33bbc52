// ONNX files as messages: the one place that knows the packages which read and write protobuf. They are loaded when an ONNX
// file is first asked for.
import type * as buf from '@bufbuild/protobuf'
import type * as schemas from 'onnx-buf'

export type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  ValueInfoProto,
} from 'onnx-buf'

/** A node as it is made: only what is set is written. */
export type NodeInit = buf.MessageInitShape<typeof schemas.NodeProtoSchema>
/** A tensor as it is made. */
export type TensorInit = buf.MessageInitShape<typeof schemas.TensorProtoSchema>
/** An attribute as it is made. */
export type AttributeInit = buf.MessageInitShape<typeof schemas.AttributeProtoSchema>
/** An input or output as it is made. */
export type ValueInit = buf.MessageInitShape<typeof schemas.ValueInfoProtoSchema>
/** A model as it is made. */
export type ModelInit = buf.MessageInitShape<typeof schemas.ModelProtoSchema>

/** Numbers of the element types. */
export const elementType = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const

/** Numbers of the kinds of attributes. */
export const attributeType = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const

/** The bytes of a model. */
export async function encodeModel(model: ModelInit): Promise<Uint8Array> {
  const [{ create, toBinary }, { ModelProtoSchema }] = await packages()
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, model))
}

/** A model of some bytes; throws whatever the package throws for what is none. */
export async function decodeModel(bytes: Uint8Array): Promise<schemas.ModelProto> {
  const [{ fromBinary }, { ModelProtoSchema }] = await packages()
  return fromBinary(ModelProtoSchema, bytes)
}

function packages(): Promise<[typeof buf, typeof schemas]> {
  return Promise.all([import('@bufbuild/protobuf'), import('onnx-buf')])
}
