// Access to the rows of a matrix for softmax and its relatives: long rows vector by vector, short rows as a block of
// `lanes` rows turned over in registers, so that every step works on that many rows at once without reductions.
#pragma once
#include "loops.h"
#include "math.h"

namespace chainrule {
namespace CHAINRULE_ISA {

/// The largest of a row (of its numbers, where there are NaN).
template <class T>
CHAINRULE_INLINE T row_maximum(size_t cols, const T* x) {
  constexpr size_t lanes = Vec<T>::lanes;
  const T lowest = -Constants<T>::infinity;
  Vec<T> m(lowest), m2(lowest);
  size_t i = 0;
  for (; i + 2 * lanes <= cols; i += 2 * lanes) {
    m = max(Vec<T>::load(x + i), m);
    m2 = max(Vec<T>::load(x + i + lanes), m2);
  }
  if (i + lanes <= cols) {
    m = max(Vec<T>::load(x + i), m);
    i += lanes;
  }
  if (i < cols) m2 = max(load_or(x + i, cols - i, lowest), m2);
  return reduce_max(max(m, m2));
}

/// Σ e^(x - m) of a row; keep(access, e) takes each e^(x - m). In a partial vector the lanes beyond the end are 0.
template <class T, class Keep>
CHAINRULE_INLINE T row_exp_sum(size_t cols, const T* x, T m, Keep keep) {
  constexpr size_t lanes = Vec<T>::lanes;
  const Vec<T> vm(m);
  Vec<T> sum = 0.0, sum2 = 0.0;
  const auto add = [&](auto at, Vec<T> v, Vec<T>* total) CHAINRULE_INLINE_LAMBDA {
    const Vec<T> e = exp_share(v - vm);
    keep(at, e);
    *total = *total + e;
  };
  size_t i = 0;
  for (; i + 2 * lanes <= cols; i += 2 * lanes) {
    const Whole<T> at{i}, next{i + lanes};
    add(at, at.load(x), &sum);
    add(next, next.load(x), &sum2);
  }
  if (i + lanes <= cols) {
    const Whole<T> at{i};
    add(at, at.load(x), &sum);
    i += lanes;
  }
  if (i < cols) add(Part<T>{i, Vec<T>::tail(cols - i), cols - i}, load_or(x + i, cols - i, -Constants<T>::infinity), &sum2);
  return reduce_add(sum + sum2);
}

/// Rows are worked on in groups: each step is done for all rows of a group before the next, so that the waits of one row's
/// reductions are filled with another's work, and logarithms are taken of many rows at once. A group stays in cache.
static constexpr size_t kGroupRows = 16, kGroupElements = 4096;
CHAINRULE_INLINE size_t group_rows(size_t rows, size_t cols) {
  const size_t fit = kGroupElements / cols, most = fit < 1 ? 1 : fit < kGroupRows ? fit : kGroupRows;
  return rows < most ? rows : most;
}

/// Up to `lanes` short rows, turned over: column[c] lane r = x[r, c].
template <class T> struct RowBlock {
  static constexpr size_t lanes = Vec<T>::lanes, max_cols = 32;
  Vec<T> column[max_cols + lanes];
  size_t rows, cols;  ///< rows of this block, columns of the matrix

  RowBlock() = default;
  CHAINRULE_INLINE RowBlock(size_t left, size_t columns) : rows(left < lanes ? left : lanes), cols(columns) {}
  /// Whether it pays: one lane has nothing to turn over, and a few whole vectors are quicker as they lie.
  static CHAINRULE_INLINE bool takes(size_t columns) {
    return lanes > 1 && columns <= max_cols && (columns < 2 * lanes || columns % lanes != 0);
  }

  CHAINRULE_INLINE void load(const T* x) {
    for (size_t c = 0; c < cols; c += lanes) {
      const auto tail = Vec<T>::tail(cols - c < lanes ? cols - c : lanes);
      for (size_t r = 0; r < lanes; r++) column[c + r] = r < rows ? Vec<T>::load(x + r * cols + c, tail) : Vec<T>(0.0);
      transpose(column + c);
    }
  }
  CHAINRULE_INLINE void store(T* y) const {
    for (size_t c = 0; c < cols; c += lanes) {
      const auto tail = Vec<T>::tail(cols - c < lanes ? cols - c : lanes);
      Vec<T> turned[lanes];
      for (size_t r = 0; r < lanes; r++) turned[r] = column[c + r];
      transpose(turned);
      for (size_t r = 0; r < rows; r++) turned[r].store(y + r * cols + c, tail);
    }
  }
  CHAINRULE_INLINE Vec<T> maximum() const {
    Vec<T> m = -Constants<T>::infinity;
    for (size_t c = 0; c < cols; c++) m = max(column[c], m);
    return m;
  }
  /// column = e^(column - m); returns the sums of the rows.
  CHAINRULE_INLINE Vec<T> exp_sum(Vec<T> m) {
    Vec<T> sum = 0.0;
    for (size_t c = 0; c < cols; c++) {
      column[c] = exp_share(column[c] - m);
      sum = sum + column[c];
    }
    return sum;
  }
  /// column[c] = f(column[c], c)
  template <class F> CHAINRULE_INLINE void map(F f) {
    for (size_t c = 0; c < cols; c++) column[c] = f(column[c], c);
  }
};

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
