// Optimizer steps: one pass over the flat vectors of parameters, gradients and state. A rule says how one vector of elements
// moves; the numbers that a step needs once (ops/optimize.cc) come to it as coefficients.
#include "loops.h"
#include "table.h"

namespace chainrule {
namespace CHAINRULE_ISA {

/// A rule's coefficients, each in every lane.
template <class T> struct Coefficients {
  const OptimizerStep& step;
  CHAINRULE_INLINE Vec<T> operator[](int i) const { return Vec<T>(static_cast<T>(step.coefficients[i])); }
  CHAINRULE_INLINE bool flag(int i) const { return step.coefficients[i] != 0.0; }
};

/// The state vectors of a pass.
template <class T> struct States { T *s0, *s1, *s2; };

/// -1, 0 or 1; 0 for NaN, as torch.sign
template <class T>
CHAINRULE_INLINE Vec<T> direction(Vec<T> x) { return select(x > 0.0, Vec<T>(T(1)), select(x < 0.0, Vec<T>(T(-1)), Vec<T>(T(0)))); }
/// The larger, NaN where either is.
template <class T>
CHAINRULE_INLINE Vec<T> larger(Vec<T> a, Vec<T> b) { return select((a > b) | (a != a), a, b); }

// Each rule: move(access, p, g, states) stores the new state and returns the new parameters. η, μ, β … as in the papers.

/// p -= η·g
template <class T> struct Sgd {
  Vec<T> rate;
  CHAINRULE_INLINE Sgd(Coefficients<T> c, const States<T>&) : rate(c[0]) {}
  template <class At> CHAINRULE_INLINE Vec<T> move(At, Vec<T> p, Vec<T> g, const States<T>&) const { return fnma(rate, g, p); }
};

/// v = μ·v + (1 - dampening)·g (v = g at first); p -= η·v, or η·(g + μ·v) (Nesterov)
template <class T, bool nesterov, bool first> struct MomentumRule {
  Vec<T> rate, mu, fresh;
  CHAINRULE_INLINE MomentumRule(Coefficients<T> c, const States<T>&) : rate(c[0]), mu(c[1]), fresh(c[2]) {}
  template <class At> CHAINRULE_INLINE Vec<T> move(At at, Vec<T> p, Vec<T> g, const States<T>& s) const {
    const Vec<T> v = first ? g : fma(mu, at.load(s.s0), fresh * g);
    at.store(s.s0, v);
    return fnma(rate, nesterov ? fma(mu, v, g) : v, p);
  }
};
template <class T> using Momentum = MomentumRule<T, false, false>;
template <class T> using FirstMomentum = MomentumRule<T, false, true>;
template <class T> using Nesterov = MomentumRule<T, true, false>;
template <class T> using FirstNesterov = MomentumRule<T, true, true>;

/// m = β1·m + (1 - β1)·g
template <class T> struct Average {
  Vec<T> old, fresh;
  template <class At> CHAINRULE_INLINE Vec<T> update(At at, T* state, Vec<T> g) const {
    const Vec<T> m = fma(old, at.load(state), fresh * g);
    at.store(state, m);
    return m;
  }
};

/// m and v are averages of g and g²; p -= η/(1 - β1^t)·m/(√v·r + ε) with r = 1/√(1 - β2^t). AMSGrad: the largest v so far in v's place.
template <class T, bool amsgrad> struct AdamRule {
  Average<T> first, second;
  Vec<T> rate, root, epsilon;
  CHAINRULE_INLINE AdamRule(Coefficients<T> c, const States<T>&) : first{c[0], c[1]}, second{c[2], c[3]}, rate(c[4]), root(c[5]), epsilon(c[6]) {}
  template <class At> CHAINRULE_INLINE Vec<T> move(At at, Vec<T> p, Vec<T> g, const States<T>& s) const {
    const Vec<T> m = first.update(at, s.s0, g);
    Vec<T> v = second.update(at, s.s1, g * g);
    if constexpr (amsgrad) {
      v = larger(at.load(s.s2), v);
      at.store(s.s2, v);
    }
    return p - rate * m / fma(near_sqrt(v), root, epsilon);
  }
};
template <class T> using Adam = AdamRule<T, false>;
template <class T> using AmsGrad = AdamRule<T, true>;

/// p -= (a·g + b·m)/(√(v/(1 - β2^t)) + ε), a and b from Nesterov's schedule of momentum (Dozat 2016)
template <class T> struct NAdam {
  Average<T> first, second;
  Vec<T> a, b, correction, epsilon;
  CHAINRULE_INLINE NAdam(Coefficients<T> c, const States<T>&) : first{c[0], c[1]}, second{c[2], c[3]}, a(c[4]), b(c[5]), correction(c[6]), epsilon(c[7]) {}
  template <class At> CHAINRULE_INLINE Vec<T> move(At at, Vec<T> p, Vec<T> g, const States<T>& s) const {
    const Vec<T> m = first.update(at, s.s0, g), v = second.update(at, s.s1, g * g);
    return p - fma(a, g, b * m) / (sqrt(v / correction) + epsilon);
  }
};

/// p -= a·m/(√v + ε), or a·m while the variance of the step is not tractable (Liu et al. 2020)
template <class T> struct RAdam {
  Average<T> first, second;
  Vec<T> a, epsilon;
  bool rectified;
  CHAINRULE_INLINE RAdam(Coefficients<T> c, const States<T>&) : first{c[0], c[1]}, second{c[2], c[3]}, a(c[4]), epsilon(c[5]), rectified(c.flag(6)) {}
  template <class At> CHAINRULE_INLINE Vec<T> move(At at, Vec<T> p, Vec<T> g, const States<T>& s) const {
    const Vec<T> m = first.update(at, s.s0, g), v = second.update(at, s.s1, g * g);
    return p - (rectified ? a * m / (sqrt(v) + epsilon) : a * m);
  }
};

/// u = max(β2·u, |g| + ε); p -= η/(1 - β1^t)·m/u
template <class T> struct Adamax {
  Average<T> first;
  Vec<T> rate, b2, epsilon;
  CHAINRULE_INLINE Adamax(Coefficients<T> c, const States<T>&) : first{c[0], c[1]}, rate(c[2]), b2(c[3]), epsilon(c[4]) {}
  template <class At> CHAINRULE_INLINE Vec<T> move(At at, Vec<T> p, Vec<T> g, const States<T>& s) const {
    const Vec<T> m = first.update(at, s.s0, g), u = larger(b2 * at.load(s.s1), abs(g) + epsilon);
    at.store(s.s1, u);
    return p - rate * m / u;
  }
};

/// v is the average of g² with α, a that of g (centred); d = g/(√(v - a²) + ε); p -= η·d, or η·b with b = μ·b + d.
template <class T> struct RmsProp {
  Average<T> squares;
  Vec<T> rate, epsilon, mu;
  bool momentum, centered;
  CHAINRULE_INLINE RmsProp(Coefficients<T> c, const States<T>& s)
      : squares{c[0], c[1]}, rate(c[2]), epsilon(c[3]), mu(c[4]), momentum(s.s1 != nullptr), centered(s.s2 != nullptr) {}
  template <class At> CHAINRULE_INLINE Vec<T> move(At at, Vec<T> p, Vec<T> g, const States<T>& s) const {
    Vec<T> v = squares.update(at, s.s0, g * g);
    if (centered) {
      const Vec<T> a = squares.update(at, s.s2, g);
      v = max(0.0, fnma(a, a, v));  // rounding may leave less than 0
    }
    Vec<T> d = g / (sqrt(v) + epsilon);
    if (momentum) {
      d = fma(mu, at.load(s.s1), d);
      at.store(s.s1, d);
    }
    return fnma(rate, d, p);
  }
};

/// v += g²; p -= η/(1 + (t - 1)·decay)·g/(√v + ε)
template <class T> struct Adagrad {
  Vec<T> rate, epsilon;
  CHAINRULE_INLINE Adagrad(Coefficients<T> c, const States<T>&) : rate(c[0]), epsilon(c[1]) {}
  template <class At> CHAINRULE_INLINE Vec<T> move(At at, Vec<T> p, Vec<T> g, const States<T>& s) const {
    const Vec<T> v = fma(g, g, at.load(s.s0));
    at.store(s.s0, v);
    return p - rate * g / (sqrt(v) + epsilon);
  }
};

/// v is the average of g² with ρ, u that of the steps d²: d = √(u + ε)/√(v + ε)·g; p -= η·d
template <class T> struct Adadelta {
  Average<T> average;
  Vec<T> rate, epsilon;
  CHAINRULE_INLINE Adadelta(Coefficients<T> c, const States<T>&) : average{c[0], c[1]}, rate(c[2]), epsilon(c[3]) {}
  template <class At> CHAINRULE_INLINE Vec<T> move(At at, Vec<T> p, Vec<T> g, const States<T>& s) const {
    const Vec<T> v = average.update(at, s.s0, g * g), d = sqrt((at.load(s.s1) + epsilon) / (v + epsilon)) * g;
    average.update(at, s.s1, d * d);
    return fnma(rate, d, p);
  }
};

/// Where g keeps its sign the step s grows by η+, where it turns it shrinks by η- and g counts as 0; p -= s·sign(g).
/// The first step is of length η; s stays within [low, high].
template <class T> struct Rprop {
  Vec<T> rate, shrink, grow, low, high;
  bool begin;
  CHAINRULE_INLINE Rprop(Coefficients<T> c, const States<T>&) : rate(c[0]), shrink(c[1]), grow(c[2]), low(c[3]), high(c[4]), begin(c.flag(5)) {}
  template <class At> CHAINRULE_INLINE Vec<T> move(At at, Vec<T> p, Vec<T> g, const States<T>& s) const {
    const Vec<T> zero(T(0)), turned = begin ? zero : g * at.load(s.s0), old = begin ? rate : at.load(s.s1);
    const Vec<T> size = min(high, max(low, old * select(turned > zero, grow, select(turned < zero, shrink, Vec<T>(T(1))))));
    const Vec<T> kept = select(turned < zero, zero, g);
    at.store(s.s0, kept);
    at.store(s.s1, size);
    return fnma(direction(kept), size, p);
  }
};

/// p -= η·sign(β1·m + (1 - β1)·g), then m = β2·m + (1 - β2)·g (Chen et al. 2023)
template <class T> struct Lion {
  Vec<T> b1, fresh;
  Average<T> second;
  Vec<T> rate;
  CHAINRULE_INLINE Lion(Coefficients<T> c, const States<T>&) : b1(c[0]), fresh(c[1]), second{c[2], c[3]}, rate(c[4]) {}
  template <class At> CHAINRULE_INLINE Vec<T> move(At at, Vec<T> p, Vec<T> g, const States<T>& s) const {
    const Vec<T> way = direction(fma(b1, at.load(s.s0), fresh * g));
    second.update(at, s.s0, g);
    return fnma(rate, way, p);
  }
};

/// What all rules share comes first, unless a step is plain: g += l1·sign(p) + λ·p, and p shrinks by η·λ where decay is decoupled.
template <template <class> class Rule, bool plain, class T>
CHAINRULE_INLINE void sweep(size_t rows, size_t columns, size_t stride, T* parameters, const T* gradient, size_t gradient_stride, States<T> states,
                            const OptimizerStep* step) {
  const Rule<T> rule(Coefficients<T>{*step}, states);
  const Vec<T> l1(static_cast<T>(step->l1)), lambda(static_cast<T>(step->decay)), shrink(static_cast<T>(step->shrink));
  const bool penalty = !plain && step->l1 != 0.0, decay = !plain && step->decay != 0.0, shrinks = !plain && step->shrink != 1.0;
  for (size_t row = 0; row < rows; row++) {
    for_each_vector<T>(columns, [=](auto at) CHAINRULE_INLINE_LAMBDA {
      Vec<T> p = at.load(parameters), g = at.load(gradient);
      if (penalty) g = fma(l1, direction(p), g);
      if (decay) g = fma(lambda, p, g);
      if (shrinks) p = p * shrink;
      at.store(parameters, rule.move(at, p, g, states));
    });
    parameters += stride;
    gradient += gradient_stride;
    if (states.s0) states.s0 += stride;
    if (states.s1) states.s1 += stride;
    if (states.s2) states.s2 += stride;
  }
}

template <template <class> class Rule, class T>
static void optimize(size_t rows, size_t columns, size_t stride, T* parameters, const T* gradient, size_t gradient_stride, T* s0, T* s1, T* s2,
                     const OptimizerStep* step) {
  const States<T> states{s0, s1, s2};
  if (step->l1 == 0.0 && step->decay == 0.0 && step->shrink == 1.0) sweep<Rule, true>(rows, columns, stride, parameters, gradient, gradient_stride, states, step);
  else sweep<Rule, false>(rows, columns, stride, parameters, gradient, gradient_stride, states, step);
}

/// SGD in the form that its options ask for, so that nothing is asked for each vector.
template <class T>
static void sgd(size_t rows, size_t columns, size_t stride, T* parameters, const T* gradient, size_t gradient_stride, T* s0, T* s1, T* s2,
                const OptimizerStep* step) {
  const bool nesterov = step->coefficients[3] != 0.0, first = step->coefficients[4] != 0.0;
  const auto form = !s0 ? optimize<Sgd, T> : nesterov ? (first ? optimize<FirstNesterov, T> : optimize<Nesterov, T>) : (first ? optimize<FirstMomentum, T> : optimize<Momentum, T>);
  form(rows, columns, stride, parameters, gradient, gradient_stride, s0, s1, s2, step);
}

template <class T>
CHAINRULE_INLINE void fill_optimizers(Kernels<T>* k) {
  const auto set = [=](Optimizer rule, OptimizerKernel<T> kernel) { k->optimize[static_cast<int>(rule)] = kernel; };
  set(Optimizer::sgd, sgd<T>);
  set(Optimizer::adam, optimize<Adam, T>);
  set(Optimizer::adamw, optimize<Adam, T>);
  set(Optimizer::amsgrad, optimize<AmsGrad, T>);
  set(Optimizer::nadam, optimize<NAdam, T>);
  set(Optimizer::radam, optimize<RAdam, T>);
  set(Optimizer::adamax, optimize<Adamax, T>);
  set(Optimizer::rmsprop, optimize<RmsProp, T>);
  set(Optimizer::adagrad, optimize<Adagrad, T>);
  set(Optimizer::adadelta, optimize<Adadelta, T>);
  set(Optimizer::rprop, optimize<Rprop, T>);
  set(Optimizer::lion, optimize<Lion, T>);
}

void fill_optimizers(KernelTable* table) {
  fill_optimizers(&table->f32);
  fill_optimizers(&table->f64);
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
