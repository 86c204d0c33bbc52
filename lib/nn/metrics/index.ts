// Metrics by name.
export { accuracy, confusionMatrix } from './accuracy.js'
export { type AverageOptions, f1, type LogLossOptions, logLoss, precision, recall, topK } from './classes.js'
export type { Metric, MetricObject } from './metric.js'
export { prAuc, rocAuc } from './ranking.js'
export { meanAbsoluteError, rootMeanSquaredError, rSquared } from './values.js'
