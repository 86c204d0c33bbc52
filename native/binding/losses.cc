// Losses: of elements, and of rows of logits.
#include "../ops/losses.h"

#include <cstring>

#include "../base/parallel.h"
#include "../plan/gather.h"
#include "functions.h"
#include "scratch.h"

namespace chainrule::binding {
namespace {

Floats like_x(Arguments& a, std::size_t i, const Floats& x, const char* name, bool optional = false) {
  const Floats f = optional ? a.floats_or_null(i, name) : a.floats(i, name);
  if (!optional || !a.is_null(i)) a.require_length(f.length, x.length, name);
  return f;
}

napi_value cross_entropy(Arguments& a) {
  const std::size_t cols = a.size(0, "cols");
  const Floats x = a.floats(1, "x");
  const Ints labels = a.ints(2, "labels");
  const double scale = a.number(3, "scale");
  const Floats dx = like_x(a, 4, x, "dx", true);
  const std::size_t rows = a.rows_of(x.length, cols);
  a.require_length(labels.length, rows, "labels");
  char* const scratch = scratch_of<char>(a, cross_entropy_scratch(rows));
  if (!a.ok()) return nullptr;
  // A copy of the labels: dx may be written over them, or another thread may.
  int32_t* const own = reinterpret_cast<int32_t*>(scratch + rows * sizeof(double));
  if (rows) std::memcpy(own, labels.data, rows * sizeof(int32_t));
  const std::size_t bad = first_bad_row(own, rows, cols);
  if (bad < rows) a.check({Code::out_of_range, "label out of range", static_cast<int64_t>(bad), own[bad]});
  if (!a.ok()) return nullptr;
  return a.result(with_dtype(a.dtype(), [&]<class T>() {
    T* const each = reinterpret_cast<T*>(scratch);
    parallel_rows(pool(), rows, cols, [&](std::size_t begin, std::size_t end) {
      kernels().of<T>().cross_entropy(end - begin, cols, x.as<T>(begin * cols), own + begin, scale, each + begin, dx.as<T>(begin * cols));
    });
    return kernels().of<T>().sum(rows, each);
  }));
}

napi_value weighted_cross_entropy(Arguments& a) {
  const std::size_t cols = a.size(0, "cols");
  const Floats x = a.floats(1, "x");
  const Ints labels = a.ints(2, "labels");
  const std::size_t rows = a.rows_of(x.length, cols);
  a.require_length(labels.length, rows, "labels");
  const Floats classes = a.floats_or_null(3, "classWeights"), weights = a.floats_or_null(4, "rowWeights");
  if (a.ok() && !a.is_null(3)) a.require_length(classes.length, cols, "classWeights");
  if (a.ok() && !a.is_null(4)) a.require_length(weights.length, rows, "rowWeights");
  const double smoothing = a.number(5, "smoothing");
  const int64_t ignored = a.is_null(6) ? kNoLabel : a.integer(6, "ignore", INT32_MIN, INT32_MAX);
  const double scale = a.number(7, "scale");
  const Floats dx = like_x(a, 8, x, "dx", true);
  a.require(smoothing >= 0 && smoothing <= 1, "smoothing in [0, 1]");
  double* const out = a.doubles(9, "out", 2);
  char* const scratch = scratch_of<char>(a, cross_entropy_scratch(rows));
  if (!a.ok()) return nullptr;
  WeightedLoss loss{};
  a.check(with_dtype(a.dtype(), [&]<class T>() {
    const CrossEntropyWeights<T> w{classes.as<T>(), weights.as<T>(), smoothing, ignored};
    return chainrule::weighted_cross_entropy<T>(kernels().of<T>(), pool(), rows, cols, x.as<T>(), labels.data, w, scale, dx.as<T>(), &loss, scratch);
  }));
  if (!a.ok()) return nullptr;
  out[0] = loss.loss;
  out[1] = loss.weight;
  return nullptr;
}

napi_value soft_cross_entropy(Arguments& a) {
  const std::size_t cols = a.size(0, "cols");
  const Floats x = a.floats(1, "x"), targets = like_x(a, 2, x, "targets");
  const std::size_t rows = a.rows_of(x.length, cols);
  const Floats weights = a.floats_or_null(3, "rowWeights");
  if (a.ok() && !a.is_null(3)) a.require_length(weights.length, rows, "rowWeights");
  const double scale = a.number(4, "scale");
  const Floats dx = like_x(a, 5, x, "dx", true);
  char* const scratch = scratch_of<char>(a, cross_entropy_scratch(rows));
  if (!a.ok()) return nullptr;
  return a.result(with_dtype(a.dtype(), [&]<class T>() {
    return chainrule::soft_cross_entropy<T>(kernels().of<T>(), pool(), rows, cols, x.as<T>(), targets.as<T>(), weights.as<T>(), scale, dx.as<T>(), scratch);
  }));
}

napi_value squared_error(Arguments& a) {
  const Floats x = a.floats(0, "x"), target = like_x(a, 1, x, "target");
  const double scale = a.number(2, "scale");
  const Floats dx = like_x(a, 3, x, "dx", true);
  if (!a.ok()) return nullptr;
  return a.result(with_dtype(a.dtype(), [&]<class T>() {
    return kernels().of<T>().squared_error(x.length, x.as<T>(), target.as<T>(), scale, dx.as<T>());
  }));
}

napi_value element_loss(Arguments& a) {
  const auto kind = static_cast<Loss>(a.integer(0, "kind", 0, static_cast<int>(Loss::count) - 1));
  const Floats x = a.floats(1, "x"), target = like_x(a, 2, x, "target"), weight = a.floats_or_null(3, "weight");
  const bool weighted = a.ok() && !a.is_null(3);
  if (weighted && weight.length != 1) a.require_length(weight.length, x.length, "weight");
  const double parameter = a.number(4, "parameter"), scale = a.number(5, "scale");
  const Floats dx = like_x(a, 6, x, "dx", true);
  if (!a.ok()) return nullptr;
  return a.result(with_dtype(a.dtype(), [&]<class T>() {
    return chainrule::element_loss<T>(kernels().of<T>(), pool(), kind, x.length, x.as<T>(), target.as<T>(), weight.as<T>(), weight.length != 1, parameter, scale, dx.as<T>());
  }));
}

}  // namespace

const Function kLossFunctions[] = {
    {"crossEntropy", cross_entropy}, {"weightedCrossEntropy", weighted_cross_entropy}, {"softCrossEntropy", soft_cross_entropy},
    {"squaredError", squared_error}, {"elementLoss", element_loss}, {nullptr, nullptr},
};

}  // namespace chainrule::binding
