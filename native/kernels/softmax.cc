// Softmax, log-softmax and the softmax cross-entropy loss, row by row. The maximum of each row is taken off first.
#include "rows.h"
#include "table.h"

namespace chainrule {
namespace CHAINRULE_ISA {

/// Calls body(row, rows) for blocks of short rows.
template <class T, class Body>
CHAINRULE_INLINE void for_each_block(size_t rows, Body body) {
  for (size_t r = 0; r < rows; r += RowBlock<T>::lanes) body(r, rows - r);
}
/// Calls body(row, rows) for groups of long rows.
template <class Body>
CHAINRULE_INLINE void for_each_group(size_t rows, size_t cols, Body body) {
  for (size_t r = 0; r < rows;) {
    const size_t n = group_rows(rows - r, cols);
    body(r, n);
    r += n;
  }
}

/// y = e^(x - max)/Σ  [rows, cols]
template <class T>
static void softmax_forward(size_t rows, size_t cols, const T* x, T* y) {
  if (RowBlock<T>::takes(cols)) {
    for_each_block<T>(rows, [=](size_t r, size_t left) CHAINRULE_INLINE_LAMBDA {
      RowBlock<T> block(left, cols);
      block.load(x + r * cols);
      const Vec<T> factor = 1.0 / block.exp_sum(block.maximum());
      block.map([=](Vec<T> e, size_t) CHAINRULE_INLINE_LAMBDA { return e * factor; });
      block.store(y + r * cols);
    });
    return;
  }
  for_each_group(rows, cols, [=](size_t first, size_t n) CHAINRULE_INLINE_LAMBDA {
    T m[kGroupRows], factors[kGroupRows];
    const T* const from = x + first * cols;
    T* const to = y + first * cols;
    for (size_t r = 0; r < n; r++) m[r] = row_maximum(cols, from + r * cols);
    for (size_t r = 0; r < n; r++) {
      T* const row = to + r * cols;
      factors[r] = T(1) / row_exp_sum(cols, from + r * cols, m[r], [=](auto at, Vec<T> e) CHAINRULE_INLINE_LAMBDA { at.store(row, e); });
    }
    for (size_t r = 0; r < n; r++) {
      T* const row = to + r * cols;
      const Vec<T> factor(factors[r]);
      for_each_vector<T>(cols, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(row, at.load(row) * factor); });
    }
  });
}

/// dx = y·(dy - Σ dy·y)
template <class T>
static void softmax_backward(size_t rows, size_t cols, const T* y, const T* dy, T* dx) {
  for (size_t r = 0; r < rows; r++, y += cols, dy += cols, dx += cols) {
    Vec<T> sums = 0.0;
    for_each_vector<T>(cols, [&](auto at) CHAINRULE_INLINE_LAMBDA { sums = fma(at.load(dy), at.load(y), sums); });
    const Vec<T> sum(reduce_add(sums));
    for_each_vector<T>(cols, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(dx, at.load(y) * (at.load(dy) - sum)); });
  }
}

/// y = (x - max) - log Σ e^(x - max)
template <class T>
static void log_softmax_forward(size_t rows, size_t cols, const T* x, T* y) {
  if (RowBlock<T>::takes(cols)) {
    for_each_block<T>(rows, [=](size_t r, size_t left) CHAINRULE_INLINE_LAMBDA {
      RowBlock<T> block(left, cols);
      block.load(x + r * cols);
      const Vec<T> m = block.maximum();
      Vec<T> sum = 0.0;
      block.map([&](Vec<T> v, size_t) CHAINRULE_INLINE_LAMBDA {
        sum = sum + exp_share(v - m);
        return v - m;
      });
      const Vec<T> log_sum = log(sum);
      block.map([=](Vec<T> v, size_t) CHAINRULE_INLINE_LAMBDA { return v - log_sum; });
      block.store(y + r * cols);
    });
    return;
  }
  for_each_group(rows, cols, [=](size_t first, size_t n) CHAINRULE_INLINE_LAMBDA {
    T m[kGroupRows], sums[kGroupRows];
    for (size_t r = 0; r < n; r++) m[r] = row_maximum(cols, x + (first + r) * cols);
    for (size_t r = 0; r < n; r++) sums[r] = row_exp_sum(cols, x + (first + r) * cols, m[r], [](auto, Vec<T>) CHAINRULE_INLINE_LAMBDA {});
    for_each_vector<T>(n, [&](auto at) CHAINRULE_INLINE_LAMBDA { at.store(sums, log(at.load(sums))); });
    for (size_t r = 0; r < n; r++) {
      const T* const from = x + (first + r) * cols;
      T* const to = y + (first + r) * cols;
      const Vec<T> vm(m[r]), log_sum(sums[r]);
      for_each_vector<T>(cols, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(to, (at.load(from) - vm) - log_sum); });
    }
  });
}

/// dx = dy - e^y·Σ dy
template <class T>
static void log_softmax_backward(size_t rows, size_t cols, const T* y, const T* dy, T* dx) {
  for (size_t r = 0; r < rows; r++, y += cols, dy += cols, dx += cols) {
    Vec<T> sums = 0.0;
    for_each_vector<T>(cols, [&](auto at) CHAINRULE_INLINE_LAMBDA { sums = sums + at.load(dy); });
    const Vec<T> sum(reduce_add(sums));
    for_each_vector<T>(cols, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(dx, fnma(exp_share(at.load(y)), sum, at.load(dy))); });
  }
}

/// losses[r] = log Σ e^x - x[label]; dx = scale·(softmax - onehot), unless null; dx == x is allowed.
template <class T>
static void cross_entropy(size_t rows, size_t cols, const T* x, const int32_t* labels, double scale, T* losses, T* dx) {
  const T s = static_cast<T>(scale);
  if (RowBlock<T>::takes(cols)) {
    for_each_block<T>(rows, [=](size_t first, size_t left) CHAINRULE_INLINE_LAMBDA {
      RowBlock<T> block(left, cols);
      const T* const from = x + first * cols;
      block.load(from);
      T chosen[RowBlock<T>::lanes] = {};
      for (size_t r = 0; r < block.rows; r++) chosen[r] = from[r * cols + static_cast<size_t>(labels[first + r])];
      const Vec<T> m = block.maximum(), sum = block.exp_sum(m);
      (log(sum) + (m - Vec<T>::load(chosen))).store(losses + first, Vec<T>::tail(block.rows));
      if (!dx) return;
      const Vec<T> factor = Vec<T>(s) / sum;
      block.map([=](Vec<T> e, size_t) CHAINRULE_INLINE_LAMBDA { return e * factor; });
      T* const to = dx + first * cols;
      block.store(to);
      for (size_t r = 0; r < block.rows; r++) to[r * cols + static_cast<size_t>(labels[first + r])] -= s;
    });
    return;
  }
  for_each_group(rows, cols, [=](size_t first, size_t n) CHAINRULE_INLINE_LAMBDA {
    T m[kGroupRows], sums[kGroupRows], chosen[kGroupRows];
    const T* const from = x + first * cols;
    T* const to = dx ? dx + first * cols : nullptr;
    for (size_t r = 0; r < n; r++) {
      m[r] = row_maximum(cols, from + r * cols);
      chosen[r] = from[r * cols + static_cast<size_t>(labels[first + r])];
    }
    for (size_t r = 0; r < n; r++) {
      T* const row = to ? to + r * cols : to;
      sums[r] = row_exp_sum(cols, from + r * cols, m[r], [=](auto at, Vec<T> e) CHAINRULE_INLINE_LAMBDA {
        if (row) at.store(row, e);
      });
    }
    for_each_vector<T>(n, [&](auto at) CHAINRULE_INLINE_LAMBDA {
      at.store(losses + first, log(at.load(sums)) + (at.load(m) - at.load(chosen)));
    });
    if (!to) return;
    for (size_t r = 0; r < n; r++) {
      T* const row = to + r * cols;
      const Vec<T> factor(s / sums[r]);
      for_each_vector<T>(cols, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(row, at.load(row) * factor); });
      row[labels[first + r]] -= s;
    }
  });
}

template <class T>
CHAINRULE_INLINE void fill_softmax(Kernels<T>* k) {
  k->softmax_forward = softmax_forward<T>;
  k->softmax_backward = softmax_backward<T>;
  k->log_softmax_forward = log_softmax_forward<T>;
  k->log_softmax_backward = log_softmax_backward<T>;
  k->cross_entropy = cross_entropy<T>;
}

void fill_softmax(KernelTable* table) {
  fill_softmax(&table->f32);
  fill_softmax(&table->f64);
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
