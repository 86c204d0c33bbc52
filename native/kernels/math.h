// Exponentials, logarithms and what is made of them, for vectors of float and double: one source, with the polynomials
// of each type beside each other. Every function takes ±0, subnormal numbers, ±inf and NaN, unless it says otherwise.
//
// The coefficients are interpolations at Chebyshev nodes (computed with 60 digits, then rounded); each names its largest
// relative error. Reductions follow Cody & Waite 1980; log and log1p follow Tang 1990 as FreeBSD's msun arranges it.
#pragma once
#include "simd/vec.h"

namespace chainrule {
namespace CHAINRULE_ISA {

/// c0 + c1·x + c2·x² + … by Horner's rule.
template <class T, class... C>
CHAINRULE_INLINE Vec<T> polynomial(Vec<T> x, T c0, C... rest) {
  if constexpr (sizeof...(rest) == 0) return Vec<T>(c0);
  else return fma(x, polynomial(x, rest...), Vec<T>(c0));
}

template <class T> struct Constants;
template <> struct Constants<float> {
  static constexpr float log2e = 1.44269504f, ln2 = 0.693147182f;
  static constexpr float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;  // n·ln2_high is exact
  static constexpr float exp_lowest = -104.0f, exp_highest = 89.0f;  // beyond: 0 and inf
  static constexpr float share_lowest = -88.0f;                      // rounds to 2^-127
  static constexpr float expm1_lowest = -20.0f;                      // below: -1 after rounding
  static constexpr float sigmoid_highest = 40.0f;                    // beyond: 1, and x·e^-x lost beside it
  static constexpr float smallest_normal = 1.17549435e-38f, largest = 3.40282347e+38f, sqrt_half = 0.707106781f;
  static constexpr float infinity = __builtin_inff(), nan = __builtin_nanf("");
};
template <> struct Constants<double> {
  static constexpr double log2e = 1.4426950408889634, ln2 = 0.6931471805599453;
  static constexpr double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
  static constexpr double exp_lowest = -746.0, exp_highest = 710.0;
  static constexpr double share_lowest = -709.0;
  static constexpr double expm1_lowest = -40.0;
  static constexpr double sigmoid_highest = 80.0;
  static constexpr double smallest_normal = 2.2250738585072014e-308, largest = 1.7976931348623157e308, sqrt_half = 0.7071067811865476;
  static constexpr double infinity = __builtin_inf(), nan = __builtin_nan("");
};

/// (e^d - 1 - d)/r² for d = r (sign 1) or d = -r (sign -1), |r| <= ln2/2; error of e^d: 9e-9 (float), 2e-17 (double).
template <int sign = 1>
CHAINRULE_INLINE Vec<float> exp_polynomial(Vec<float> r) {
  return polynomial(r, 0.5f, sign * 1.6666576e-01f, 4.1666556e-02f, sign * 8.363203e-03f, 1.3926213e-03f);
}
template <int sign = 1>
CHAINRULE_INLINE Vec<double> exp_polynomial(Vec<double> r) {
  return polynomial(r, 0.5000000000000001, sign * 0.16666666666666669, 0.04166666666662399, sign * 0.008333333333330051,
                    0.0013888888917281794, sign * 0.00019841269863105968, 2.480152119021773e-05, sign * 2.7557268378684192e-06,
                    2.7620138719733994e-07, sign * 2.5100424157005067e-08);
}

/// e^x = (1 + q)·2^n with |q| < 0.42; shifted = n + magic, as power_of_two takes it.
///
/// Where x is at or below the cut-off (not `alive`) powers are exact zeros, not what underflow would leave: on x86 each
/// vector with an underflow costs hundreds of cycles, and large negative arguments are common.
template <class T> struct Exponential {
  static constexpr int far = sizeof(T) == 4 ? 64 : 600;  // 2^(n + far) is normal for every n above -bias - far
  static constexpr T up = sizeof(T) == 4 ? T(0x1p64) : T(0x1p600), down = 1 / up;
  static_assert(far < Format<T>::bias, "2^far must be normal");
  Vec<T> q, n, shifted;
  Mask<T> alive;
  /// 2^(n + far), for n from -bias - far on.
  CHAINRULE_INLINE Vec<T> lifted_power() const { return keep(alive, add_bits(shift_left<Format<T>::mantissa>(shifted), up)); }
  /// e^x, subnormal or infinite where it has to be.
  CHAINRULE_INLINE Vec<T> value() const {
#if defined(CHAINRULE_ISA_avx512)
    return scale2_where(alive, 1.0 + q, n, 0.0);
#else
    return scale2(keep(alive, 1.0 + q), n);
#endif
  }
  /// y·2^n for |y·2^n| < 2^(bias - far), rounded once, into subnormals too.
  CHAINRULE_INLINE Vec<T> scale_down(Vec<T> y) const {
#if defined(CHAINRULE_ISA_avx512)
    return scale2_where(alive, y, n, 0.0);
#else
    return y * lifted_power() * down;
#endif
  }
  /// The same for every y, where the result is z for z > limit and has z's sign.
  CHAINRULE_INLINE Vec<T> scale(Vec<T> y, Vec<T> z, T limit) const {
#if defined(CHAINRULE_ISA_avx512)
    (void)z, (void)limit;
    return scale2_where(alive, y, n, -0.0);  // only where z is negative
#else
    return select(z > Vec<T>(limit), z, scale_down(y));
#endif
  }
};

/// The reduction, for x <= exp_highest or NaN; below `lowest` e^x counts as 0. adjust(r) may add to the reduced argument
/// what x lacks. With sign = -1, 1 + q stands for e^-r, and e^x = 2^n/(1 + q).
template <int sign = 1, class T, class Adjust>
CHAINRULE_INLINE Exponential<T> split_exp(Vec<T> x, Vec<T> lowest, Adjust adjust) {
  using C = Constants<T>;
  const Vec<T> magic = Format<T>::magic, cut = max(lowest, x);
  const Vec<T> shifted = fma(cut, C::log2e, magic);
  const Vec<T> n = shifted - magic;
  const Vec<T> r = adjust(fnma(n, C::ln2_low, fnma(n, C::ln2_high, cut)));
  const Vec<T> p = exp_polynomial<sign>(r);
  return {sign > 0 ? fma(r * r, p, r) : fms(r * r, p, r), n, shifted, above(x, lowest)};
}
template <int sign = 1, class T>
CHAINRULE_INLINE Exponential<T> split_exp(Vec<T> x, Vec<T> lowest) {
  return split_exp<sign>(x, lowest, [](Vec<T> r) CHAINRULE_INLINE_LAMBDA { return r; });
}

template <class T>
CHAINRULE_INLINE Vec<T> exp(Vec<T> x) {
  return split_exp<1>(min(Constants<T>::exp_highest, x), Vec<T>(Constants<T>::exp_lowest)).value();
}

/// e^x for x <= 0.
template <class T>
CHAINRULE_INLINE Vec<T> exp_nonpositive(Vec<T> x) {
  const Exponential<T> e = split_exp<1>(x, Vec<T>(Constants<T>::exp_lowest));
  return e.scale_down(1.0 + e.q);
}

/// e^x for x <= 0, but 0 where 2^n is no longer normal (n = -bias is the bit pattern of 0): for sums and their shares.
template <class T>
CHAINRULE_INLINE Vec<T> exp_share(Vec<T> x) {
  const Exponential<T> e = split_exp<1>(x, Vec<T>(Constants<T>::share_lowest));
  const Vec<T> s = power_of_two(e.shifted);
  return fma(s, e.q, s);
}
template <class T>
CHAINRULE_INLINE Vec<T> minus_abs(Vec<T> x) { return x | -0.0; }

/// e^x - 1 for x <= 0 (the sign of -0 is lost): 2^n·q + (2^n - 1), no cancellation since n <= 0 and q > -0.3. One constant
/// for ln2 will do, its error n·2^n·(ln2 - C::ln2) stays far below an ULP of the result.
template <class T>
CHAINRULE_INLINE Vec<T> expm1_nonpositive(Vec<T> x) {
  using C = Constants<T>;
  const Vec<T> magic = Format<T>::magic, cut = max(C::expm1_lowest, x);
  const Vec<T> shifted = fma(cut, C::log2e, magic);
  const Vec<T> r = fnma(shifted - magic, C::ln2, cut);
  const Vec<T> q = fma(r * r, exp_polynomial(r), r), s = power_of_two(shifted);
  return fma(s, q, s - 1.0);
}

/// e^x - 1 = 2·(2^(n-1)·q + (2^(n-1) - 1/2)): halved, so that 2^n does not overflow before the result does.
template <class T>
CHAINRULE_INLINE Vec<T> expm1(Vec<T> x) {
  const Vec<T> low(Constants<T>::expm1_lowest), high(Constants<T>::exp_highest);
  const Exponential<T> e = split_exp<1>(min(high, x), low);
  const Vec<T> s = power_of_two(e.shifted - 1.0);
  const Vec<T> y = fma(s, e.q, s - 0.5);
  return copysign(select(e.n == 0.0, e.q, y + y), x);
}

/// The two sides of a logistic curve: σ(x) = s/(s + p), σ(-x) = p/(s + p), from e^x = 2^n·e^r as s = 2^(n + far) and
/// p = 2^far·e^-r, so that s is normal where σ is not yet 0. For x <= sigmoid_highest or NaN.
template <class T> struct Logistic {
  Vec<T> s, p;
  explicit CHAINRULE_INLINE Logistic(Vec<T> x) {
    const Exponential<T> e = split_exp<-1>(x, Vec<T>(Constants<T>::exp_lowest));
    const Vec<T> up(Exponential<T>::up);
    s = e.lifted_power();
    p = fma(e.q, up, up);
  }
};

template <class T>
CHAINRULE_INLINE Vec<T> sigmoid(Vec<T> x) {
  const Logistic<T> l(min(Constants<T>::sigmoid_highest, x));
  return l.s / (l.s + l.p);
}

/// With t = tanh(|x|/2) = a/2q, a = |x|·P(x²), q = Q(x²): 2t/(1 + t²) = aq/(aq + (q - a/2)²), which never exceeds 1. Where
/// tanh nears 1 errors of t hardly count, so the rational approximation is short (weighted error 7e-9). P and Q share
/// a factor that keeps q and the denominator just below 1 for small x, where they round twice as finely.
CHAINRULE_INLINE Vec<float> tanh(Vec<float> x) {
  const Vec<float> c = min(9.02f, abs(x)), z = c * c;
  const Vec<float> a = c * polynomial(z, 0.935f, 2.7832999e-02f, 1.06716318e-04f);
  const Vec<float> q = polynomial(z, 0.935f, 1.05749622e-01f, 1.12755795e-03f, 1.14698184e-06f);
  const Vec<float> m = a * q, d = fnma(a, 0.5f, q);
  return copysign(m / fma(d, d, m), x);
}
/// With e = e^(-2|x|) - 1: -e/(2 + e), the sign copied.
CHAINRULE_INLINE Vec<double> tanh(Vec<double> x) {
  const Vec<double> a = minus_abs(x), e = expm1_nonpositive(a + a);
  return copysign(e / (2.0 + e), x);
}

/// (2·atanh(s) - 2s)/s³ as a polynomial in z = s², for s <= (√2-1)/(√2+1); error of the logarithm: 3e-10, 5e-18.
CHAINRULE_INLINE Vec<float> log_polynomial(Vec<float> z) {
  return polynomial(z, 6.666667e-01f, 4.0000123e-01f, 2.855078e-01f, 2.3331614e-01f);
}
CHAINRULE_INLINE Vec<double> log_polynomial(Vec<double> z) {
  return polynomial(z, 0.666666666666667, 0.3999999999989889, 0.28571428628253836, 0.22222211089379496,
                    0.1818289243253687, 0.15331611722055008, 0.14617807153417325);
}
/// The same for s <= 1/3; error of the logarithm: 1.1e-9, 7e-18.
CHAINRULE_INLINE Vec<float> wide_log_polynomial(Vec<float> z) {
  return polynomial(z, 6.666667e-01f, 3.9999706e-01f, 2.8592426e-01f, 2.1705428e-01f, 2.3230256e-01f);
}
CHAINRULE_INLINE Vec<double> wide_log_polynomial(Vec<double> z) {
  return polynomial(z, 0.6666666666666666, 0.40000000000014724, 0.28571428567071666, 0.22222222721178223,
                    0.18181789247591537, 0.15385575355515838, 0.13314057480122862, 0.12001897520703772,
                    0.08796527026674057, 0.16172973765164872);
}

/// log(1 + e) for 0 <= e <= 1, no reduction: with s = e/(2+e), h = e²/2: e - (h - s·(h + R(s²))). The small e that are
/// their own result keep out of the squares, which would underflow.
template <class T>
CHAINRULE_INLINE Vec<T> log1p_unit(Vec<T> e) {
  const Vec<T> f = keep(above(e, Vec<T>(T(0x1p-60))), e);
  const Vec<T> s = f / (2.0 + f), h = 0.5 * f * f, z = s * s;
  return e - fnma(s, fma(z, wide_log_polynomial(z), h), h);
}

/// log(u) + k0·ln2 + c for normal u > 0 and c small beside it: u = 2^k·m with m in [√½, √2), f = m - 1.
template <class T>
CHAINRULE_INLINE Vec<T> log_normal(Vec<T> u, Vec<T> k0, Vec<T> c) {
  using F = Format<T>;
  using C = Constants<T>;
  constexpr T whole = F::magic / T(1.5);  // 2^mantissa: its low bits take a whole number
  const Vec<T> one(T(1)), half_root(C::sqrt_half);
  const Vec<T> shifted = add_bits(u, sub_bits(one, half_root));  // its exponent is k + bias
  const Vec<T> k = add_bits(whole, shift_right<F::mantissa>(shifted)) - (whole + T(F::bias)) + k0;
  const Vec<T> f = add_bits(andnot(C::infinity, shifted), half_root) - one;
  const Vec<T> s = f / (2.0 + f), z = s * s, h = 0.5 * f * f;
  const Vec<T> low = fma(k, C::ln2_low, c);
  return fma(k, C::ln2_high, f - (h - fma(s, fma(z, log_polynomial(z), h), low)));
}

template <class T>
CHAINRULE_INLINE Vec<T> log(Vec<T> x) {
  using C = Constants<T>;
  constexpr int up = Format<T>::mantissa + 1;  // lifts subnormal numbers
  const Vec<T> zero(T(0));
  const Mask<T> small = x < C::smallest_normal;
  const Vec<T> lifted = select(small, x * double(uint64_t(1) << up), x);
  const Vec<T> y = log_normal(lifted, select(small, -double(up), zero), zero);
  const Vec<T> outside = select(x == zero, -C::infinity, select(x < zero, C::nan, x));
  return select((x > zero) & (x < C::infinity), y, outside);
}

/// log(1 + x) = log(u) + c/u, where u + c = 1 + x exactly.
template <class T>
CHAINRULE_INLINE Vec<T> log1p(Vec<T> x) {
  using C = Constants<T>;
  const Vec<T> one(T(1)), zero(T(0)), minus_one(T(-1));
  const Vec<T> u = one + x, d = u - one;
  const Vec<T> c = ((one - (u - d)) + (x - d)) / u;
  const Vec<T> y = copysign(log_normal(u, zero, c), x);
  const Vec<T> outside = select(x == minus_one, -C::infinity, select(x < minus_one, C::nan, x));
  return select((x > minus_one) & (x < C::infinity), y, outside);
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
