// The public API.
import './compile/predictor.js'

export { type ExplainOptions, explain } from './compile/explain.js'

export { type Batch, type BatchOptions, batches } from './data/batches.js'
export { readArrow } from './data/columnar/arrow.js'
export { type ColumnarOptions, readParquet } from './data/columnar/parquet.js'
export type { CsvOptions } from './data/csv/options.js'
export { parseCsv, readCsv } from './data/csv/read.js'
export { type CsvStreamOptions, streamCsv } from './data/csv/stream.js'
export type { Rows, Samples } from './data/dataset.js'
export { type IdxArray, type IdxData, parseIdx, readIdx } from './data/idx.js'
export { type NpyArray, type NpyData, parseNpy, readNpy } from './data/npy.js'
export { parseNpz, readNpz } from './data/npz.js'
export { type JsonLinesOptions, readJsonLines } from './data/read/json.js'
export type { ByteStream, SourceOptions, TextSource } from './data/read/source.js'
export { readTable, type TableFormat, type TableReadOptions } from './data/read/table.js'
export { type FoldOptions, kFold, type RowKeys, type Split, type SplitOptions, split } from './data/split.js'
export type {
  BooleanColumn,
  CategoricalColumn,
  Cell,
  Column,
  ColumnKind,
  DateColumn,
  NumericArray,
  NumericColumn,
} from './data/table/column.js'
export { Table, type TableOptions, type TableSource, type TableTensorOptions } from './data/table/table.js'
export { type DiagnosisOptions, diagnosis } from './diagnosis/callback.js'
export { type DiagnoseOptions, diagnose } from './diagnosis/diagnose.js'
export type { Diagnosis, Finding, FindingCode, LayerStatistics, Severity } from './diagnosis/report.js'
export * from './errors.js'
export * from './gates/activations.js'
export * from './gates/arithmetic.js'
export { Add, Divide, Maximum, Minimum, Multiply, Pow, Subtract } from './gates/binary.js'
export { ElementwiseGate } from './gates/elementwise.js'
export { type BackwardOptions, checked, type Gate, type Value } from './gates/gate.js'
export { MatMul } from './gates/matmul.js'
export { type AxisSlice, Concat, type JoinOptions, type Range, Slice, Stack } from './gates/parts.js'
export { type AxisOptions, Max, Mean, Min, SquaredNorm, Sum } from './gates/reductions.js'
export { Clip, type ClipOptions, Gather, type GatherOptions, Where } from './gates/select.js'
export {
  BroadcastTo,
  type BroadcastToOptions,
  Flatten,
  type FlattenOptions,
  Reshape,
  Transpose,
} from './gates/shapes.js'
export { LogSoftmax, Softmax, type SoftmaxOptions } from './gates/softmax.js'
export { type Checkable, type CheckOptions, checkGradients } from './graph/check.js'
export {
  type GradientOf,
  type GradOptions,
  type GraphFunction,
  grad,
  type Input,
  type SingleFunction,
  type VectorJacobianProduct,
  valueAndGrad,
  vjp,
} from './graph/functional.js'
export { fuse, type Replacement } from './graph/fuse/fuse.js'
export {
  Affine,
  type AffineOptions,
  SoftmaxCrossEntropy,
  type SoftmaxCrossEntropyOptions,
} from './graph/fuse/gates.js'
export { hessian, hvp, type Inputs, jacobian, jvp } from './graph/jacobian.js'
export type { GraphLoss } from './graph/loss.js'
export { ops } from './graph/ops.js'
export type { GradientEntry, GradientReport } from './graph/report.js'
export type { GateClass, Rule } from './graph/rules/rule.js'
export { defineGradient } from './graph/rules/table.js'
export type { GraphOptions } from './graph/run.js'
export { apply, backward, type Operand, Variable, variable } from './graph/variable.js'
export { type FileSummary, inspectFile } from './io/inspect.js'
export type { Json } from './io/json.js'
export {
  load,
  loadTensors,
  type ModelFile,
  readModelFile,
  type SaveOptions,
  type SaveTensorsOptions,
  save,
  saveTensors,
} from './io/model.js'
export type { ModelExtras } from './io/model-file.js'
export { type ExportOnnxOptions, encodeOnnx, exportOnnx, type ModelWithExtras } from './io/onnx/export.js'
export { decodeOnnx, type ImportOnnxOptions, importOnnx } from './io/onnx/import.js'
export type { OnnxSummary, PortSummary } from './io/onnx/summary.js'
export { decodeSafetensors, encodeSafetensors, type Safetensors, type TensorSummary } from './io/safetensors.js'
export { info, type SystemInfo, setThreads } from './native/system.js'
export { BatchNorm, type BatchNormOptions } from './nn/batch-norm.js'
export { Bind, type BindOptions } from './nn/bind.js'
export { collapse } from './nn/collapse.js'
export { ColumnEmbedding, type ColumnEmbeddingOptions } from './nn/column-embedding.js'
export { type CopyOptions, copy } from './nn/copy.js'
export { type Drawable, type DrawOptions, draw } from './nn/draw.js'
export { Dropout, type DropoutOptions } from './nn/dropout.js'
export { Embedding, type EmbeddingOptions } from './nn/embedding.js'
export type { ParameterMatch } from './nn/freezing.js'
export { type GainForOptions, type GainName, gain } from './nn/gains.js'
export {
  type FanOptions,
  type GainOptions,
  type Initializer,
  type InitializerContext,
  type InitializerName,
  initializers,
} from './nn/initializers.js'
export type { Labels } from './nn/labels.js'
export { type InitialisationSource, Layer, type Trainable } from './nn/layer.js'
export { LayerNorm, type LayerNormOptions } from './nn/layer-norm.js'
export { Linear, type LinearOptions } from './nn/linear.js'
export {
  BinaryCrossEntropy,
  type BinaryCrossEntropyOptions,
  type ClassLossOptions,
  CosineDistance,
  type CosineDistanceOptions,
  CrossEntropy,
  type CrossEntropyOptions,
  Hinge,
  type HingeOptions,
  Huber,
  type HuberOptions,
  KLDivergence,
  type Loss,
  type LossOptions,
  MeanAbsoluteError,
  MeanSquaredError,
  NegativeLogLikelihood,
  Poisson,
  type Reduced,
  type Reduction,
  type SampleWeights,
  SmoothL1,
  type SmoothL1Options,
} from './nn/losses.js'
export { accuracy, argmax, confusionMatrix } from './nn/metrics/accuracy.js'
export * as metrics from './nn/metrics/index.js'
export { type MlpOptions, mlp } from './nn/mlp.js'
export { Model, type TraceStep } from './nn/model.js'
export { Network, type NetworkOptions } from './nn/network.js'
export { type JoinName, Parallel, type ParallelOptions } from './nn/parallel.js'
export { type Parameter, type ParameterBlock, parameter } from './nn/parameters.js'
export type { PredictInput } from './nn/prediction.js'
export { PReLU, type PReLUOptions } from './nn/prelu.js'
export { Residual } from './nn/residual.js'
export { Sequential } from './nn/sequential.js'
export type { StateDict } from './nn/state.js'
export type { GraphNode, NodeSpec } from './nn/wiring.js'
export { LBFGS, type LBFGSOptions } from './optim/lbfgs.js'
export {
  Adadelta,
  type AdadeltaOptions,
  Adagrad,
  type AdagradOptions,
  Adam,
  Adamax,
  type AdamOptions,
  AdamW,
  Lion,
  type LionOptions,
  type MomentOptions,
  NAdam,
  type NAdamOptions,
  type Optimizable,
  Optimizer,
  type OptimizerOptions,
  type OptimizerState,
  type ParameterGroup,
  RAdam,
  type RAdamOptions,
  RMSProp,
  type RMSPropOptions,
  Rprop,
  type RpropOptions,
  SGD,
  type SGDOptions,
} from './optim/optimizers.js'
export * as schedules from './optim/schedules/index.js'
export type { Course, Schedule, ScheduleLike, TrainingLength, Unit } from './optim/schedules/schedule.js'
export * as plot from './plot/index.js'
export {
  type Assessment,
  assess,
  type ImportanceOptions,
  importanceOf,
  type TableModel,
} from './report/assess.js'
export type { ColumnSummary, DataSummary } from './report/columns.js'
export type { Importance } from './report/importance.js'
export { type ClassComparison, type Comparison, scoresOf, type ValueComparison } from './report/predictions.js'
export { type ReportOptions, report } from './report/report.js'
export { type Roles, summarize } from './report/summarize.js'
export { RequestBatcher, type RequestBatcherOptions } from './serve/request-batcher.js'
export type { Evaluation } from './tabular/evaluation.js'
export type { NumericScaling } from './tabular/features/numeric.js'
export { loadTabular, TabularModel, type TabularPredictions } from './tabular/model.js'
export type { TabularOptions } from './tabular/options.js'
export { TablePreprocessor, type TablePreprocessorOptions } from './tabular/preprocessor.js'
export type { MemberRecord, TrainingRecord } from './tabular/record.js'
export type { TargetValue, Task } from './tabular/target.js'
export { trainTabular } from './tabular/train.js'
export type { CategoryInput } from './tabular/transforms/categories.js'
export { type CategoryEncoderOptions, OneHotEncoder, OrdinalEncoder } from './tabular/transforms/encoders.js'
export { transformFromJson } from './tabular/transforms/from-json.js'
export { HashingEncoder, type HashingEncoderOptions } from './tabular/transforms/hashing.js'
export { Imputer, type ImputerOptions, type ImputerStrategy } from './tabular/transforms/imputer.js'
export type { NumericInput } from './tabular/transforms/matrix.js'
export { QuantileTransformer, type QuantileTransformerOptions } from './tabular/transforms/quantile.js'
export {
  MinMaxScaler,
  type MinMaxScalerOptions,
  RobustScaler,
  type RobustScalerOptions,
  StandardScaler,
} from './tabular/transforms/scalers.js'
export { TargetScaler, type TargetScalerOptions } from './tabular/transforms/target.js'
export type { Transform } from './tabular/transforms/transform.js'
export {
  arange,
  fromRows,
  full,
  isTensor,
  type NestedInput,
  ones,
  type TensorOptions,
  tensor,
  zeros,
} from './tensor/create.js'
export type { DType, FloatArray, FloatDType, TensorData } from './tensor/dtype.js'
export type { Shape } from './tensor/shape.js'
export { type Nested, Tensor } from './tensor/tensor.js'
export { ema, swa, type WeightAverage } from './train/averages.js'
export type { BatchEvent, BeginEvent, Callback, EndEvent, EpochEvent, PauseEvent } from './train/callback.js'
export { type CheckpointOptions, checkpoint } from './train/callbacks/checkpoint.js'
export { type EarlyStoppingOptions, earlyStopping } from './train/callbacks/early-stopping.js'
export { csvLog, jsonLines, type LogOptions } from './train/callbacks/logs.js'
export { type TensorBoardOptions, tensorBoard } from './train/callbacks/tensor-board.js'
export { fit } from './train/fit.js'
export type { EpochRecord, History } from './train/history.js'
export { type LearningRateFinderOptions, type LearningRates, learningRateFinder } from './train/learning-rate-finder.js'
export type { FitOptions } from './train/options.js'
export { type BatchScore, type PartialFitOptions, partialFit } from './train/partial-fit.js'
export { renewStatistics } from './train/renew.js'
export type { Snapshot } from './train/snapshot.js'
export type { BatchStream } from './train/stream.js'
