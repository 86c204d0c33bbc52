// The loss of a plan: from the network's output and the targets to a number and the output's gradient, in one sweep.
#pragma once
#include "op.h"

namespace chainrule {

/// What the loss compares the output with: labels [rows] or targets [rows, width], whichever its kind takes.
template <class T>
struct Targets {
  const int32_t* labels = nullptr;
  const T* values = nullptr;
};

/// Memory of a loss for a batch.
template <class T>
struct LossScratch {
  T* losses = nullptr;         ///< [batch]
  int32_t* classes = nullptr;  ///< [batch]
};

/// What a batch gave.
struct BatchResult {
  double loss = 0;     ///< mean over the rows
  double correct = 0;  ///< rows whose largest output is the label (cross-entropy only)
  bool finite = true;  ///< false: the loss is not finite, and nothing was updated
};

/// Whether the loss compares with labels.
inline bool takes_labels(LossKind kind) { return kind == LossKind::cross_entropy; }

/// The mean loss; writes (=) the gradient of `output` unless that is null.
template <class T>
BatchResult evaluate_loss(const Pass<T>& pass, LossKind kind, const Value<T>& output, const Targets<T>& targets, const LossScratch<T>& scratch);

}  // namespace chainrule
