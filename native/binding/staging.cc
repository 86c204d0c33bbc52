#include "staging.h"

#include <algorithm>

#include "../plan/gather.h"

namespace chainrule::binding {
namespace {

Elements column(Arguments& a, std::size_t i, const char* expected) {
  return a.elements(i, expected, {napi_float32_array, napi_float64_array, napi_uint8_array, napi_int32_array});
}

template <class T>
void gather(const Elements& from, std::size_t cols, const int32_t* rows, std::size_t count, double scale, T* to) {
  switch (from.type) {
    case napi_float32_array: return gather_rows(static_cast<const float*>(from.data), cols, rows, count, scale, to);
    case napi_float64_array: return gather_rows(static_cast<const double*>(from.data), cols, rows, count, scale, to);
    case napi_uint8_array: return gather_rows(static_cast<const uint8_t*>(from.data), cols, rows, count, scale, to);
    default: return gather_rows(static_cast<const int32_t*>(from.data), cols, rows, count, scale, to);
  }
}

}  // namespace

StageRequest read_stage(Arguments& a, const StageGoal& goal) {
  StageRequest r;
  r.goal = goal;
  r.x = column(a, 1, "x to be a Float32Array, Float64Array, Int32Array or Uint8Array");
  r.y = column(a, 2, "y to be a Float32Array, Float64Array, Int32Array or Uint8Array");
  const Ints rows = a.ints(3, "rows");
  const std::size_t start = a.size(4, "start");
  r.count = a.size(5, "count");
  r.scale = a.number(6, "scale");
  a.require(start <= rows.length && r.count <= rows.length - start, "start and count to lie in rows");
  const bool labels = takes_labels(goal.loss);
  a.require(!labels || r.y.type == napi_int32_array || r.y.type == napi_uint8_array, "labels in an Int32Array or Uint8Array");
  a.require(!goal.integers || r.x.type == napi_int32_array || r.x.type == napi_uint8_array, "indices in an Int32Array or Uint8Array");
  if (!a.ok()) return r;
  if (!a.is_null(7)) r.weights = column(a, 7, "weights to be a Float32Array, Float64Array, Int32Array or Uint8Array");
  if (!a.ok()) return r;
  r.rows = rows.data + start;
  std::size_t limit = std::min(r.x.length / goal.inputs, r.y.length / (labels ? 1 : goal.outputs));
  if (!a.is_null(7)) limit = std::min(limit, r.weights.length);
  const std::size_t bad = first_bad_row(r.rows, r.count, limit);
  if (bad < r.count) a.check({Code::out_of_range, "row out of range", static_cast<int64_t>(start + bad), r.rows[bad]});
  return r;
}

namespace {

// Whole numbers below a limit (labels, indices), or one that is allowed besides.
Status gather_integers(const Elements& from, std::size_t cols, const StageRequest& r, std::size_t limit, int32_t* to, const char* what, int64_t allowed = kNoLabel) {
  if (from.type == napi_uint8_array) gather_rows(static_cast<const uint8_t*>(from.data), cols, r.rows, r.count, 1.0, to);
  else gather_rows(static_cast<const int32_t*>(from.data), cols, r.rows, r.count, 1.0, to);
  const std::size_t n = r.count * cols;
  std::size_t bad = first_bad_row(to, n, limit);
  while (bad < n && to[bad] == allowed) bad += 1 + first_bad_row(to + bad + 1, n - bad - 1, limit);
  return bad < n ? Status{Code::out_of_range, what, r.rows[bad / cols], to[bad]} : Status{};
}

}  // namespace

template <class T>
Status copy_rows(const StageRequest& r, Staging* staging) {
  const StageGoal& goal = r.goal;
  const bool labels = takes_labels(goal.loss);
  staging->rows = 0;
  void* const x = staging->x.reserve(r.count * goal.inputs * (goal.integers ? sizeof(int32_t) : sizeof(T)));
  void* const y = labels ? staging->labels.reserve(r.count * sizeof(int32_t)) : staging->targets.reserve(r.count * goal.outputs * sizeof(T));
  staging->weighted = r.weights.data != nullptr;
  void* const weights = staging->weighted ? staging->weights.reserve(r.count * sizeof(T)) : nullptr;
  if (!x || !y || (staging->weighted && !weights)) return {Code::out_of_memory, "no memory to stage batches"};
  if (weights) gather(r.weights, 1, r.rows, r.count, 1.0, static_cast<T*>(weights));
  Status status;
  if (labels) status = gather_integers(r.y, 1, r, goal.outputs, static_cast<int32_t*>(y), "label out of range", goal.ignored_label);
  else gather(r.y, goal.outputs, r.rows, r.count, 1.0, static_cast<T*>(y));
  if (!status.ok()) return status;
  if (goal.integers) status = gather_integers(r.x, goal.inputs, r, goal.index_limit, static_cast<int32_t*>(x), "index out of range");
  else gather(r.x, goal.inputs, r.rows, r.count, r.scale, static_cast<T*>(x));
  if (status.ok()) staging->rows = r.count;
  return status;
}

template Status copy_rows<float>(const StageRequest&, Staging*);
template Status copy_rows<double>(const StageRequest&, Staging*);

}  // namespace chainrule::binding
