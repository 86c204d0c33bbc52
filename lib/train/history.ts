// What fit returns.

/** One epoch of training. Losses are means over rows, accuracies parts from 0 to 1. */
export interface EpochRecord {
  /** Counts from 1. */
  readonly epoch: number
  /** Mean over the epoch's batches, each as it was before its update. */
  readonly loss: number
  /** The same for accuracy; for labels only. */
  readonly accuracy?: number
  /** After the epoch, on the validation data. */
  readonly validationLoss?: number
  readonly validationAccuracy?: number
  /** The metrics of fit on the validation data, by name. */
  readonly metrics?: Readonly<Record<string, number>>
  /** Wall time of training, without validation. */
  readonly seconds: number
  readonly samplesPerSecond: number
}

/** The course of a training. */
export interface History {
  readonly epochs: readonly EpochRecord[]
  /** Wall time of everything. */
  readonly seconds: number
}
