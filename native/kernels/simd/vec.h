// One vector type for every instruction set: Vec<float> and Vec<double>, as wide as the processor's registers.
// A kernel is written once against this interface and compiled once per instruction set (macro CHAINRULE_ISA).
//
// Freestanding on purpose: C headers and intrinsics only, everything forced inline in the namespace of the instruction
// set, so that no function compiled for a newer processor can be picked by the linker for an older one.
//
//   Vec<T>::lanes                        elements in a register
//   Vec<T>(s)                            s in every lane; numbers convert by themselves: 1.0 + v
//   Vec<T>::load(p), v.store(p)          any alignment
//   Vec<T>::load(p, tail), v.store(p, tail)   the first n lanes, tail = Vec<T>::tail(n), 0 <= n <= lanes: other bytes are
//                                        never touched, other lanes are loaded as 0
//   + - * /  -x  fma(a,b,c) = a·b+c  fms = a·b-c  fnma = c-a·b      sqrt abs copysign(magnitude, sign) round (half to even)
//   v.stream(p), store_fence()           past the caches, p aligned to vectors, where `streams`; other threads see it after the fence
//   near_sqrt(a)                         the root within 1 ULP, where that is faster than the correctly rounded one
//   min(a,b) = a<b ? a : b   max(a,b) = a>b ? a : b                 so b, where either is NaN or both are zeros
//   < <= > >= == !=  -> Mask<T>; & | ! on masks; select(mask, a, b); any all first(mask) (index of the first true lane)
//   & | ^ andnot(a,b) = ~a & b  shift_left<k> shift_right<k> (logical) add_bits sub_bits    on the bit patterns
//   exact_error(a,b,p) = a·b-p without rounding, where p = a·b rounded
//   scale2(x,n) = x·2^n with one rounding, for whole n and normal x and x·2^(n/2)
//   above(a,b) = !(a <= b), so true where either is NaN      keep(mask,v) = mask ? v : 0
//   reduce_add reduce_max (a fixed order)   transpose(rows[lanes])   load_transposed(p, stride, rows)   widen(Vec<float>, &low, &high)   narrow(low, high)
//   widen(p, &low, &high)                a vector of floats from memory, without the shuffles of one in a register
//   multiply_words(a,b)                  on Vec<double>'s bit patterns: the 64-bit product of the low 32 bits of each lane
//   Splice<T>(n)(a, b)                   lanes n, n + 1 … of a, then the first n of b, where `streams`
//   upper_words(a)                       shift_right<32>(a) on Vec<double>, but with anything in the upper 32 bits; on x86 a shuffle,
//                                        which another port does than shifts
//   words_above(a, b, limit)             -> Mask<float>: the low 32 bits of each lane of a, then of b, as unsigned numbers > limit (one
//                                        lane: of a alone); words_above(a, limit) -> Mask<double>: those of a
//
// On instruction sets without FMA, fma rounds twice in float64 (float32 goes through float64): code that needs the exact
// product uses exact_error.
#pragma once
#include <stddef.h>
#include <stdint.h>

#if defined(_MSC_VER) && !defined(__clang__)
#define CHAINRULE_INLINE __forceinline
#define CHAINRULE_INLINE_LAMBDA
#define CHAINRULE_APART __declspec(noinline)
#else
#define CHAINRULE_INLINE __attribute__((always_inline)) inline
#define CHAINRULE_INLINE_LAMBDA __attribute__((always_inline))
#define CHAINRULE_APART __attribute__((noinline))  // for loops that need all registers
#endif

namespace chainrule {
namespace CHAINRULE_ISA {
template <class T> struct Vec;
template <class T> struct Mask;
template <class T> struct Splice;

/// Layout of the floating-point types, and the number that shifts a whole number into the low bits of a mantissa.
template <class T> struct Format;
template <> struct Format<float> {
  using Bits = uint32_t;
  static constexpr int mantissa = 23, bias = 127;
  static constexpr float magic = 12582912.0f;  // 1.5·2^23
};
template <> struct Format<double> {
  using Bits = uint64_t;
  static constexpr int mantissa = 52, bias = 1023;
  static constexpr double magic = 6755399441055744.0;  // 1.5·2^52
};
}  // namespace CHAINRULE_ISA
}  // namespace chainrule

#if defined(CHAINRULE_ISA_avx512)
#include "avx512.h"
#elif defined(CHAINRULE_ISA_avx2)
#include "avx2.h"
#elif defined(CHAINRULE_ISA_neon)
#include "neon.h"
#else
#include "scalar.h"
#endif

namespace chainrule {
namespace CHAINRULE_ISA {

template <class T>
CHAINRULE_INLINE Vec<T> select(Mask<T> mask, double a, double b) { return select(mask, Vec<T>(T(a)), Vec<T>(T(b))); }

static constexpr float kLaneIndex32[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static constexpr double kLaneIndex64[8] = {0, 1, 2, 3, 4, 5, 6, 7};
CHAINRULE_INLINE Vec<float> lane_index(Vec<float>) { return Vec<float>::load(kLaneIndex32); }
CHAINRULE_INLINE Vec<double> lane_index(Vec<double>) { return Vec<double>::load(kLaneIndex64); }

/// The first n lanes of p, `fill` in the others.
template <class T>
CHAINRULE_INLINE Vec<T> load_or(const T* p, size_t n, T fill) {
  const Vec<T> v = Vec<T>::load(p, Vec<T>::tail(n));
  return select(lane_index(v) < Vec<T>(static_cast<T>(n)), v, Vec<T>(fill));
}

/// rows[c] lane r = from[r·stride + c], for as many rows and columns as there are lanes.
template <class T>
CHAINRULE_INLINE void load_transposed(const T* from, size_t stride, Vec<T>* rows) {
#pragma GCC unroll 16
  for (size_t i = 0; i < Vec<T>::lanes; i++) rows[i] = Vec<T>::load(from + i * stride);
  transpose(rows);
}

/// Lane 0.
template <class T>
CHAINRULE_INLINE T first_lane(Vec<T> v) {
  T lanes[Vec<T>::lanes];
  v.store(lanes);
  return lanes[0];
}

/// 2^n, where `shifted` = n + Format<T>::magic holds the whole number n, and 2^n is normal.
template <class T>
CHAINRULE_INLINE Vec<T> power_of_two(Vec<T> shifted) {
  return add_bits(shift_left<Format<T>::mantissa>(shifted), 1.0);
}

#if !defined(CHAINRULE_ISA_avx512)
template <class T> CHAINRULE_INLINE Mask<T> above(Vec<T> a, Vec<T> b) { return !(a <= b); }
template <class T> CHAINRULE_INLINE Vec<T> keep(Mask<T> mask, Vec<T> v) {
  if constexpr (Vec<T>::lanes > 1) return select(mask, v, Vec<T>(T(0)));
  else return Vec<T>::from_bits(v.bits() & (typename Format<T>::Bits(0) - mask.m));  // without a branch that nothing could foresee
}

/// x·2^n in two exact halves, so that only the last multiplication rounds (into subnormals) or overflows.
template <class T>
CHAINRULE_INLINE Vec<T> scale2(Vec<T> x, Vec<T> n) {
  const Vec<T> magic(Format<T>::magic);
  const Vec<T> half = fma(n, 0.5, magic);
  const Vec<T> rest = n - (half - magic) + magic;
  return x * power_of_two(half) * power_of_two(rest);
}
#endif

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
