// The end of a training step: all parameters from their gradients, in one pass over the flat vectors.
#pragma once
#include "../base/parameter_lock.h"
#include "../base/thread_pool.h"
#include "../ops/optimize.h"

namespace chainrule {

/// Where the flat vectors lie. All are equally long; states may be null where the rule needs none.
template <class T>
struct Blocks {
  T* parameters = nullptr;
  T* gradients = nullptr;
  T* state[3] = {nullptr, nullptr, nullptr};  ///< what the rule keeps (ops/optimize.h)
  ParameterLock* lock = nullptr;              ///< held while the parameters change; null where nobody else can read them
};

/// One update of the flat vectors. As made, it changes nothing.
struct Update {
  bool none = true;
  Optimizer rule{};
  double options[kMostOptimizerOptions] = {};
  bool states[3] = {};  ///< which of them there are
  int64_t number = 0;   ///< of the step, from 1
  OptimizerStep step{};

  /// The step of that number: invalid_argument where the states do not fit the options.
  Status start(Optimizer of, const double* its_options, int64_t from, const bool (&present)[3]);
  /// To the next step's.
  void advance();
};

/// Applies the rule to `n` parameters.
template <class T>
void apply_update(const KernelTable& table, ThreadPool& pool, const Blocks<T>& blocks, std::size_t n, const Update& update);

}  // namespace chainrule
