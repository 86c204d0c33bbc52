// Activation gates. Each op is its formula and its derivative; z is the input, y the output, σ the sigmoid.
// Limits hold at ±inf (GELU, SiLU and Mish of -inf are -0), NaN stays NaN, and tails are accurate down to subnormals.
#pragma once
#include "gauss.h"
#include "unary.h"

namespace chainrule {
namespace CHAINRULE_ISA {

struct Identity {
  static constexpr UnaryInfo info{"identity", Keeps::nothing, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> z, Parameters<T>) { return z; }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T>, Parameters<T>) { return 1.0; }
};

/// σ = 1/(1 + e^-z); σ' = e^-z/(1 + e^-z)² = σ(1 - σ)
struct Sigmoid {
  static constexpr UnaryInfo info{"sigmoid", Keeps::output, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> z, Parameters<T>) { return sigmoid(z); }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> y, Parameters<T>) { return y * (1.0 - y); }
};

/// tanh' = 1/cosh² = 1 - tanh²
struct Tanh {
  static constexpr UnaryInfo info{"tanh", Keeps::output, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> z, Parameters<T>) { return tanh(z); }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> y, Parameters<T>) { return fnma(y, y, 1.0); }
};

/// clip(z, -1, 1); 1 strictly inside, where y = z, 0 outside
struct HardTanh {
  static constexpr UnaryInfo info{"hardTanh", Keeps::output, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> z, Parameters<T>) { return min(1.0, max(-1.0, z)); }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> y, Parameters<T>) { return select(abs(y) < 1.0, 1.0, 0.0); }
};

/// max(0, z), +0 for -0; 1[z > 0] = 1[y > 0], 0 at 0
struct Relu {
  static constexpr UnaryInfo info{"relu", Keeps::output, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> z, Parameters<T>) {
    return select(z <= 0.0, 0.0, z);
  }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> y, Parameters<T>) { return select(y > 0.0, 1.0, 0.0); }
};

/// max(0, z) + α·min(0, z); 1 for z > 0, else α
struct LeakyRelu {
  static constexpr UnaryInfo info{"leakyRelu", Keeps::input, 1};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> z, Parameters<T> p) { return select(z > 0.0, z, p[0] * z); }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> z, Parameters<T> p) {
    return select(z > 0.0, 1.0, p[0]);
  }
};

/// z for z >= 0, else α(e^z - 1); 1 or α·e^z (from z, so that it holds for every α)
struct Elu {
  static constexpr UnaryInfo info{"elu", Keeps::input, 1};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> z, Parameters<T> p) {
    return select(z >= 0.0, z, p[0] * expm1_nonpositive(z));
  }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> z, Parameters<T> p) {
    return select(z >= 0.0, 1.0, p[0] * exp_nonpositive(z));
  }
};

/// clip(z, 0, 6); 1 strictly inside, where y = z
struct Relu6 {
  static constexpr UnaryInfo info{"relu6", Keeps::output, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> z, Parameters<T>) {
    return min(6.0, select(z <= 0.0, 0.0, z));
  }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> y, Parameters<T>) {
    return select((y > 0.0) & (y < 6.0), 1.0, 0.0);
  }
};

/// λz for z > 0, else λα(e^z - 1) (Klambauer et al. 2017); λ, or λα·e^z = y + λα
struct Selu {
  static constexpr UnaryInfo info{"selu", Keeps::output, 0};
  static constexpr double lambda = 1.0507009873554804934193349852946, lambda_alpha = lambda * 1.6732632423543772848170429916717;
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> z, Parameters<T>) {
    return select(z > 0.0, lambda * z, lambda_alpha * copysign(expm1_nonpositive(z), z));
  }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> y, Parameters<T>) {
    return select(y > 0.0, lambda, y + lambda_alpha);
  }
};

/// log(1 + e^z) = max(z, 0) + log(1 + e^-|z|); e^z/(1 + e^z) = σ(z)
struct Softplus {
  static constexpr UnaryInfo info{"softplus", Keeps::input, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> z, Parameters<T>) {
    return max(0.0, z) + log1p_unit(exp_nonpositive(minus_abs(z)));
  }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> z, Parameters<T>) { return sigmoid(z); }
};

/// z/(1 + |z|); ((1 + |z|) - |z|)/(1 + |z|)² = 1/(1 + |z|)²
struct Softsign {
  static constexpr UnaryInfo info{"softsign", Keeps::input, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> z, Parameters<T>) {
    const Vec<T> a = min(Constants<T>::largest, abs(z));
    return copysign(a / (1.0 + a), z);
  }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> z, Parameters<T>) {
    const Vec<T> r = 1.0 / (1.0 + abs(z));
    return r * r;
  }
};

/// z·Φ(z) = max(z, 0) - |z|·Φ(-|z|) (Hendrycks & Gimpel 2016); Φ + z·φ, with Φ(-|z|) = R·e^(-z²/2), φ = e^(-z²/2)/√(2π)
struct Gelu {
  static constexpr UnaryInfo info{"gelu", Keeps::input, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> z, Parameters<T>) {
    const NormalTail<T> t = normal_tail(z);
    const Vec<T> tail = t.e.scale_down(t.a * (t.r * (1.0 + t.e.q)));
    return max(-0.0, z) - tail;
  }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> z, Parameters<T>) {
    const NormalTail<T> t = normal_tail(z);
    const Vec<T> e = t.e.scale_down(1.0 + t.e.q), q = t.r * e;
    const Vec<T> d = fnma(t.a * 0.3989422804014326779, e, q);  // Φ' of the negative side: Φ(-a) - a·φ
    return select(z < 0.0, d, 1.0 - d);
  }
};

/// z/2·(1 + tanh(√(2/π)(z + 0.044715 z³))) = z·σ(v), v = c0·z + c1·z³; σ(v) + z·σ(v)σ(-v)·v', v' = c0 + 3c1·z²
struct GeluTanh {
  static constexpr UnaryInfo info{"geluTanh", Keeps::input, 0};
  static constexpr double c0 = 1.5957691216057308, c0_low = -9.96930880911092e-17;    // 2√(2/π), and what is cut off
  static constexpr double c1 = 0.07135481627260025, c1_low = -6.175149918155315e-19;  // 0.044715·c0
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> z, Parameters<T>) {
    // v with twice the digits: s + s_low = c0 + c1·x², its error otherwise multiplies by |v| up to 750
    const Vec<T> limit = sizeof(T) == 4 ? 11.1 : 22.3, x = min(limit, max(-limit, z));
    const Vec<T> k0 = T(c0), k1 = T(c1), k0_low = T(c0 - T(c0) + c0_low), k1_low = T(c1 - T(c1) + c1_low);
    const Vec<T> x2 = x * x, x2_low = exact_error(x, x, x2);
    const Vec<T> p = k1 * x2, p_low = exact_error(k1, x2, p) + fma(k1, x2_low, k1_low * x2);
    const Vec<T> s = k0 + p, d = s - k0;
    const Vec<T> s_low = ((k0 - (s - d)) + (p - d)) + (p_low + k0_low);
    const Vec<T> v = x * s;
    const Vec<T> v_low = fma(x, s_low, exact_error(x, s, v));
    return times_sigmoid(z, v, [=](Vec<T> r) CHAINRULE_INLINE_LAMBDA { return r + v_low; });
  }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> z, Parameters<T>) {
    const Vec<T> limit = sizeof(T) == 4 ? 11.1 : 22.3, x = min(limit, max(-limit, z)), x2 = x * x;
    const Logistic<T> l(min(Constants<T>::sigmoid_highest, x * fma(c1, x2, c0)));
    const Vec<T> r = 1.0 / (l.s + l.p), s = l.s * r;
    return fma(x * (s * (l.p * r)), fma(x2, 3.0 * c1, c0), s);
  }
};

/// z·σ(z); σ + zσ(1 - σ)
struct Silu {
  static constexpr UnaryInfo info{"silu", Keeps::input, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> z, Parameters<T>) {
    return times_sigmoid(z, z, [](Vec<T> r) CHAINRULE_INLINE_LAMBDA { return r; });
  }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> z, Parameters<T>) {
    const Vec<T> x = min(Constants<T>::sigmoid_highest, max(Constants<T>::exp_lowest, z));
    const Logistic<T> l(x);
    const Vec<T> r = 1.0 / (l.s + l.p), s = l.s * r;
    return fma(x * s, l.p * r, s);
  }
};

/// z·tanh(log(1 + e^z)) = z·w/d, w = e(e + 2), d = w + 2, e = e^z (Misra 2019);
/// w/d + z·(1 - w²/d²)·σ(z) = e/d·(e + 2 + 4z(1 + e)/d)
struct Mish {
  static constexpr UnaryInfo info{"mish", Keeps::input, 0};
  template <class T> static constexpr T highest = sizeof(T) == 4 ? T(12) : T(23);  // beyond: z, and 1
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> z, Parameters<T>) {  // e = (1 + q)·2^n, its power multiplied last
    const Vec<T> lowest = T(1.1) * Constants<T>::exp_lowest;
    const Exponential<T> x = split_exp<1>(min(highest<T>, z), lowest);
    const Vec<T> p = 1.0 + x.q, e = x.scale_down(p), u = e + 2.0;
    return x.scale(max(lowest + lowest, z) * (p * u / fma(e, u, 2.0)), z, highest<T>);
  }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> z, Parameters<T>) {
    const Vec<T> x = min(highest<T>, max(Constants<T>::exp_lowest, z)), one = 1.0;
    const Vec<T> e = exp_nonpositive(x), u = e + 2.0, r = one / fma(e, u, 2.0);
    return e * r * fma(4.0 * x * (one + e), r, u);
  }
};

/// clip(z/6 + 1/2, 0, 1) = clip(z + 3, 0, 6)/6; 1/6 strictly inside. 6·(1/6) rounds to 1 in both types.
struct HardSigmoid {
  static constexpr UnaryInfo info{"hardSigmoid", Keeps::output, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> z, Parameters<T>) {
    return min(6.0, max(0.0, z + 3.0)) * (1.0 / 6.0);
  }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> y, Parameters<T>) {
    return select((y > 0.0) & (y < 1.0), 1.0 / 6.0, 0.0);
  }
};

/// z·clip(z + 3, 0, 6)/6 (Howard et al. 2019); 0 for z <= -3, 1 for z >= 3, else (2z + 3)/6
struct HardSwish {
  static constexpr UnaryInfo info{"hardSwish", Keeps::input, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> z, Parameters<T> p) {
    return max(-3.0, z) * HardSigmoid::f(z, p);
  }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> z, Parameters<T>) {
    const Vec<T> three = 3.0, inside = fma(z, 1.0 / 3.0, 0.5);
    return select(z <= -three, 0.0, select(z >= three, 1.0, inside));
  }
};

/// log σ(z) = -(max(-z, 0) + log(1 + e^-|z|)); 1 - σ(z) = σ(-z)
struct LogSigmoid {
  static constexpr UnaryInfo info{"logSigmoid", Keeps::input, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> z, Parameters<T>) {
    return -(max(0.0, -z) + log1p_unit(exp_nonpositive(minus_abs(z))));
  }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> z, Parameters<T>) { return sigmoid(-z); }
};

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
