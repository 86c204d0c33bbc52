// SGD and Adam: every combination of options over several steps against PyTorch's formulas in long double.
#include "check.h"
#include "guarded.h"
#include "numeric.h"

namespace chainrule::test {
namespace {

void reference_sgd(std::vector<long double>& p, std::vector<long double>& v, const std::vector<long double>& gradient, const SgdOptions& o) {
  for (size_t i = 0; i < p.size(); i++) {
    long double g = gradient[i] + o.weight_decay * p[i];
    if (o.momentum != 0) {
      v[i] = o.first ? g : o.momentum * v[i] + (1 - static_cast<long double>(o.dampening)) * g;
      g = o.nesterov ? g + o.momentum * v[i] : v[i];
    }
    p[i] -= o.learning_rate * g;
  }
}

void reference_adam(std::vector<long double>& p, std::vector<long double>& m, std::vector<long double>& v, const std::vector<long double>& gradient, const AdamOptions& o) {
  const long double one = 1, c1 = one - std::pow(static_cast<long double>(o.beta1), o.step), c2 = one - std::pow(static_cast<long double>(o.beta2), o.step);
  for (size_t i = 0; i < p.size(); i++) {
    long double g = gradient[i];
    if (o.decoupled) p[i] *= 1 - static_cast<long double>(o.learning_rate) * o.weight_decay;
    else g += o.weight_decay * p[i];
    m[i] = o.beta1 * m[i] + (one - o.beta1) * g;
    v[i] = o.beta2 * v[i] + (one - o.beta2) * g * g;
    p[i] -= o.learning_rate / c1 * m[i] / (std::sqrt(v[i]) / std::sqrt(c2) + o.epsilon);
  }
}

/// Twelve steps on n parameters with gradients that depend on them; step(kernels, p, g, s1, s2, t) and its reference.
template <class T, class Step, class Reference>
void check_trajectory(const KernelTable* table, size_t n, Step step, Reference reference, const std::string& what) {
  GuardedArray<T> gp(n), gg(n), g1(n), g2(n);
  T *p = gp.at_end(n), *g = gg.at_end(n), *s1 = g1.at_end(n), *s2 = g2.at_end(n);
  std::vector<long double> rp(n), rg(n), r1(n, 0), r2(n, 0), target(n);
  Bits bits{n};
  for (size_t i = 0; i < n; i++) {
    rp[i] = p[i] = static_cast<T>(bits.uniform(-1, 1));
    target[i] = bits.uniform(-1, 1);
    s1[i] = s2[i] = 0;
  }
  double worst = 0;
  for (int t = 1; t <= 12; t++) {
    for (size_t i = 0; i < n; i++) {
      g[i] = static_cast<T>(rp[i] - target[i]);  // the same gradients for both
      rg[i] = g[i];
    }
    step(table->of<T>(), n, p, g, s1, s2, t);
    reference(rp, r1, r2, rg, t);
    for (size_t i = 0; i < n; i++) worst = std::max(worst, static_cast<double>(std::fabs(p[i] - rp[i])));
  }
  CHECK_MESSAGE(worst <= (sizeof(T) == 4 ? 4e-6 : 1e-14), std::string(table->isa) + " " + dtype_name<T>() + " " + what + " n = " + std::to_string(n) + ": " + std::to_string(worst));
}

template <class T>
void check_optimizers(const KernelTable* table, size_t n) {
  for (double momentum : {0.0, 0.9})
    for (double dampening : {0.0, 0.3})
      for (double decay : {0.0, 0.01})
        for (int nesterov : {0, 1}) {
          const auto options = [=](int t) { return SgdOptions{0.1, momentum, dampening, decay, nesterov, t == 1}; };
          check_trajectory<T>(
              table, n,
              [&](const Kernels<T>& k, size_t count, T* p, const T* g, T* v, T*, int t) {
                const SgdOptions o = options(t);
                k.sgd(count, p, g, momentum != 0 ? v : nullptr, &o);
              },
              [&](auto& p, auto& v, auto&, const auto& g, int t) { reference_sgd(p, v, g, options(t)); },
              "sgd momentum " + std::to_string(momentum) + " dampening " + std::to_string(dampening) + " decay " + std::to_string(decay) + " nesterov " + std::to_string(nesterov));
        }
  for (double decay : {0.0, 0.01})
    for (int decoupled : {0, 1}) {
      const auto options = [=](int t) { return AdamOptions{0.01, 0.9, 0.999, 1e-8, decay, decoupled, t}; };
      check_trajectory<T>(
          table, n,
          [&](const Kernels<T>& k, size_t count, T* p, const T* g, T* m, T* v, int t) {
            const AdamOptions o = options(t);
            k.adam(count, p, g, m, v, &o);
          },
          [&](auto& p, auto& m, auto& v, const auto& g, int t) { reference_adam(p, m, v, g, options(t)); },
          "adam decay " + std::to_string(decay) + " decoupled " + std::to_string(decoupled));
    }
}
TEST(optimizers) {
  for (const KernelTable* table : all_tables())
    for (size_t n : {1, 2, 7, 8, 9, 16, 17, 33, 100}) {
      check_optimizers<float>(table, n);
      check_optimizers<double>(table, n);
    }
}

}  // namespace
}  // namespace chainrule::test
