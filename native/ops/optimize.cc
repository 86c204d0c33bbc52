#include "optimize.h"

#include <cmath>

#include "../base/parallel.h"
#include "../base/subnormals.h"

namespace chainrule {
namespace {

constexpr int kCommon = 4;
const OptimizerInfo kInfo[] = {
    {"sgd", kCommon + 3, 1, 0},     {"adam", kCommon + 3, 2, 2},    {"adamw", kCommon + 3, 2, 2},    {"amsgrad", kCommon + 3, 3, 3},
    {"nadam", kCommon + 4, 2, 2},   {"radam", kCommon + 3, 2, 2},   {"adamax", kCommon + 3, 2, 2},   {"rmsprop", kCommon + 3, 3, 1},
    {"adagrad", kCommon + 2, 1, 1}, {"adadelta", kCommon + 2, 2, 2}, {"rprop", kCommon + 4, 2, 2},   {"lion", kCommon + 2, 1, 1},
};
static_assert(sizeof kInfo / sizeof *kInfo == static_cast<std::size_t>(Optimizer::count));

/// b^n by squaring.
double power(double b, int64_t n) {
  double result = 1;
  for (; n > 0; n >>= 1, b *= b)
    if (n & 1) result *= b;
  return result;
}

/// NAdam's momentum at step t is μ_t = β1·(1 - 0.96^(t·ψ)/2), and its step needs μ_1·…·μ_t too. Both are built up factor by
/// factor, so that a step gets the same bits whether or not the steps before it were asked for.
class MomentumSchedule {
 public:
  double mu = 0, next = 0, product = 1;
  void reach(double beta1, double decay, int64_t step) {
    if (beta1 != beta1_ || decay != decay_ || step < step_) {
      *this = {};
      beta1_ = beta1;
      decay_ = decay;
      factor_ = std::pow(0.96, decay);
      next = beta1 * (1 - 0.5 * factor_);
      power_ = factor_;
    }
    for (; step_ < step; step_++) {
      mu = next;
      product *= mu;
      power_ *= factor_;
      next = beta1_ * (1 - 0.5 * power_);
      if (product == 0) {  // and stays so
        power_ = std::pow(0.96, decay_ * static_cast<double>(step + 1));
        next = beta1_ * (1 - 0.5 * power_);
        mu = beta1_ * (1 - 0.5 * std::pow(0.96, decay_ * static_cast<double>(step)));
        step_ = step;
        break;
      }
    }
  }

 private:
  double beta1_ = -1, decay_ = -1, factor_ = 1, power_ = 1;
  int64_t step_ = 0;
};

}  // namespace

const OptimizerInfo& optimizer_info(Optimizer rule) { return kInfo[static_cast<int>(rule)]; }

Status optimizer_step(Optimizer rule, const double* options, int64_t step, const bool (&states)[3], OptimizerStep* out) {
  const OptimizerInfo& info = optimizer_info(rule);
  for (int i = 0; i < 3; i++) {
    if (i < info.required && !states[i]) return invalid("every state vector of the rule");
    if (i >= info.states && states[i]) return invalid("no state vectors but the rule's");
  }
  const double rate = options[0], decay = options[1];
  const bool decoupled = options[2] != 0 || rule == Optimizer::adamw || rule == Optimizer::lion;
  const double* const o = options + kCommon;
  const double t = static_cast<double>(step);
  *out = {options[3], decoupled ? 0 : decay, decoupled ? 1 - rate * decay : 1, {}};
  double* c = out->coefficients;
  const auto set = [&c](auto... values) { ((*c++ = static_cast<double>(values)), ...); };
  const auto correction = [&](double beta) { return 1 - power(beta, step); };
  switch (rule) {
    case Optimizer::sgd:
      if (o[0] != 0 && !states[0]) return invalid("a velocity when momentum is not 0");
      if (o[0] == 0 && states[0]) return invalid("no velocity when momentum is 0");
      set(rate, o[0], 1 - o[1], o[2], step == 1);
      break;
    case Optimizer::adam:
    case Optimizer::adamw:
    case Optimizer::amsgrad:
      set(o[0], 1 - o[0], o[1], 1 - o[1], rate / correction(o[0]), 1 / std::sqrt(correction(o[1])), o[2]);
      break;
    case Optimizer::nadam: {
      static thread_local MomentumSchedule schedule;
      schedule.reach(o[0], o[3], step);
      set(o[0], 1 - o[0], o[1], 1 - o[1], rate * (1 - schedule.mu) / (1 - schedule.product), rate * schedule.next / (1 - schedule.product * schedule.next),
          correction(o[1]), o[2]);
      break;
    }
    case Optimizer::radam: {
      const double most = 2 / (1 - o[1]) - 1, length = most - 2 * t * power(o[1], step) / correction(o[1]);
      const bool rectified = length > 5;
      const double factor = rectified ? std::sqrt((length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length)) * std::sqrt(correction(o[1])) : 1;
      set(o[0], 1 - o[0], o[1], 1 - o[1], rate / correction(o[0]) * factor, o[2], rectified);
      break;
    }
    case Optimizer::adamax:
      set(o[0], 1 - o[0], rate / correction(o[0]), o[1], o[2]);
      break;
    case Optimizer::rmsprop:
      if ((o[2] != 0) != states[1]) return invalid("a buffer when momentum is not 0, and only then");
      set(o[0], 1 - o[0], rate, o[1], o[2]);
      break;
    case Optimizer::adagrad:
      set(rate / (1 + (t - 1) * o[0]), o[1]);
      break;
    case Optimizer::adadelta:
      set(o[0], 1 - o[0], rate, o[1]);
      break;
    case Optimizer::rprop:
      set(rate, o[0], o[1], o[2], o[3], step == 1);
      break;
    case Optimizer::lion:
      set(o[0], 1 - o[0], o[1], 1 - o[1], rate);
      break;
    case Optimizer::count:
      return invalid("a rule");
  }
  return {};
}

template <class T>
void optimize(const Kernels<T>& kernels, ThreadPool& pool, Optimizer rule, std::size_t n, T* parameters, const T* gradient, T* const (&states)[3],
              const OptimizerStep& step) {
  const auto kernel = kernels.optimize[static_cast<int>(rule)];
  parallel_ranges(pool, n, kElementGrain, kElementUnit, [&](std::size_t begin, std::size_t end) {
    const FlushSubnormals flush;
    const auto part = [begin](T* p) { return p ? p + begin : nullptr; };
    kernel(1, end - begin, 0, parameters + begin, gradient + begin, 0, part(states[0]), part(states[1]), part(states[2]), &step);
  });
}

template <class T>
void BlockUpdate<T>::take(void* context, std::size_t row, std::size_t column, std::size_t rows, std::size_t columns, const T* block) {
  const BlockUpdate& update = *static_cast<const BlockUpdate*>(context);
  const std::size_t offset = row * update.stride_ + column;
  const auto part = [offset](T* p) { return p ? p + offset : nullptr; };
  const FlushSubnormals flush;
  update.kernel_(rows, columns, update.stride_, update.vectors_[0] + offset, block, columns, part(update.vectors_[1]), part(update.vectors_[2]),
                 part(update.vectors_[3]), &update.step_);
}

template class BlockUpdate<float>;
template class BlockUpdate<double>;

template void optimize(const Kernels<float>&, ThreadPool&, Optimizer, std::size_t, float*, const float*, float* const (&)[3], const OptimizerStep&);
template void optimize(const Kernels<double>&, ThreadPool&, Optimizer, std::size_t, double*, const double*, double* const (&)[3], const OptimizerStep&);

}  // namespace chainrule
