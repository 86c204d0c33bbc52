// The end of a training step: all parameters from their gradients, in one pass over the flat vectors.
#pragma once
#include "../base/parameter_lock.h"
#include "../base/thread_pool.h"
#include "../kernels/table.h"

namespace chainrule {

enum class OptimizerKind : int32_t { none, sgd, adam };

/// Where the flat vectors lie. All are equally long; states may be null where the rule needs none.
template <class T>
struct Blocks {
  T* parameters = nullptr;
  T* gradients = nullptr;
  T* state[3] = {nullptr, nullptr, nullptr};  ///< sgd: velocity; adam: m, v
  ParameterLock* lock = nullptr;              ///< held while the parameters change; null where nobody else can read them
};

/// One update of the flat vectors.
struct Update {
  OptimizerKind kind = OptimizerKind::none;
  SgdOptions sgd{};
  AdamOptions adam{};

  /// To the next step's: rules count their steps.
  void advance() {
    sgd.first = 0;
    adam.step++;
  }
};

/// Applies the rule to `n` parameters.
template <class T>
void apply_update(const KernelTable& table, ThreadPool& pool, const Blocks<T>& blocks, std::size_t n, const Update& update);

}  // namespace chainrule
