// Losses of single elements: value and derivative with respect to the prediction x, summed and written in one sweep.
#include "accumulate.h"
#include "math.h"
#include "table.h"

namespace chainrule {
namespace CHAINRULE_ISA {

/// What a loss says about one element: value·cofactor, and the derivative by x.
template <class T> struct Term { Vec<T> value, cofactor, slope; };

/// -1, 0 or 1; 0 for NaN
template <class T>
CHAINRULE_INLINE Vec<T> sign_of(Vec<T> x) { return select(x > 0.0, Vec<T>(T(1)), select(x < 0.0, Vec<T>(T(-1)), Vec<T>(T(0)))); }
/// x·y, 0 where y is 0 even if x is infinite
template <class T>
CHAINRULE_INLINE Vec<T> product_or_zero(Vec<T> x, Vec<T> y) { return select(y == 0.0, y, x * y); }

/// |x - t|; the sign of x - t, 0 at 0
template <class T> struct AbsoluteLoss {
  CHAINRULE_INLINE explicit AbsoluteLoss(double) {}
  CHAINRULE_INLINE Term<T> of(Vec<T> x, Vec<T> t) const { return {abs(x - t), 1.0, sign_of(x - t)}; }
};

/// (x - t)²; 2·(x - t)
template <class T> struct SquaredLoss {
  CHAINRULE_INLINE explicit SquaredLoss(double) {}
  CHAINRULE_INLINE Term<T> of(Vec<T> x, Vec<T> t) const { return {x - t, x - t, (x - t) + (x - t)}; }
};

/// With d = x - t, c = d cut to [-δ, δ]: c·(d - c/2), which is d²/2 or δ·(|d| - δ/2); c
template <class T> struct HuberLoss {
  Vec<T> delta;
  CHAINRULE_INLINE explicit HuberLoss(double p) : delta(static_cast<T>(p)) {}
  CHAINRULE_INLINE Term<T> of(Vec<T> x, Vec<T> t) const {
    const Vec<T> d = x - t, c = min(delta, max(-delta, d));
    return {fnma(c, 0.5, d), c, c};
  }
};

/// Huber's divided by β: d²/(2β) or |d| - β/2; d/β cut to [-1, 1]. For β = 0, |d|.
template <class T> struct SmoothL1Loss {
  Vec<T> beta;
  bool zero;
  CHAINRULE_INLINE explicit SmoothL1Loss(double p) : beta(static_cast<T>(p)), zero(static_cast<T>(p) == T(0)) {}
  CHAINRULE_INLINE Term<T> of(Vec<T> x, Vec<T> t) const {
    const Vec<T> d = x - t;
    if (zero) return {abs(d), 1.0, sign_of(d)};
    const Vec<T> s = min(1.0, max(-1.0, d / beta));
    return {fnma(s, 0.5 * beta, d), s, s};
  }
};

/// -w·t·log σ(x) - (1 - t)·log σ(-x), w the weight of positives. With e = e^-|x|, s = e/(1 + e) = σ(-|x|), c = 1 + (w - 1)·t:
/// for x < 0: -x·w·t + c·log(1 + e); c·s - w·t     else: x·(1 - t) + c·log(1 + e); (1 - t) - c·s
template <class T> struct BinaryCrossEntropyLoss {
  Vec<T> positive;
  CHAINRULE_INLINE explicit BinaryCrossEntropyLoss(double p) : positive(static_cast<T>(p)) {}
  CHAINRULE_INLINE Term<T> of(Vec<T> x, Vec<T> t) const {
    const Vec<T> one(T(1)), e = exp_nonpositive(minus_abs(x)), s = e / (one + e), rest = one - t, lifted = positive * t;
    const Vec<T> c = rest + lifted, side = select(x < 0.0, lifted, rest);
    return {fma(c, log1p_unit(e), product_or_zero(abs(x), side)), one, select(x < 0.0, fma(c, s, -lifted), fnma(c, s, rest))};
  }
};

/// With h = max(0, margin - t·x): h; -t where h > 0
template <class T> struct HingeLoss {
  Vec<T> margin;
  CHAINRULE_INLINE explicit HingeLoss(double p) : margin(static_cast<T>(p)) {}
  CHAINRULE_INLINE Vec<T> gap(Vec<T> x, Vec<T> t) const { return max(0.0, fnma(t, x, margin)); }
  CHAINRULE_INLINE Term<T> of(Vec<T> x, Vec<T> t) const {
    const Vec<T> h = gap(x, t);
    return {h, 1.0, select(h > 0.0, -t, Vec<T>(T(0)))};
  }
};

/// h²; -2·t·h
template <class T> struct SquaredHingeLoss : HingeLoss<T> {
  CHAINRULE_INLINE explicit SquaredHingeLoss(double p) : HingeLoss<T>(p) {}
  CHAINRULE_INLINE Term<T> of(Vec<T> x, Vec<T> t) const {
    const Vec<T> h = this->gap(x, t);
    return {h, h, -(t * (h + h))};
  }
};

/// x the logarithm of a rate: e^x - t·x; e^x - t
template <class T> struct PoissonLoss {
  CHAINRULE_INLINE explicit PoissonLoss(double) {}
  CHAINRULE_INLINE Term<T> of(Vec<T> x, Vec<T> t) const {
    const Vec<T> e = exp(x);
    return {e - product_or_zero(x, t), 1.0, e - t};
  }
};

/// x a log-probability: t·(log t - x), 0 where t is 0; -t
template <class T> struct KlDivergenceLoss {
  CHAINRULE_INLINE explicit KlDivergenceLoss(double) {}
  CHAINRULE_INLINE Term<T> of(Vec<T> x, Vec<T> t) const { return {product_or_zero(log(t) - x, t), 1.0, -t}; }
};

/// Σ weight·ℓ; dx = scale·weight·ℓ', unless null. `weight` may be null, or have a stride of 0 (one for all) or 1.
template <template <class> class Kind, class T>
static double element_loss(size_t n, const T* x, const T* target, const T* weight, size_t stride, double parameter, double scale, T* dx) {
  const Kind<T> loss(parameter);
  const Vec<T> factor(static_cast<T>(scale)), one(T(1)), common(weight && stride == 0 && n > 0 ? *weight : T(1));
  const bool each = weight && stride != 0, gradient = dx != nullptr;
  return sum_of<T>(n, [=](Accumulator<T>& sum, auto at) CHAINRULE_INLINE_LAMBDA {
    const Term<T> term = loss.of(at.load(x), at.load(target));
    const Vec<T> w = each ? at.load(weight) : common;
    sum.add_product(at.within(term.value), at.within(term.cofactor * w));
    if (gradient) at.store(dx, factor * w * term.slope);
  });
}

template <class T>
CHAINRULE_INLINE void fill_losses(Kernels<T>* k) {
  const auto set = [=](Loss kind, ElementLossKernel<T> kernel) { k->element_loss[static_cast<int>(kind)] = kernel; };
  set(Loss::absolute, element_loss<AbsoluteLoss, T>);
  set(Loss::squared, element_loss<SquaredLoss, T>);
  set(Loss::huber, element_loss<HuberLoss, T>);
  set(Loss::smooth_l1, element_loss<SmoothL1Loss, T>);
  set(Loss::binary_cross_entropy, element_loss<BinaryCrossEntropyLoss, T>);
  set(Loss::hinge, element_loss<HingeLoss, T>);
  set(Loss::squared_hinge, element_loss<SquaredHingeLoss, T>);
  set(Loss::poisson, element_loss<PoissonLoss, T>);
  set(Loss::kl_divergence, element_loss<KlDivergenceLoss, T>);
}

void fill_losses(KernelTable* table) {
  fill_losses(&table->f32);
  fill_losses(&table->f64);
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
