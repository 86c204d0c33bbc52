// Optimizer steps: one pass over the flat vectors of parameters, gradients and state.
#include "loops.h"
#include "table.h"

namespace chainrule {
namespace CHAINRULE_ISA {

/// PyTorch's SGD: g += λ·p; v = μ·v + (1 - dampening)·g (v = g at first); g = v, or g + μ·v for Nesterov; p -= η·g.
/// parameters += , velocity =
template <class T>
static void sgd(size_t n, T* parameters, const T* gradient, T* velocity, const SgdOptions* options) {
  const SgdOptions& o = *options;
  const bool decay = o.weight_decay != 0.0, momentum = o.momentum != 0.0 && velocity, first = o.first != 0, nesterov = o.nesterov != 0;
  const Vec<T> rate(static_cast<T>(o.learning_rate)), lambda(static_cast<T>(o.weight_decay)), mu(static_cast<T>(o.momentum));
  const Vec<T> fresh(static_cast<T>(1.0 - o.dampening));
  for_each_vector<T>(n, [=](auto at) CHAINRULE_INLINE_LAMBDA {
    const Vec<T> p = at.load(parameters);
    Vec<T> g = at.load(gradient);
    if (decay) g = fma(lambda, p, g);
    if (momentum) {
      const Vec<T> v = first ? g : fma(mu, at.load(velocity), fresh * g);
      at.store(velocity, v);
      g = nesterov ? fma(mu, v, g) : v;
    }
    at.store(parameters, fnma(rate, g, p));
  });
}

/// b^n by squaring; the step's bias corrections 1 - β^t need it once.
static CHAINRULE_INLINE double integer_power(double b, int64_t n) {
  double result = 1.0;
  for (; n > 0; n >>= 1, b *= b)
    if (n & 1) result *= b;
  return result;
}

/// Adam: m = β1·m + (1 - β1)·g; v = β2·v + (1 - β2)·g²; p -= η/(1 - β1^t) · m/(√v/√(1 - β2^t) + ε). Decay is added to g
/// (L2), or, decoupled (AdamW), taken off p first.  parameters += , m = , v =
template <class T>
static void adam(size_t n, T* parameters, const T* gradient, T* m, T* v, const AdamOptions* options) {
  const AdamOptions& o = *options;
  const bool decay = o.weight_decay != 0.0, decoupled = o.decoupled != 0;
  const double correction1 = 1.0 - integer_power(o.beta1, o.step), correction2 = 1.0 - integer_power(o.beta2, o.step);
  const Vec<T> rate(static_cast<T>(o.learning_rate / correction1)), root(static_cast<T>(__builtin_sqrt(correction2)));
  const Vec<T> b1(static_cast<T>(o.beta1)), b2(static_cast<T>(o.beta2)), epsilon(static_cast<T>(o.epsilon));
  const Vec<T> c1(static_cast<T>(1.0 - o.beta1)), c2(static_cast<T>(1.0 - o.beta2));
  const Vec<T> lambda(static_cast<T>(o.weight_decay)), shrink(static_cast<T>(1.0 - o.learning_rate * o.weight_decay));
  for_each_vector<T>(n, [=](auto at) CHAINRULE_INLINE_LAMBDA {
    Vec<T> p = at.load(parameters), g = at.load(gradient);
    if (decay && decoupled) p = p * shrink;
    if (decay && !decoupled) g = fma(lambda, p, g);
    const Vec<T> new_m = fma(b1, at.load(m), c1 * g), new_v = fma(b2, at.load(v), c2 * g * g);
    at.store(m, new_m);
    at.store(v, new_v);
    at.store(parameters, p - rate * new_m / (sqrt(new_v) / root + epsilon));
  });
}

template <class T>
CHAINRULE_INLINE void fill_optimizers(Kernels<T>* k) {
  k->sgd = sgd<T>;
  k->adam = adam<T>;
}

void fill_optimizers(KernelTable* table) {
  fill_optimizers(&table->f32);
  fill_optimizers(&table->f64);
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
