// Layer normalisation (by row) and batch normalisation (by column). Sums are taken in double. A mean that is large beside
// the deviations costs no accuracy: what rounding the mean leaves over is measured and taken off too.
#include "accumulate.h"
#include "results.h"
#include "table.h"

namespace chainrule {
namespace CHAINRULE_ISA {

/// y = (x - mean)·rstd·γ + β of one row. The mean's remainder `low` comes with the second sum: Σ(x - mean) = cols·low.
template <class T>
CHAINRULE_INLINE void normalize_row(const Results<T>& results, size_t cols, const T* x, const T* next, const T* gamma, const T* beta, double epsilon, T* y, T* mean, T* rstd) {
  const double n = static_cast<double>(cols);
  const double sum = sum_of<T>(cols, [=](Accumulator<T>& s, auto at) CHAINRULE_INLINE_LAMBDA { s.add(at, x); });
  *mean = static_cast<T>(sum / n);
  const Vec<T> m(*mean);
  Accumulator<T> rest, squares, rest2, squares2;
  bool odd = false;
  const bool fetch = next && cols * sizeof(T) > kAhead && cols * sizeof(T) <= 16384;
  for_each_vector<T>(cols, [&](auto at) CHAINRULE_INLINE_LAMBDA {
    if (fetch) prefetch_here(next + at.at);
    const Vec<T> d = at.within(at.load(x) - m);
    if (odd) rest2.add(d), squares2.add_product(d, d);
    else rest.add(d), squares.add_product(d, d);
    odd = !odd;
  });
  rest.add(rest2);
  squares.add(squares2);
  const double low = rest.total() / n, variance = squares.total() / n - low * low;
  *rstd = static_cast<T>(1.0 / __builtin_sqrt((variance > 0.0 || variance != variance ? variance : 0.0) + epsilon));
  const Vec<T> remainder(static_cast<T>(low)), r(*rstd);
  const auto normal = [=](auto at) CHAINRULE_INLINE_LAMBDA { return ((at.load(x) - m) - remainder) * r; };
  if (gamma && beta) results.each(cols, y, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(y, fma(normal(at), at.load_near(gamma), at.load_near(beta))); });
  else if (gamma) results.each(cols, y, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(y, normal(at) * at.load_near(gamma)); });
  else if (beta) results.each(cols, y, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(y, normal(at) + at.load_near(beta)); });
  else results.each(cols, y, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(y, normal(at)); });
}

template <class T>
static void layer_norm_forward(size_t rows, size_t cols, const T* x, const T* gamma, const T* beta, double epsilon, T* y, T* mean, T* rstd) {
  Results<T>(rows * cols, x != y).write_rows(rows, cols, y, [=](const Results<T>& results, size_t r, T* to) CHAINRULE_INLINE_LAMBDA {
    normalize_row(results, cols, x + r * cols, r + 1 < rows ? x + (r + 1) * cols : nullptr, gamma, beta, epsilon, to, mean + r, rstd + r);
  });
}

/// What a row of dx is made with: z = (x - mean)·rstd - low, dx = rstd·(g - average - product·z), where g = dy·γ.
template <class T>
struct RowGradient {
  T mean, rstd, low, average, product;
};

/// dy·γ, if there is a γ.
template <bool scaled, class T, class At>
CHAINRULE_INLINE Vec<T> scaled_by(Vec<T> dy, const T* gamma, At at) {
  if constexpr (scaled) return dy * at.load_near(gamma);
  else return dy;
}

template <bool scaled, class T>
static CHAINRULE_APART RowGradient<T> row_gradient(size_t cols, const T* x, const T* dy, const T* gamma, T mean, T rstd, size_t ahead) {
  const Vec<T> m(mean), r(rstd);
  Accumulator<T> sum_g, sum_z, sum_gz;
  for_each_vector<T>(cols, [&](auto at) CHAINRULE_INLINE_LAMBDA {
    prefetch(x + at.at, ahead);
    const Vec<T> z = at.within((at.load_near(x) - m) * r), g = scaled_by<scaled>(at.load_near(dy), gamma, at);
    sum_g.add(g);
    sum_z.add(z);
    sum_gz.add_product(g, z);
  });
  const double n = static_cast<double>(cols), low = sum_z.total() / n, average = sum_g.total() / n, product = sum_gz.total() / n - average * low;
  return {mean, rstd, static_cast<T>(low), static_cast<T>(average), static_cast<T>(product)};
}

/// What some rows add to dγ and dβ.
template <class T>
static CHAINRULE_APART void add_rows(size_t count, size_t cols, const T* x, const T* dy, const RowGradient<T>* rows, size_t ahead, double* dgamma, double* dbeta) {
  double* const totals[] = {dgamma, dbeta};
  add_columns<T>(count, cols, totals, [=](Accumulator<T>* s, auto at, size_t r) CHAINRULE_INLINE_LAMBDA {
    const RowGradient<T>& row = rows[r];
    prefetch(dy + r * cols + at.at, ahead);
    const Vec<T> z = (at.load_near(x + r * cols) - Vec<T>(row.mean)) * Vec<T>(row.rstd) - Vec<T>(row.low), d = at.load_near(dy + r * cols);
    s[0].add_product(at.within(z), d);
    s[1].add(d);
  });
}

/// dx of a row.
template <bool scaled, class T>
static CHAINRULE_APART void row_backward(const Results<T>& results, size_t cols, const T* x, const T* dy, const T* gamma, const RowGradient<T>& row, T* dx) {
  const Vec<T> mean(row.mean), rstd(row.rstd), low(row.low), average(row.average), product(row.product);
  results.each(cols, dx, [=](auto at) CHAINRULE_INLINE_LAMBDA {
    const Vec<T> z = (at.load_near(x) - mean) * rstd - low, g = scaled_by<scaled>(at.load_near(dy), gamma, at);
    at.store(dx, rstd * fnma(z, product, g - average));
  });
}

template <bool scaled, class T>
CHAINRULE_INLINE void rows_backward(size_t rows, size_t cols, const T* x, const T* gamma, const T* mean, const T* rstd, const T* dy, T* dx, double* dgamma, double* dbeta) {
  const Results<T> results(rows * cols, dx != dy && dx != x && cols * sizeof(T) >= Results<T>::short_row);
  constexpr size_t together = 4;
  // The first two steps wait for little but their arithmetic: each fetches half of what the next rows need, `ahead` bytes on.
  const size_t next = together * cols * sizeof(T), ahead = next < kAhead || next > 8 * kAhead ? kAhead : next;
  for (size_t first = 0, count; first < rows; first += count, x += count * cols, dy += count * cols, dx += count * cols) {
    count = rows - first < together ? rows - first : together;
    RowGradient<T> gradients[together];
    for (size_t i = 0; i < count; i++) gradients[i] = row_gradient<scaled>(cols, x + i * cols, dy + i * cols, gamma, mean[first + i], rstd[first + i], ahead);
    if (dgamma || dbeta) add_rows(count, cols, x, dy, gradients, ahead, dgamma, dbeta);
    for (size_t i = 0; i < count; i++) row_backward<scaled>(results, cols, x + i * cols, dy + i * cols, gamma, gradients[i], dx + i * cols);
  }
}

/// With g = dy·γ and z = (x - mean)·rstd: dx = rstd·(g - avg(g) - z·avg(g·z)), dγ += Σ dy·z, dβ += Σ dy.
/// z is off by its own average, which would be 0 had the mean not been rounded.
template <class T>
static void layer_norm_backward(size_t rows, size_t cols, const T* x, const T* gamma, const T* mean, const T* rstd, const T* dy, T* dx,
                                double* dgamma, double* dbeta) {
  if (gamma) rows_backward<true>(rows, cols, x, gamma, mean, rstd, dy, dx, dgamma, dbeta);
  else rows_backward<false>(rows, cols, x, gamma, mean, rstd, dy, dx, dgamma, dbeta);
}

template <class T>
static void column_moments(size_t rows, size_t cols, const T* x, const T* shift, double* sums, double* squares) {
  double* const totals[] = {sums, squares};
  add_columns<T>(rows, cols, totals, [=](Accumulator<T>* s, auto at, size_t r) CHAINRULE_INLINE_LAMBDA {
    const Vec<T> d = at.load(x + r * cols) - at.load(shift);
    s[0].add(d);
    s[1].add_product(d, d);
  });
}

template <class T>
static void normalize_columns(size_t rows, size_t cols, const T* x, const T* mean, const T* low, const T* factor, const T* offset, T* y) {
  Results<T>(rows * cols, x != y).write_rows(rows, cols, y, [=](const Results<T>& results, size_t r, T* to) CHAINRULE_INLINE_LAMBDA {
    const T* const from = x + r * cols;
    results.each(cols, to, [=](auto at) CHAINRULE_INLINE_LAMBDA {
      Vec<T> d = at.load(from) - at.load_near(mean);
      if (low) d = d - at.load_near(low);
      at.store(to, offset ? fma(d, at.load_near(factor), at.load_near(offset)) : d * at.load_near(factor));
    });
  });
}

template <class T>
static void batch_norm_sums(size_t rows, size_t cols, const T* x, const T* mean, const T* dy, double* const* sums) {
  double* const totals[] = {sums[0], sums[1], sums[2]};
  add_columns<T>(rows, cols, totals, [=](Accumulator<T>* s, auto at, size_t r) CHAINRULE_INLINE_LAMBDA {
    const Vec<T> d = at.load(x + r * cols) - at.load_near(mean), g = at.load(dy + r * cols);
    s[0].add(g);
    s[1].add_product(g, d);
    s[2].add(d);
  });
}

template <class T>
static void batch_norm_backward(size_t rows, size_t cols, const T* x, const T* mean, const T* dy, const T* factor, const T* offset, const T* slope, T* dx) {
  Results<T>(rows * cols, dx != dy && dx != x).write_rows(rows, cols, dx, [=](const Results<T>& results, size_t r, T* to) CHAINRULE_INLINE_LAMBDA {
    const T *const from = x + r * cols, *const g = dy + r * cols;
    results.each(cols, to, [=](auto at) CHAINRULE_INLINE_LAMBDA {
      const Vec<T> d = at.load(from) - at.load_near(mean);
      at.store(to, at.load_near(factor) * fnma(at.load_near(slope), d, at.load(g) - at.load_near(offset)));
    });
  });
}

template <class T>
CHAINRULE_INLINE void fill_normalization(Kernels<T>* k) {
  k->layer_norm_forward = layer_norm_forward<T>;
  k->layer_norm_backward = layer_norm_backward<T>;
  k->column_moments = column_moments<T>;
  k->normalize_columns = normalize_columns<T>;
  k->batch_norm_sums = batch_norm_sums<T>;
  k->batch_norm_backward = batch_norm_backward<T>;
}

void fill_normalization(KernelTable* table) {
  fill_normalization(&table->f32);
  fill_normalization(&table->f64);
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
