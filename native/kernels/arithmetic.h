// Elementwise arithmetic of one input: the gates that expressions are made of. x is the input, y the output.
#pragma once
#include "math.h"
#include "unary.h"

namespace chainrule {
namespace CHAINRULE_ISA {

/// f of each lane, by the C library in double: for functions too rare for a vector version of their own.
template <class T, class F>
CHAINRULE_INLINE Vec<T> lane_by_lane(Vec<T> x, F f) {
  T lane[Vec<T>::lanes];
  x.store(lane);
  for (T& v : lane) v = static_cast<T>(f(static_cast<double>(v)));
  return Vec<T>::load(lane);
}

/// -x; -1
struct Negate {
  static constexpr UnaryInfo info{"negate", Keeps::nothing, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> x, Parameters<T>) { return -x; }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T>, Parameters<T>) { return -1.0; }
};

/// e^x; e^x = y
struct Exp {
  static constexpr UnaryInfo info{"exp", Keeps::output, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> x, Parameters<T>) { return exp(x); }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> y, Parameters<T>) { return y; }
};

/// e^x - 1; e^x = y + 1
struct Expm1 {
  static constexpr UnaryInfo info{"expm1", Keeps::output, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> x, Parameters<T>) { return expm1(x); }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> y, Parameters<T>) { return y + 1.0; }
};

/// log x; 1/x
struct Log {
  static constexpr UnaryInfo info{"log", Keeps::input, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> x, Parameters<T>) { return log(x); }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> x, Parameters<T>) { return 1.0 / x; }
};

/// log(1 + x); 1/(1 + x)
struct Log1p {
  static constexpr UnaryInfo info{"log1p", Keeps::input, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> x, Parameters<T>) { return log1p(x); }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> x, Parameters<T>) { return 1.0 / (1.0 + x); }
};

/// 1/x; -1/x² = -y²
struct Reciprocal {
  static constexpr UnaryInfo info{"reciprocal", Keeps::output, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> x, Parameters<T>) { return 1.0 / x; }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> y, Parameters<T>) { return -(y * y); }
};

/// √x; 1/(2√x) = 1/(2y)
struct Sqrt {
  static constexpr UnaryInfo info{"sqrt", Keeps::output, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> x, Parameters<T>) { return sqrt(x); }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> y, Parameters<T>) { return 0.5 / y; }
};

/// x²; 2x
struct Square {
  static constexpr UnaryInfo info{"square", Keeps::input, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> x, Parameters<T>) { return x * x; }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> x, Parameters<T>) { return x + x; }
};

/// |x|; the sign of x, 0 at 0
struct Abs {
  static constexpr UnaryInfo info{"abs", Keeps::input, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> x, Parameters<T>) { return abs(x); }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> x, Parameters<T>) {
    return select(x == 0.0, 0.0, copysign(1.0, x));
  }
};

/// a·x; a
struct Scale {
  static constexpr UnaryInfo info{"scale", Keeps::nothing, 1};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> x, Parameters<T> p) { return p[0] * x; }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T>, Parameters<T> p) { return p[0]; }
};

/// x between two bounds, which count as inside; 1 inside, else 0
struct Clip {
  static constexpr UnaryInfo info{"clip", Keeps::input, 2};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> x, Parameters<T> p) { return min(p[1], max(p[0], x)); }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> x, Parameters<T> p) { return select((x >= p[0]) & (x <= p[1]), 1.0, 0.0); }
};

/// c + x; 1
struct AddConstant {
  static constexpr UnaryInfo info{"addConstant", Keeps::nothing, 1};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> x, Parameters<T> p) { return p[0] + x; }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T>, Parameters<T>) { return 1.0; }
};

/// x^p; p·x^(p-1), 0 everywhere for p = 0
struct Power {
  static constexpr UnaryInfo info{"power", Keeps::input, 1};
  template <class T> CHAINRULE_INLINE static Vec<T> raise(Vec<T> x, double p) {
    if (p == 1.0) return x;
    if (p == 2.0) return x * x;
    if (p == 3.0) return x * x * x;
    return lane_by_lane(x, [p](double v) { return __builtin_pow(v, p); });
  }
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> x, Parameters<T> p) { return raise(x, p.values[0]); }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> x, Parameters<T> p) {
    return p.values[0] == 0.0 ? 0.0 : p[0] * raise(x, p.values[0] - 1.0);
  }
};

/// sin x; cos x
struct Sin {
  static constexpr UnaryInfo info{"sin", Keeps::input, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> x, Parameters<T>) {
    return lane_by_lane(x, [](double v) { return __builtin_sin(v); });
  }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> x, Parameters<T>) {
    return lane_by_lane(x, [](double v) { return __builtin_cos(v); });
  }
};

/// cos x; -sin x
struct Cos {
  static constexpr UnaryInfo info{"cos", Keeps::input, 0};
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> x, Parameters<T> p) { return Sin::df(x, p); }
  template <class T> CHAINRULE_INLINE static Vec<T> df(Vec<T> x, Parameters<T> p) { return -Sin::f(x, p); }
};

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
