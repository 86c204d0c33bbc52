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
  size_t i = 0;
  for (; i + 2 * lanes <= cols; i += 2 * lanes) {
    const Whole<T> at{i}, next{i + lanes};
    const Vec<T> e = exp_nonpositive(at.load(x) - vm), e2 = exp_nonpositive(next.load(x) - vm);
    keep(at, e);
    keep(next, e2);
    sum = sum + e;
    sum2 = sum2 + e2;
  }
  if (i + lanes <= cols) {
    const Whole<T> at{i};
    const Vec<T> e = exp_nonpositive(at.load(x) - vm);
    keep(at, e);
    sum = sum + e;
    i += lanes;
  }
  if (i < cols) {
    const Part<T> at{i, Vec<T>::tail(cols - i), cols - i};
    const Vec<T> e = exp_nonpositive(load_or(x + i, cols - i, -Constants<T>::infinity) - vm);
    keep(at, e);
    sum2 = sum2 + e;
  }
  return reduce_add(sum + sum2);
}

/// Up to `lanes` short rows, turned over: column[c] lane r = x[r, c].
template <class T> struct RowBlock {
  static constexpr size_t lanes = Vec<T>::lanes, max_cols = 32;
  Vec<T> column[max_cols + lanes];
  size_t rows, cols;  ///< rows of this block, columns of the matrix

  /// Whether it pays: one lane has nothing to turn over.
  static CHAINRULE_INLINE bool takes(size_t columns) { return lanes > 1 && columns <= max_cols; }

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
    Vec<T> m = column[0];
    for (size_t c = 1; c < cols; c++) m = max(column[c], m);
    return m;
  }
  /// column = e^(column - m); returns the sums of the rows.
  CHAINRULE_INLINE Vec<T> exp_sum(Vec<T> m) {
    Vec<T> sum = 0.0;
    for (size_t c = 0; c < cols; c++) {
      column[c] = exp_nonpositive(column[c] - m);
      sum = sum + column[c];
    }
    return sum;
  }
  CHAINRULE_INLINE void multiply(Vec<T> factor) {
    for (size_t c = 0; c < cols; c++) column[c] = column[c] * factor;
  }
};

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
