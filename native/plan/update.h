// The end of a training step: all parameters from their gradients, in one pass over the flat vectors.
#pragma once
#include "../base/parameter_lock.h"
#include "../base/thread_pool.h"
#include <mutex>
#include <vector>

#include "../ops/clip.h"
#include "../ops/optimize.h"

namespace chainrule {

/// Where the flat vectors lie. All are equally long; states may be null where the rule needs none.
template <class T>
struct Blocks {
  T* parameters = nullptr;
  T* gradients = nullptr;
  T* state[3] = {nullptr, nullptr, nullptr};  ///< what the rule keeps (ops/optimize.h)
  T* average = nullptr;                       ///< running means of the parameters, or null
  ParameterLock* lock = nullptr;              ///< held while the parameters change; null where nobody else can read them
};

/// A matrix of the parameters whose rows have a largest norm.
struct RowBound {
  std::size_t offset, rows, cols;
  double norm;
};

/// What becomes of running means of the parameters after an update: mean += weight·(parameter − mean).
struct Averaging {
  double weight = 0;
  bool first = false;  ///< the next update's parameters are taken as they are
};

/// One update of the flat vectors. As made, it changes nothing.
struct Update {
  bool none = true;
  Optimizer rule{};
  bool states[3] = {};  ///< which of them there are
  int64_t number = 0;   ///< of the step, from 1
  GradientClip clip;
  std::vector<std::size_t> ends;     ///< of the ranges of the vectors that have options of their own; the last is the vectors' length
  std::vector<bool> frozen;          ///< by range: it stays as it is; none where it is empty
  std::vector<RowBound> bounds;      ///< kept after the rule, of matrices that do not overlap
  Averaging averaging;
  std::vector<double> options;       ///< the rule's, [step, range]: of the first steps, of which the last stays
  std::vector<OptimizerStep> steps;  ///< the present one, by range

  /// Batches of one update: by batch, what the sum of its gradients and of those that wait is divided by for the update, 0 where
  /// they wait for more. None: every batch is an update.
  std::vector<double> divisors;
  bool waiting = false;  ///< gradients of earlier batches wait

  /// Whether gradients are sums, to be divided.
  bool sums() const { return !divisors.empty(); }
  /// What they are divided by now, 0 for later.
  double divisor() const { return divisors[batch_]; }
  /// Makes ready for the step of number `from`; ends, options and clip are set. invalid_argument where the states do not fit.
  Status start(Optimizer of, int64_t from, const bool (&present)[3]);
  /// To the next step's.
  void advance();
  /// Whether a parameter may move before the gradients of all others are known.
  bool early() const { return !none && !sums() && clip.value == 0 && clip.norm == 0; }
  /// How [begin, end) moves; null where it stays, or not all of it moves alike.
  const OptimizerStep* step_of(std::size_t begin, std::size_t end) const;

 private:
  Status prepare(std::size_t row);
  std::size_t row_ = 0, batch_ = 0;
};

/// A stretch of the flat vectors.
struct Stretch {
  std::size_t begin, end;
};

/// Clips the gradients and applies the rule to what lies between the stretches that have been updated, which ascend.
/// `alone` holds the blocks' lock, or takes it when the parameters change.
template <class T>
void apply_update(const KernelTable& table, ThreadPool& pool, const Blocks<T>& blocks, const Update& update, const std::vector<Stretch>& updated,
                  std::unique_lock<ParameterLock>& alone);

}  // namespace chainrule
