#include "losses.h"

#include "../base/parallel.h"
#include "layout.h"

namespace chainrule {

template <class T>
double element_loss(const Kernels<T>& kernels, ThreadPool& pool, Loss kind, std::size_t n, const T* x, const T* target, const T* weight, std::size_t stride,
                    double parameter, double scale, T* dx) {
  const auto kernel = kernels.element_loss[static_cast<int>(kind)];
  return sum_parts(pool, n, [&](std::size_t begin, std::size_t end) {
    return kernel(end - begin, x + begin, target + begin, weight ? weight + begin * stride : nullptr, stride, parameter, scale, dx ? dx + begin : nullptr);
  });
}

template <class T>
Status weighted_cross_entropy(const Kernels<T>& kernels, ThreadPool& pool, std::size_t rows, std::size_t cols, const T* x, const int32_t* labels,
                              const CrossEntropyWeights<T>& weights, double scale, T* dx, WeightedLoss* out, void* scratch) {
  T* const losses = static_cast<T*>(scratch);
  int32_t* const own = reinterpret_cast<int32_t*>(losses + rows);  // a copy, which nobody else can change; −1 for ignored rows
  *out = {0, 0};
  for (std::size_t r = 0; r < rows; r++) {
    own[r] = *static_cast<const volatile int32_t*>(labels + r);
    if (own[r] == weights.ignored) {
      own[r] = -1;
    } else if (own[r] < 0 || static_cast<std::size_t>(own[r]) >= cols) {
      return {Code::out_of_range, "label out of range", static_cast<int64_t>(r), own[r]};
    } else {
      out->weight += static_cast<double>(weights.rows ? weights.rows[r] : T(1)) * static_cast<double>(weights.classes ? weights.classes[own[r]] : T(1));
    }
  }
  parallel_rows(pool, rows, cols, [&](std::size_t begin, std::size_t end) {
    kernels.weighted_cross_entropy(end - begin, cols, x + begin * cols, own + begin, weights.classes, weights.rows ? weights.rows + begin : nullptr,
                                   weights.smoothing, scale, losses + begin, dx ? dx + begin * cols : nullptr);
  });
  out->loss = kernels.sum(rows, losses);
  return {};
}

template <class T>
double soft_cross_entropy(const Kernels<T>& kernels, ThreadPool& pool, std::size_t rows, std::size_t cols, const T* x, const T* targets, const T* row_weights,
                          double scale, T* dx, void* scratch) {
  T* const losses = static_cast<T*>(scratch);
  parallel_rows(pool, rows, cols, [&](std::size_t begin, std::size_t end) {
    kernels.soft_cross_entropy(end - begin, cols, x + begin * cols, targets + begin * cols, row_weights ? row_weights + begin : nullptr, scale, losses + begin,
                               dx ? dx + begin * cols : nullptr);
  });
  return kernels.sum(rows, losses);
}

#define CHAINRULE_LOSSES(T)                                                                                                                                \
  template double element_loss(const Kernels<T>&, ThreadPool&, Loss, std::size_t, const T*, const T*, const T*, std::size_t, double, double, T*);          \
  template Status weighted_cross_entropy(const Kernels<T>&, ThreadPool&, std::size_t, std::size_t, const T*, const int32_t*, const CrossEntropyWeights<T>&, \
                                         double, T*, WeightedLoss*, void*);                                                                                \
  template double soft_cross_entropy(const Kernels<T>&, ThreadPool&, std::size_t, std::size_t, const T*, const T*, const T*, double, T*, void*);
CHAINRULE_LOSSES(float)
CHAINRULE_LOSSES(double)

}  // namespace chainrule
