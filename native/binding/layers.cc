// What layers are made of besides matrices: normalisation, dropout, embeddings.
#include "../base/parallel.h"
#include "../ops/embedding.h"
#include "../ops/normalization.h"
#include "../plan/gather.h"
#include "functions.h"
#include "scratch.h"

namespace chainrule::binding {
namespace {

// An optional vector with one element for each column.
Floats by_column(Arguments& a, std::size_t i, std::size_t cols, const char* name) {
  const Floats f = a.floats_or_null(i, name);
  if (a.ok() && !a.is_null(i)) a.require_length(f.length, cols, name);
  return f;
}

Floats with_length(Arguments& a, std::size_t i, std::size_t length, const char* name) {
  const Floats f = a.floats(i, name);
  a.require_length(f.length, length, name);
  return f;
}

napi_value layer_norm_forward(Arguments& a) {
  const std::size_t cols = a.size(0, "cols");
  const Floats x = a.floats(1, "x");
  const std::size_t rows = a.rows_of(x.length, cols);
  const Floats gamma = by_column(a, 2, cols, "gamma"), beta = by_column(a, 3, cols, "beta");
  const double epsilon = a.number(4, "epsilon");
  const Floats y = with_length(a, 5, x.length, "y"), mean = with_length(a, 6, rows, "mean"), rstd = with_length(a, 7, rows, "rstd");
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() {
    parallel_rows(pool(), rows, cols, [&](std::size_t begin, std::size_t end) {
      kernels().of<T>().layer_norm_forward(end - begin, cols, x.as<T>(begin * cols), gamma.as<T>(), beta.as<T>(), epsilon, y.as<T>(begin * cols),
                                           mean.as<T>(begin), rstd.as<T>(begin));
    });
  });
  return nullptr;
}

// Layer and batch normalisation go backward with the same arguments; mean and rstd belong to rows or to columns.
template <class Run>
napi_value norm_backward(Arguments& a, bool by_row, Run&& run) {
  const std::size_t cols = a.size(0, "cols");
  const Floats x = a.floats(1, "x");
  const std::size_t rows = a.rows_of(x.length, cols), statistics = by_row ? rows : cols;
  const Floats gamma = by_column(a, 2, cols, "gamma");
  const Floats mean = with_length(a, 3, statistics, "mean"), rstd = with_length(a, 4, statistics, "rstd");
  const Floats dy = with_length(a, 5, x.length, "dy"), dx = with_length(a, 6, x.length, "dx");
  const Floats dgamma = by_column(a, 7, cols, "dgamma"), dbeta = by_column(a, 8, cols, "dbeta");
  double* const scratch = scratch_of<double>(a, a.ok() ? normalization_scratch(rows, cols) : 0);
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() {
    run(kernels().of<T>(), rows, cols, x.as<const T>(), gamma.as<const T>(), mean.as<const T>(), rstd.as<const T>(), dy.as<const T>(), dx.as<T>(),
        dgamma.as<T>(), dbeta.as<T>(), scratch);
  });
  return nullptr;
}
napi_value layer_norm_backward(Arguments& a) {
  return norm_backward(a, true, [](const auto& k, auto... rest) { chainrule::layer_norm_backward(k, pool(), rest...); });
}
napi_value batch_norm_backward(Arguments& a) {
  return norm_backward(a, false, [](const auto& k, auto... rest) { chainrule::batch_norm_backward(k, pool(), rest...); });
}

napi_value batch_norm_forward(Arguments& a) {
  const std::size_t cols = a.size(0, "cols");
  const Floats x = a.floats(1, "x");
  const std::size_t rows = a.rows_of(x.length, cols);
  a.require(rows != 1, "at least two rows: one has no variance");
  const Floats gamma = by_column(a, 2, cols, "gamma"), beta = by_column(a, 3, cols, "beta");
  const double epsilon = a.number(4, "epsilon"), momentum = a.number(5, "momentum");
  const Floats running_mean = by_column(a, 6, cols, "runningMean"), running_variance = by_column(a, 7, cols, "runningVariance");
  const Floats y = with_length(a, 8, x.length, "y"), mean = with_length(a, 9, cols, "mean"), rstd = with_length(a, 10, cols, "rstd");
  double* const scratch = scratch_of<double>(a, a.ok() ? normalization_scratch(rows, cols) : 0);
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() {
    const BatchNorm<T> norm{gamma.as<T>(), beta.as<T>(), epsilon, momentum, running_mean.as<T>(), running_variance.as<T>()};
    chainrule::batch_norm_forward<T>(kernels().of<T>(), pool(), rows, cols, x.as<T>(), norm, y.as<T>(), mean.as<T>(), rstd.as<T>(), scratch);
  });
  return nullptr;
}

napi_value batch_norm_infer(Arguments& a) {
  const std::size_t cols = a.size(0, "cols");
  const Floats x = a.floats(1, "x");
  const std::size_t rows = a.rows_of(x.length, cols);
  const Floats gamma = by_column(a, 2, cols, "gamma"), beta = by_column(a, 3, cols, "beta");
  const double epsilon = a.number(4, "epsilon");
  const Floats mean = with_length(a, 5, cols, "runningMean"), variance = with_length(a, 6, cols, "runningVariance");
  const Floats y = with_length(a, 7, x.length, "y");
  double* const scratch = scratch_of<double>(a, a.ok() ? normalization_scratch(rows, cols) : 0);
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() {
    const BatchNorm<T> norm{gamma.as<T>(), beta.as<T>(), epsilon, 0, mean.as<T>(), variance.as<T>()};
    chainrule::batch_norm_infer<T>(kernels().of<T>(), pool(), rows, cols, x.as<T>(), norm, y.as<T>(), scratch);
  });
  return nullptr;
}

napi_value dropout(Arguments& a) {
  const Floats x = a.floats(0, "x"), y = with_length(a, 1, x.length, "y");
  const double p = a.number(2, "p");
  const std::size_t seed = a.size(3, "seed"), stream = a.size(4, "stream"), offset = a.size(5, "offset");
  a.require(p >= 0 && p < 1, "p in [0, 1)");
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() {
    parallel_ranges(pool(), x.length, kElementGrain, kElementUnit, [&](std::size_t begin, std::size_t end) {
      kernels().of<T>().dropout(end - begin, x.as<T>(begin), y.as<T>(begin), p, seed, stream, offset + begin);
    });
  });
  return nullptr;
}

napi_value embedding_forward(Arguments& a) {
  const std::size_t width = a.size(0, "width");
  const Floats table = a.floats(1, "table");
  const Ints indices = a.ints(2, "indices");
  const Floats y = a.floats(3, "y");
  const std::size_t entries = a.rows_of(table.length, width), rows = a.rows_of(y.length, width);
  a.require_length(indices.length, rows, "indices");
  if (!a.ok()) return nullptr;
  const std::size_t bad = first_bad_row(indices.data, rows, entries);
  if (bad < rows) a.check({Code::out_of_range, "index out of range", static_cast<int64_t>(bad), indices.data[bad]});
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() {
    parallel_rows(pool(), rows, width, [&](std::size_t begin, std::size_t end) {
      kernels().of<T>().embedding_forward(end - begin, width, entries, table.as<T>(), indices.data + begin, y.as<T>(begin * width));
    });
  });
  return nullptr;
}

napi_value embedding_backward(Arguments& a) {
  const std::size_t width = a.size(0, "width");
  const Ints indices = a.ints(1, "indices");
  const Floats dy = a.floats(2, "dy"), dtable = a.floats(3, "dtable");
  const std::size_t entries = a.rows_of(dtable.length, width), rows = a.rows_of(dy.length, width);
  a.require_length(indices.length, rows, "indices");
  a.require(rows <= 0x7fffffff, "at most 2^31 − 1 rows");
  int32_t* const scratch = scratch_of<int32_t>(a, embedding_scratch(rows));
  if (!a.ok()) return nullptr;
  a.check(with_dtype(a.dtype(), [&]<class T>() {
    return chainrule::embedding_backward<T>(kernels().of<T>(), pool(), rows, width, entries, indices.data, dy.as<T>(), dtable.as<T>(), scratch);
  }));
  return nullptr;
}

}  // namespace

const Function kLayerFunctions[] = {
    {"layerNormForward", layer_norm_forward}, {"layerNormBackward", layer_norm_backward},
    {"batchNormForward", batch_norm_forward}, {"batchNormInfer", batch_norm_infer}, {"batchNormBackward", batch_norm_backward},
    {"dropout", dropout}, {"embeddingForward", embedding_forward}, {"embeddingBackward", embedding_backward}, {nullptr, nullptr},
};

}  // namespace chainrule::binding
