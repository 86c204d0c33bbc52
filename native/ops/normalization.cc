#include "normalization.h"

#include <algorithm>
#include <cmath>

#include "../base/parallel.h"

namespace chainrule {
namespace {

std::size_t padded(std::size_t cols) { return (cols + kColumnPad - 1) / kColumnPad * kColumnPad; }

/// Column sums over all rows: kernel(begin, end, totals) adds up one part of them. They end up in part 0's arrays.
template <std::size_t count, class Kernel>
void sum_columns(ThreadPool& pool, std::size_t rows, std::size_t cols, double* scratch, double* (&totals)[count], Kernel&& kernel) {
  const FixedParts parts = fixed_parts(rows, cols);
  const std::size_t width = padded(cols);
  pool.run(static_cast<int>(parts.count), [&](int part) {
    double* own[count];
    for (std::size_t s = 0; s < count; s++) own[s] = scratch + (static_cast<std::size_t>(part) * count + s) * width;
    std::fill_n(own[0], count * width, 0.0);
    const std::size_t begin = static_cast<std::size_t>(part) * parts.step;
    kernel(begin, std::min(begin + parts.step, rows), own);
  });
  for (std::size_t part = 1; part < parts.count; part++)
    for (std::size_t i = 0; i < count * width; i++) scratch[i] += scratch[part * count * width + i];
  for (std::size_t s = 0; s < count; s++) totals[s] = scratch + s * width;
}

/// Coefficients by column, behind the sums in the scratch.
template <class T>
struct Coefficients {
  T *first, *second, *third;
  Coefficients(std::size_t rows, std::size_t cols, double* scratch)
      : first(reinterpret_cast<T*>(scratch + fixed_parts(rows, cols).count * 3 * padded(cols))), second(first + cols), third(second + cols) {}
};

}  // namespace

std::size_t normalization_scratch(std::size_t rows, std::size_t cols) { return rows == 0 ? 0 : (fixed_parts(rows, cols).count + 1) * 3 * padded(cols); }

template <class T>
void layer_norm_backward(const Kernels<T>& kernels, ThreadPool& pool, std::size_t rows, std::size_t cols, const T* x, const T* gamma, const T* mean,
                         const T* rstd, const T* dy, T* dx, T* dgamma, T* dbeta, double* scratch) {
  const auto run = [&](std::size_t begin, std::size_t end, double* dg, double* db) {
    const std::size_t at = begin * cols;
    kernels.layer_norm_backward(end - begin, cols, x + at, gamma, mean + begin, rstd + begin, dy + at, dx + at, dg, db);
  };
  if (!dgamma && !dbeta) {
    parallel_rows(pool, rows, cols, [&](std::size_t begin, std::size_t end) { run(begin, end, nullptr, nullptr); });
    return;
  }
  if (rows == 0) return;
  double* totals[2];
  sum_columns(pool, rows, cols, scratch, totals, [&](std::size_t begin, std::size_t end, double* const* own) {
    run(begin, end, dgamma ? own[0] : nullptr, dbeta ? own[1] : nullptr);
  });
  for (std::size_t c = 0; dgamma && c < cols; c++) dgamma[c] = static_cast<T>(dgamma[c] + totals[0][c]);
  for (std::size_t c = 0; dbeta && c < cols; c++) dbeta[c] = static_cast<T>(dbeta[c] + totals[1][c]);
}

template <class T>
void batch_norm_forward(const Kernels<T>& kernels, ThreadPool& pool, std::size_t rows, std::size_t cols, const T* x, const BatchNorm<T>& norm, T* y, T* mean,
                        T* rstd, double* scratch) {
  if (rows == 0) return;
  // Deviations from the first row: it lies among the others, so the difference of the sums below cannot cancel badly.
  double* totals[2];
  sum_columns(pool, rows, cols, scratch, totals, [&](std::size_t begin, std::size_t end, double* const* own) {
    kernels.column_moments(end - begin, cols, x + begin * cols, x, own[0], own[1]);
  });
  const Coefficients<T> by(rows, cols, scratch);
  const double n = static_cast<double>(rows);
  for (std::size_t c = 0; c < cols; c++) {
    const double shift = x[c], deviation = totals[0][c] / n, spread = totals[1][c] / n - deviation * deviation;
    const double variance = std::max(spread, 0.0), inverse = 1 / std::sqrt(variance + norm.epsilon);
    mean[c] = static_cast<T>(shift + deviation);
    rstd[c] = static_cast<T>(inverse);
    by.first[c] = static_cast<T>((shift - mean[c]) + deviation);  // what rounding the mean left over
    by.second[c] = static_cast<T>(norm.gamma ? inverse * norm.gamma[c] : inverse);
    if (norm.running_mean) norm.running_mean[c] = static_cast<T>((1 - norm.momentum) * norm.running_mean[c] + norm.momentum * (shift + deviation));
    if (norm.running_variance)
      norm.running_variance[c] = static_cast<T>((1 - norm.momentum) * norm.running_variance[c] + norm.momentum * (variance * n / (n - 1)));
  }
  parallel_rows(pool, rows, cols, [&](std::size_t begin, std::size_t end) {
    kernels.normalize_columns(end - begin, cols, x + begin * cols, mean, by.first, by.second, norm.beta, y + begin * cols);
  });
}

template <class T>
void batch_norm_infer(const Kernels<T>& kernels, ThreadPool& pool, std::size_t rows, std::size_t cols, const T* x, const BatchNorm<T>& norm, T* y,
                      double* scratch) {
  if (rows == 0) return;
  const Coefficients<T> by(rows, cols, scratch);
  for (std::size_t c = 0; c < cols; c++) {
    const double inverse = 1 / std::sqrt(static_cast<double>(norm.running_variance[c]) + norm.epsilon);
    by.first[c] = static_cast<T>(norm.gamma ? inverse * norm.gamma[c] : inverse);
  }
  parallel_rows(pool, rows, cols, [&](std::size_t begin, std::size_t end) {
    kernels.normalize_columns(end - begin, cols, x + begin * cols, norm.running_mean, nullptr, by.first, norm.beta, y + begin * cols);
  });
}

template <class T>
void batch_norm_backward(const Kernels<T>& kernels, ThreadPool& pool, std::size_t rows, std::size_t cols, const T* x, const T* gamma, const T* mean,
                         const T* rstd, const T* dy, T* dx, T* dgamma, T* dbeta, double* scratch) {
  if (rows == 0) return;
  double* totals[3];
  sum_columns(pool, rows, cols, scratch, totals, [&](std::size_t begin, std::size_t end, double* const* own) {
    kernels.batch_norm_sums(end - begin, cols, x + begin * cols, mean, dy + begin * cols, own);
  });
  // With d = x - mean - low, where low = avg(x - mean) is the rounding of the mean: dγ = rstd·Σ dy·d, dβ = Σ dy,
  // dx = γ·rstd·(dy - avg(dy) - d·rstd²·avg(dy·d)).
  const Coefficients<T> by(rows, cols, scratch);
  const double n = static_cast<double>(rows);
  for (std::size_t c = 0; c < cols; c++) {
    const double low = totals[2][c] / n, product = totals[1][c] - low * totals[0][c], r = rstd[c], slope = product / n * r * r;
    by.first[c] = static_cast<T>(gamma ? r * gamma[c] : r);
    by.second[c] = static_cast<T>(totals[0][c] / n - low * slope);
    by.third[c] = static_cast<T>(slope);
    if (dgamma) dgamma[c] = static_cast<T>(dgamma[c] + r * product);
    if (dbeta) dbeta[c] = static_cast<T>(dbeta[c] + totals[0][c]);
  }
  parallel_rows(pool, rows, cols, [&](std::size_t begin, std::size_t end) {
    const std::size_t at = begin * cols;
    kernels.batch_norm_backward(end - begin, cols, x + at, mean, dy + at, by.first, by.second, by.third, dx + at);
  });
}

#define CHAINRULE_NORMALIZATION(T)                                                                                                                        \
  template void layer_norm_backward(const Kernels<T>&, ThreadPool&, std::size_t, std::size_t, const T*, const T*, const T*, const T*, const T*, T*, T*,  \
                                    T*, double*);                                                                                                        \
  template void batch_norm_forward(const Kernels<T>&, ThreadPool&, std::size_t, std::size_t, const T*, const BatchNorm<T>&, T*, T*, T*, double*);        \
  template void batch_norm_infer(const Kernels<T>&, ThreadPool&, std::size_t, std::size_t, const T*, const BatchNorm<T>&, T*, double*);                  \
  template void batch_norm_backward(const Kernels<T>&, ThreadPool&, std::size_t, std::size_t, const T*, const T*, const T*, const T*, const T*, T*, T*,  \
                                    T*, double*);
CHAINRULE_NORMALIZATION(float)
CHAINRULE_NORMALIZATION(double)

}  // namespace chainrule
