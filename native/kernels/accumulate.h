// Sums of many numbers, in double for both types, lane by lane and so always in the same order.
#pragma once
#include "simd/vec.h"

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
  CHAINRULE_INLINE void add(const Accumulator& other) {
    low = low + other.low;
    high = high + other.high;
  }
  CHAINRULE_INLINE double total() const { return reduce_add(low + high); }
  /// y plus each lane's sum.
  CHAINRULE_INLINE Vec<float> lanes_added_to(Vec<float> y) const {
    constexpr int half = Vec<double>::lanes;
    double sums[2 * half];
    float lanes[Vec<float>::lanes];
    low.store(sums);
    high.store(sums + half);
    y.store(lanes);
    for (int i = 0; i < Vec<float>::lanes; i++) lanes[i] = static_cast<float>(lanes[i] + sums[i]);
    return Vec<float>::load(lanes);
  }
};

template <> struct Accumulator<double> {
  Vec<double> sum{0.0};
  CHAINRULE_INLINE void add(Vec<double> x) { sum = sum + x; }
  CHAINRULE_INLINE void add_product(Vec<double> x, Vec<double> y) { sum = fma(x, y, sum); }
  CHAINRULE_INLINE void add(const Accumulator& other) { sum = sum + other.sum; }
  CHAINRULE_INLINE double total() const { return reduce_add(sum); }
  CHAINRULE_INLINE Vec<double> lanes_added_to(Vec<double> y) const { return y + sum; }
};

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
