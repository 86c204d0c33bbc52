// One step of an optimizer over the flat vectors: its rule's options, what a step makes of them, and the pass itself.
#pragma once
#include "../base/status.h"
#include "../base/thread_pool.h"
#include "../gemm/gemm.h"
#include "../kernels/table.h"

namespace chainrule {

/// Options of a rule, in the order that `optimize` takes them. The first four are the same for all.
///   all        learning rate, weight decay, decoupled (0: decay is added to the gradient; 1: taken off the parameters), L1 penalty
///   sgd        momentum, dampening, nesterov                   states: velocity (none for momentum 0)
///   adam, adamw, amsgrad   beta1, beta2, epsilon               states: m, v, and for amsgrad the largest v
///   nadam      beta1, beta2, epsilon, momentum decay           states: m, v
///   radam      beta1, beta2, epsilon                           states: m, v
///   adamax     beta1, beta2, epsilon                           states: m, u
///   rmsprop    alpha, epsilon, momentum                        states: v, buffer (momentum, or none), average (centred, or none)
///   adagrad    learning rate decay, epsilon                    states: v
///   adadelta   rho, epsilon                                    states: v, u
///   rprop      eta−, eta+, smallest and largest step           states: last gradient, step sizes
///   lion       beta1, beta2                                    states: m
/// adamw and lion are always decoupled. Formulas are torch.optim's (Lion: Chen et al. 2023).
struct OptimizerInfo {
  const char* name;
  int options, states;  ///< how many it takes; states beyond `required` may be absent
  int required;
};
inline constexpr int kMostOptimizerOptions = 8;
const OptimizerInfo& optimizer_info(Optimizer rule);

/// What step number `step` (from 1) of a rule needs: invalid_argument where the states do not fit the options.
Status optimizer_step(Optimizer rule, const double* options, int64_t step, const bool (&states)[3], OptimizerStep* out);

/// parameters and states move. All vectors have n elements; states that a rule does not have are null.
template <class T>
void optimize(const Kernels<T>& kernels, ThreadPool& pool, Optimizer rule, std::size_t n, T* parameters, const T* gradient, T* const (&states)[3],
              const OptimizerStep& step);

/// Updates a matrix within the parameters from its gradient as a product computes that, block by block: so the gradient is never
/// in memory as a whole. Row-major, its rows `stride` apart.
template <class T>
class BlockUpdate {
 public:
  BlockUpdate(const Kernels<T>& kernels, Optimizer rule, const OptimizerStep& step, std::size_t stride, T* parameters, T* const (&states)[3])
      : kernel_(kernels.optimize[static_cast<int>(rule)]), step_(step), stride_(stride), vectors_{parameters, states[0], states[1], states[2]} {}
  BlockUpdate(const BlockUpdate&) = delete;
  BlockUpdate& operator=(const BlockUpdate&) = delete;

  /// To be given to a product while this lives.
  const Sink<T>& sink() const { return sink_; }

 private:
  static void take(void* context, std::size_t row, std::size_t column, std::size_t rows, std::size_t columns, const T* block);

  OptimizerKernel<T> kernel_;
  const OptimizerStep& step_;
  std::size_t stride_;
  T* vectors_[4];  // parameters, states
  Sink<T> sink_{take, this};
};

}  // namespace chainrule
