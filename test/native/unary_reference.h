// The elementwise ops once more, plainly, for any precision R: what the kernels are held against.
// Each has f(x, p) and d(x, p), both as functions of the input; limits at ±inf where the formula gives NaN.
#pragma once
#include <cmath>
#include <limits>

namespace chainrule::test::reference {

/// Φ(-a) = erfc(z)/2 with z = a/√2; what rounding takes from z is made up for by erfc's derivative.
template <class R> R normal_tail(R a) {
  constexpr int digits = std::numeric_limits<R>::digits;
  constexpr R root_half = static_cast<R>(0.70710678118654752440084436210484903928L);
  constexpr R rest = digits == 53 ? R(-4.8336466567264565e-17L) : digits == 64 ? R(1.8950325588932571e-20L) : R(0);  // √½ - root_half
  const R z = a * root_half, dz = std::fma(a, root_half, -z) + a * rest;
  return (std::erfc(z) - static_cast<R>(1.1283791670955125738961589L) * std::exp(-z * z) * dz) / 2;
}
template <class R> R density(R x) { return std::exp(-x * x / 2) * static_cast<R>(0.39894228040143267793994605993438L); }
template <class R> R logistic(R x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
template <class R> R softplus(R x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }
template <class R> R clip(R x, R low, R high) { return x < low ? low : x > high ? high : x; }

struct identity {
  template <class R> static R f(R x, const double*) { return x; }
  template <class R> static R d(R, const double*) { return 1; }
};
struct sigmoid {
  template <class R> static R f(R x, const double*) { return logistic(x); }
  template <class R> static R d(R x, const double*) { return logistic(x) * logistic(-x); }
};
struct tanh {
  template <class R> static R f(R x, const double*) { return std::tanh(x); }
  template <class R> static R d(R x, const double*) { return 1 / (std::cosh(x) * std::cosh(x)); }
};
struct hardTanh {
  template <class R> static R f(R x, const double*) { return clip<R>(x, -1, 1); }
  template <class R> static R d(R x, const double*) { return x > -1 && x < 1; }
};
struct relu {
  template <class R> static R f(R x, const double*) { return x <= 0 ? 0 : x; }
  template <class R> static R d(R x, const double*) { return x > 0; }
};
struct leakyRelu {
  template <class R> static R f(R x, const double* p) { return x > 0 ? x : static_cast<R>(p[0]) * x; }
  template <class R> static R d(R x, const double* p) { return x > 0 ? 1 : static_cast<R>(p[0]); }
};
struct elu {
  template <class R> static R f(R x, const double* p) { return x >= 0 ? x : static_cast<R>(p[0]) * std::expm1(x); }
  template <class R> static R d(R x, const double* p) { return x >= 0 ? 1 : static_cast<R>(p[0]) * std::exp(x); }
};
struct relu6 {
  template <class R> static R f(R x, const double*) { return x <= 0 ? 0 : clip<R>(x, 0, 6); }
  template <class R> static R d(R x, const double*) { return x > 0 && x < 6; }
};
struct selu {
  static constexpr long double scale = 1.0507009873554804934193349852946L, alpha = 1.6732632423543772848170429916717L;
  template <class R> static R f(R x, const double*) { return static_cast<R>(scale) * (x > 0 ? x : static_cast<R>(alpha) * std::expm1(x)); }
  template <class R> static R d(R x, const double*) { return static_cast<R>(scale) * (x > 0 ? R(1) : static_cast<R>(alpha) * std::exp(x)); }
};
struct softplus_ {
  template <class R> static R f(R x, const double*) { return softplus(x); }
  template <class R> static R d(R x, const double*) { return logistic(x); }
};
struct softsign {
  template <class R> static R f(R x, const double*) { return std::isinf(x) ? std::copysign(R(1), x) : x / (1 + std::fabs(x)); }
  template <class R> static R d(R x, const double*) { return 1 / ((1 + std::fabs(x)) * (1 + std::fabs(x))); }
};
struct gelu {
  template <class R> static R f(R x, const double*) {
    if (std::isinf(x)) return x > 0 ? x : R(-0.0);
    return x <= 0 ? x * normal_tail(-x) : x - x * normal_tail(x);
  }
  template <class R> static R d(R x, const double*) { return std::isinf(x) ? R(x > 0) : normal_tail(-x) + x * density(x); }
};
struct geluTanh {
  static constexpr long double c0 = 1.5957691216057307117597842397375L, c1 = 0.044715L * c0;
  template <class R> static R argument(R x) { return x * (static_cast<R>(c0) + static_cast<R>(c1) * x * x); }
  template <class R> static R f(R x, const double*) { return std::isinf(x) && x < 0 ? R(-0.0) : x * logistic(argument(x)); }
  template <class R> static R d(R x, const double*) {
    if (std::fabs(x) > 50) return x > 0;
    const R v = argument(x);
    return logistic(v) + x * logistic(v) * logistic(-v) * (static_cast<R>(c0) + 3 * static_cast<R>(c1) * x * x);
  }
};
struct silu {
  template <class R> static R f(R x, const double*) { return std::isinf(x) && x < 0 ? R(-0.0) : x * logistic(x); }
  template <class R> static R d(R x, const double*) { return std::isinf(x) ? R(x > 0) : logistic(x) * (1 + x * logistic(-x)); }
};
struct mish {
  template <class R> static R f(R x, const double*) { return std::isinf(x) && x < 0 ? R(-0.0) : x * std::tanh(softplus(x)); }
  template <class R> static R d(R x, const double*) {
    if (std::isinf(x)) return x > 0;
    const R t = std::tanh(softplus(x)), c = std::cosh(softplus(x));
    return t + x * logistic(x) / (c * c);
  }
};
struct hardSigmoid {
  template <class R> static R f(R x, const double*) { return clip<R>(x + 3, 0, 6) / 6; }
  template <class R> static R d(R x, const double*) { return x > -3 && x < 3 ? R(1) / 6 : 0; }
};
struct hardSwish {
  template <class R> static R f(R x, const double*) { return x <= -3 ? R(-0.0) : x * (clip<R>(x + 3, 0, 6) / 6); }
  template <class R> static R d(R x, const double*) { return x <= -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6; }
};
struct logSigmoid {
  template <class R> static R f(R x, const double*) { return -softplus(-x); }
  template <class R> static R d(R x, const double*) { return logistic(-x); }
};
struct negate {
  template <class R> static R f(R x, const double*) { return -x; }
  template <class R> static R d(R, const double*) { return -1; }
};
struct exp {
  template <class R> static R f(R x, const double*) { return std::exp(x); }
  template <class R> static R d(R x, const double*) { return std::exp(x); }
};
struct expm1 {
  template <class R> static R f(R x, const double*) { return std::expm1(x); }
  template <class R> static R d(R x, const double*) { return std::exp(x); }
};
struct log {
  template <class R> static R f(R x, const double*) { return std::log(x); }
  template <class R> static R d(R x, const double*) { return 1 / x; }
};
struct log1p {
  template <class R> static R f(R x, const double*) { return std::log1p(x); }
  template <class R> static R d(R x, const double*) { return 1 / (1 + x); }
};
struct reciprocal {
  template <class R> static R f(R x, const double*) { return 1 / x; }
  template <class R> static R d(R x, const double*) { return -1 / (x * x); }
};
struct sqrt {
  template <class R> static R f(R x, const double*) { return std::sqrt(x); }
  template <class R> static R d(R x, const double*) { return 1 / (2 * std::sqrt(x)); }
};
struct square {
  template <class R> static R f(R x, const double*) { return x * x; }
  template <class R> static R d(R x, const double*) { return 2 * x; }
};
struct abs {
  template <class R> static R f(R x, const double*) { return std::fabs(x); }
  template <class R> static R d(R x, const double*) { return (x > 0) - (x < 0); }
};
struct scale {
  template <class R> static R f(R x, const double* p) { return static_cast<R>(p[0]) * x; }
  template <class R> static R d(R, const double* p) { return static_cast<R>(p[0]); }
};
struct addConstant {
  template <class R> static R f(R x, const double* p) { return static_cast<R>(p[0]) + x; }
  template <class R> static R d(R, const double*) { return 1; }
};
struct clip_ {
  template <class R> static R f(R x, const double* p) { return clip<R>(x, static_cast<R>(p[0]), static_cast<R>(p[1])); }
  template <class R> static R d(R x, const double* p) { return x >= static_cast<R>(p[0]) && x <= static_cast<R>(p[1]); }
};
struct power {
  template <class R> static R f(R x, const double* p) { return std::pow(x, static_cast<R>(p[0])); }
  template <class R> static R d(R x, const double* p) { return p[0] == 0 ? 0 : static_cast<R>(p[0]) * std::pow(x, static_cast<R>(p[0]) - 1); }
};
struct sin {
  template <class R> static R f(R x, const double*) { return std::sin(x); }
  template <class R> static R d(R x, const double*) { return std::cos(x); }
};
struct cos {
  template <class R> static R f(R x, const double*) { return std::cos(x); }
  template <class R> static R d(R x, const double*) { return -std::sin(x); }
};

}  // namespace chainrule::test::reference
