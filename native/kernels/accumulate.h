// Sums of many numbers, in double for both types, lane by lane and so always in the same order.
#pragma once
#include "loops.h"

namespace chainrule {
namespace CHAINRULE_ISA {

template <class T> struct Accumulator;

/// Products of floats are exact in double, so the sum has double's error only.
template <> struct Accumulator<float> {
  Vec<double> low{0.0}, high{0.0};
  CHAINRULE_INLINE void add(Vec<float> x) {
    Vec<double> l, h;
    widen(x, &l, &h);
    low = low + l;
    high = high + h;
  }
  CHAINRULE_INLINE void add_product(Vec<float> x, Vec<float> y) {
    Vec<double> xl, xh, yl, yh;
    widen(x, &xl, &xh);
    widen(y, &yl, &yh);
    low = fma(xl, yl, low);
    high = fma(xh, yh, high);
  }
  /// The same of what `at` has of the arrays.
  template <class At> CHAINRULE_INLINE void add(At at, const float* x) {
    Vec<double> l, h;
    at.widen_from(x, &l, &h);
    low = low + l;
    high = high + h;
  }
  template <class At> CHAINRULE_INLINE void add_product(At at, const float* x, const float* y) {
    Vec<double> xl, xh, yl, yh;
    at.widen_from(x, &xl, &xh);
    at.widen_from(y, &yl, &yh);
    low = fma(xl, yl, low);
    high = fma(xh, yh, high);
  }
  template <class At> CHAINRULE_INLINE void add_square(At at, const float* x) {
    Vec<double> l, h;
    at.widen_from(x, &l, &h);
    low = fma(l, l, low);
    high = fma(h, h, high);
  }
  CHAINRULE_INLINE void add(const Accumulator& other) {
    low = low + other.low;
    high = high + other.high;
  }
  /// Adds each lane's sum to totals[lane].
  CHAINRULE_INLINE void add_to(double* totals) const {
    constexpr int half = Vec<double>::lanes;
    (Vec<double>::load(totals) + low).store(totals);
    if constexpr (Vec<float>::lanes > half) (Vec<double>::load(totals + half) + high).store(totals + half);
  }
  CHAINRULE_INLINE double total() const { return reduce_add(low + high); }
  /// y plus each lane's sum.
  CHAINRULE_INLINE Vec<float> lanes_added_to(Vec<float> y) const {
    Vec<double> l, h;
    widen(y, &l, &h);
    return narrow(l + low, h + high);
  }
};

template <> struct Accumulator<double> {
  Vec<double> sum{0.0};
  CHAINRULE_INLINE void add(Vec<double> x) { sum = sum + x; }
  CHAINRULE_INLINE void add_product(Vec<double> x, Vec<double> y) { sum = fma(x, y, sum); }
  template <class At> CHAINRULE_INLINE void add(At at, const double* x) { add(at.load(x)); }
  template <class At> CHAINRULE_INLINE void add_product(At at, const double* x, const double* y) { add_product(at.load(x), at.load(y)); }
  template <class At> CHAINRULE_INLINE void add_square(At at, const double* x) {
    const Vec<double> v = at.load(x);
    add_product(v, v);
  }
  CHAINRULE_INLINE void add(const Accumulator& other) { sum = sum + other.sum; }
  CHAINRULE_INLINE void add_to(double* totals) const { (Vec<double>::load(totals) + sum).store(totals); }
  CHAINRULE_INLINE double total() const { return reduce_add(sum); }
  CHAINRULE_INLINE Vec<double> lanes_added_to(Vec<double> y) const { return y + sum; }
};

/// Σ over [0, n) of what add(accumulator, access) adds, over four accumulators to hide the latency of additions.
template <class T, class AddTo>
CHAINRULE_INLINE double sum_of(size_t n, AddTo add) {
  constexpr size_t lanes = Vec<T>::lanes;
  Accumulator<T> a, b, c, d;
  size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    add(a, Whole<T>{i});
    add(b, Whole<T>{i + lanes});
    add(c, Whole<T>{i + 2 * lanes});
    add(d, Whole<T>{i + 3 * lanes});
  }
  for (; i + lanes <= n; i += lanes) add(a, Whole<T>{i});
  if (i < n) add(b, Part<T>{i, Vec<T>::tail(n - i), n - i});
  a.add(b);
  c.add(d);
  a.add(c);
  return a.total();
}

/// totals[s][c] += Σ over the rows of what add(sums, access, row) adds to sums[s], for each column c, unless totals[s] is null. Eight rows at
/// a time, so that the totals are seldom touched. Whole vectors of totals are read and written: their arrays are padded (kColumnPad).
template <class T, int count, class Add>
CHAINRULE_INLINE void add_columns(size_t rows, size_t cols, double* const (&totals)[count], Add add) {
  constexpr size_t together = 8;
  for (size_t r = 0; r < rows; r += together) {
    const size_t end = r + together < rows ? r + together : rows;
    for_each_vector<T>(cols, [&](auto at) CHAINRULE_INLINE_LAMBDA {
      Accumulator<T> sums[count];
      for (size_t i = r; i < end; i++) add(sums, at, i);
      for (int s = 0; s < count; s++)
        if (totals[s]) sums[s].add_to(totals[s] + at.at);
    });
  }
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
