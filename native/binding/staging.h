// Batches for a plan: rows of the user's arrays, copied on the JS thread, checked and converted.
#pragma once
#include "../base/aligned.h"
#include "../plan/plan.h"
#include "arguments.h"

namespace chainrule::binding {

/// The rows of some batches, copied out of the user's arrays: from here on no JS action can take them away.
struct Staging {
  AlignedBuffer x, targets, labels, weights;  // x: numbers, or indices
  bool weighted = false;
  std::size_t rows = 0;

  std::size_t bytes() const { return x.bytes() + targets.bytes() + labels.bytes() + weights.bytes(); }
};

/// What a plan wants of the rows that are staged for it.
struct StageGoal {
  std::size_t inputs = 0, outputs = 0;
  LossKind loss = LossKind::none;
  bool integers = false;
  std::size_t index_limit = 0;
  int64_t ignored_label = kNoLabel;  ///< a label outside the classes that is allowed
};

/// Which rows to copy from where. Everything is checked when it has been read.
struct StageRequest {
  Elements x, y, weights;  ///< weights: one per row, or none
  const int32_t* rows = nullptr;
  std::size_t count = 0;
  double scale = 1;
  StageGoal goal;
};

/// Arguments of stage from index 1 on: x, y, rows, start, count, scale, weights.
StageRequest read_stage(Arguments& a, const StageGoal& goal);

/// Copies the request's rows; fails without memory, or on a label or index out of range.
template <class T>
Status copy_rows(const StageRequest& request, Staging* staging);

}  // namespace chainrule::binding
