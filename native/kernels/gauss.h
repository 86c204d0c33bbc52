// What GELU and SiLU need: tails that stay accurate down to the smallest subnormal number.
#pragma once
#include "math.h"

namespace chainrule {
namespace CHAINRULE_ISA {

/// e^(a²/2)·Φ(-a) for a >= 0, Φ the normal distribution (half of erfcx(a/√2)). float: a polynomial in 1/(1 + 0.3a),
/// error 1.2e-7 up to a = 14.6; double: w·S(1 - 10w), w = 1/(a + 5), error 1.4e-16 up to a = 39.
CHAINRULE_INLINE Vec<float> scaled_normal_tail(Vec<float> a) {
  const Vec<float> t = Vec<float>(1.0f) / fma(a, Vec<float>(0.3f), Vec<float>(1.0f));
  return polynomial(t, 5.4773773e-06f, 1.19522125e-01f, 1.2163108e-01f, 9.599322e-02f, 1.3903168e-01f, -7.081506e-02f,
                    2.2315575e-01f, -1.662556e-01f, 3.7731335e-02f);
}
CHAINRULE_INLINE Vec<double> scaled_normal_tail(Vec<double> a) {
  const Vec<double> w = Vec<double>(1.0) / (a + Vec<double>(5.0));
  const Vec<double> u = fnma(w, Vec<double>(10.0), Vec<double>(1.0));
  return w * polynomial(u, 0.769193049750063, -0.6653825028900567, 0.49530561596997413, -0.3135331566712971,
                        0.1650203661705007, -0.06911863870647982, 0.020795066797569855, -0.002993376769094473,
                        -0.0007978693748911934, 0.000544899062695852, -5.937586616736071e-05, -4.9762853165030135e-05,
                        1.668170360977268e-05, 3.981182741532577e-06, -2.7703209441469523e-06, -3.374965203524632e-07,
                        4.3443907263764586e-07, 4.375841598285575e-08, -6.667529339227571e-08, -1.0618274174239376e-08,
                        7.630410417873182e-09, 2.224938767716443e-09);
}

/// The two factors of Φ(-a), a = |x| cut off where a·Φ(-a) is 0: R = e^(a²/2)·Φ(-a) and e^(-a²/2), where the rounding
/// error of a² goes into the exponential (it would cost a²/2 ULP).
template <class T> struct NormalTail {
  Vec<T> a, r;
  Exponential<T> e;
};
template <class T>
CHAINRULE_INLINE NormalTail<T> normal_tail(Vec<T> x) {
  const Vec<T> a = min(sizeof(T) == 4 ? 14.5 : 38.8, abs(x));
  const Vec<T> h = a * a, low = exact_error(a, a, h);
  const Vec<T> lowest = Constants<T>::exp_lowest;
  return {a, scaled_normal_tail(a), split_exp<1>(h * -0.5, lowest, [=](Vec<T> r) CHAINRULE_INLINE_LAMBDA { return fma(low, -0.5, r); })};
}

/// x·σ(v) = (x/(2^n + e^-r))·2^n from e^v = 2^n·e^r, where v has x's sign and adjust is split_exp's. The power is
/// multiplied last, so that there is one rounding where the result is subnormal.
template <class T, class Adjust>
CHAINRULE_INLINE Vec<T> times_sigmoid(Vec<T> x, Vec<T> v, Adjust adjust) {
  using C = Constants<T>;
  const Vec<T> lowest = T(1.1) * C::exp_lowest;  // there x·e^x is 0 too
  const Exponential<T> e = split_exp<-1>(min(C::sigmoid_highest, v), lowest, adjust);
  const Vec<T> d = fma(e.lifted_power(), Exponential<T>::down, 1.0 + e.q);
  return e.scale(max(lowest + lowest, x) / d, x, C::sigmoid_highest);
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
