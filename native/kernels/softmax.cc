// Softmax, log-softmax and the softmax cross-entropy loss, row by row. The maximum of each row is taken off first.
#include "rows.h"
#include "table.h"

namespace chainrule {
namespace CHAINRULE_ISA {

/// y = e^(x - max)/Σ  [rows, cols]
template <class T>
static void softmax_forward(size_t rows, size_t cols, const T* x, T* y) {
  using Block = RowBlock<T>;
  if (Block::takes(cols)) {
    for (size_t r = 0; r < rows; r += Block::lanes) {
      Block block;
      block.rows = rows - r < Block::lanes ? rows - r : Block::lanes;
      block.cols = cols;
      block.load(x + r * cols);
      block.multiply(1.0 / block.exp_sum(block.maximum()));
      block.store(y + r * cols);
    }
    return;
  }
  for (size_t r = 0; r < rows; r++, x += cols, y += cols) {
    const T sum = row_exp_sum(cols, x, row_maximum(cols, x), [=](auto at, Vec<T> e) CHAINRULE_INLINE_LAMBDA { at.store(y, e); });
    const Vec<T> factor(T(1) / sum);
    for_each_vector<T>(cols, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(y, at.load(y) * factor); });
  }
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

template <class T>
CHAINRULE_INLINE T log_of(T x) { return first_lane(log(Vec<T>(x))); }

/// y = (x - max) - log Σ e^(x - max)
template <class T>
static void log_softmax_forward(size_t rows, size_t cols, const T* x, T* y) {
  for (size_t r = 0; r < rows; r++, x += cols, y += cols) {
    const T m = row_maximum(cols, x);
    const Vec<T> log_sum(log_of(row_exp_sum(cols, x, m, [](auto, Vec<T>) CHAINRULE_INLINE_LAMBDA {}))), vm(m);
    for_each_vector<T>(cols, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(y, (at.load(x) - vm) - log_sum); });
  }
}

/// dx = dy - e^y·Σ dy
template <class T>
static void log_softmax_backward(size_t rows, size_t cols, const T* y, const T* dy, T* dx) {
  for (size_t r = 0; r < rows; r++, y += cols, dy += cols, dx += cols) {
    Vec<T> sums = 0.0;
    for_each_vector<T>(cols, [&](auto at) CHAINRULE_INLINE_LAMBDA { sums = sums + at.load(dy); });
    const Vec<T> sum(reduce_add(sums));
    for_each_vector<T>(cols, [=](auto at) CHAINRULE_INLINE_LAMBDA {
      at.store(dx, fnma(exp_nonpositive(at.load(y)), sum, at.load(dy)));
    });
  }
}

/// Short rows, `lanes` at a time: one logarithm for all of them.
template <class T>
CHAINRULE_INLINE void cross_entropy_block(size_t rows, size_t cols, const T* x, const int32_t* labels, T scale, T* losses, T* dx) {
  RowBlock<T> block;
  block.rows = rows;
  block.cols = cols;
  block.load(x);
  T chosen[Vec<T>::lanes] = {};
  for (size_t r = 0; r < rows; r++) chosen[r] = x[r * cols + static_cast<size_t>(labels[r])];
  const Vec<T> m = block.maximum(), sum = block.exp_sum(m);
  (log(sum) + (m - Vec<T>::load(chosen))).store(losses, Vec<T>::tail(rows));
  if (!dx) return;
  block.multiply(Vec<T>(scale) / sum);
  block.store(dx);
  for (size_t r = 0; r < rows; r++) dx[r * cols + static_cast<size_t>(labels[r])] -= scale;
}

/// losses[r] = log Σ e^x - x[label]; dx = scale·(softmax - onehot), unless null; dx == x is allowed.
template <class T>
static void cross_entropy(size_t rows, size_t cols, const T* x, const int32_t* labels, double scale, T* losses, T* dx) {
  constexpr size_t lanes = Vec<T>::lanes;
  const T s = static_cast<T>(scale);
  if (RowBlock<T>::takes(cols)) {
    for (size_t r = 0; r < rows; r += lanes)
      cross_entropy_block(rows - r < lanes ? rows - r : lanes, cols, x + r * cols, labels + r, s, losses + r, dx ? dx + r * cols : dx);
    return;
  }
  for (size_t r = 0; r < rows; r++, x += cols) {
    const T m = row_maximum(cols, x), chosen = x[labels[r]];
    T sum;
    if (dx) {
      sum = row_exp_sum(cols, x, m, [=](auto at, Vec<T> e) CHAINRULE_INLINE_LAMBDA { at.store(dx, e); });
      const Vec<T> factor(s / sum);
      for_each_vector<T>(cols, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(dx, at.load(dx) * factor); });
      dx[labels[r]] -= s;
      dx += cols;
    } else {
      sum = row_exp_sum(cols, x, m, [](auto, Vec<T>) CHAINRULE_INLINE_LAMBDA {});
    }
    losses[r] = log_of(sum) + (m - chosen);
  }
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
