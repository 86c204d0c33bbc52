// The loss of a plan: from the network's output and the targets to a number and the output's gradient, in one sweep.
#pragma once
#include "../ops/losses.h"
#include "op.h"

namespace chainrule {

/// What the loss compares the output with: labels [rows] or targets [rows, width], whichever its kind takes.
template <class T>
struct Targets {
  const int32_t* labels = nullptr;
  const T* values = nullptr;
  const T* weights = nullptr;  ///< [rows], or null: all rows count the same
};

/// What a batch gave.
struct BatchResult {
  double loss = 0;     ///< mean over the rows unless the loss is a sum
  double correct = 0;  ///< rows whose largest output is the label (cross-entropy only)
  bool finite = true;  ///< false: the loss is not finite, and nothing was updated
  bool stopped = false;  ///< it ended on the way, and nothing was updated
};

/// Whether the loss compares with labels.
inline bool takes_labels(LossKind kind) { return kind == LossKind::cross_entropy || kind == LossKind::weighted_cross_entropy || kind == LossKind::negative_log_likelihood; }

/// The loss of one plan.
template <class T>
class LossHead {
 public:
  LossHead() = default;
  explicit LossHead(const PlanDescription& d);

  /// Bytes of memory that it works in, and where they lie.
  std::size_t bytes(std::size_t batch, std::size_t width) const { return cross_entropy_scratch(batch) + (mixes() ? 2 * batch * width * sizeof(T) : 0); }
  void place(void* memory, std::size_t batch, std::size_t width) {
    goals_ = static_cast<T*>(memory);
    factors_ = goals_ + (mixes() ? batch * width : 0);
    scratch_ = factors_ + (mixes() ? batch * width : 0);
  }

  /// The loss of a batch; writes (=) the gradient of `output` unless that is null: of the loss, or, where it is a mean and `whole`,
  /// of that times the weight of its rows.
  Status evaluate(const Pass<T>& pass, const Value<T>& output, const Targets<T>& targets, BatchResult* result, bool whole = false) const;

 private:
  BatchResult cross_entropy(const Pass<T>& pass, const Value<T>& output, const int32_t* labels, double factor) const;
  Status weighted_cross_entropy(const Pass<T>& pass, const Value<T>& output, const Targets<T>& targets, double factor, BatchResult* result) const;
  Status negative_log_likelihood(const Pass<T>& pass, const Value<T>& output, const Targets<T>& targets, double factor, BatchResult* result) const;
  Status soft_cross_entropy(const Pass<T>& pass, const Value<T>& output, const Targets<T>& targets, double scale, double factor, BatchResult* result) const;
  double cosine(const Pass<T>& pass, const Value<T>& output, const Targets<T>& targets, double scale) const;
  double weighted_elements(const Pass<T>& pass, const Value<T>& output, const Targets<T>& targets, double scale) const;
  double elements(const Pass<T>& pass, const Value<T>& output, const Targets<T>& targets, double scale) const;
  double correct(const Pass<T>& pass, const Value<T>& output, const int32_t* labels) const;
  double label_weight(std::size_t rows, const Targets<T>& targets) const;
  double weight_of(std::size_t row, std::size_t label, const Targets<T>& targets) const;

  /// Whether targets are changed before they are compared with.
  bool mixes() const {
    return (kind_ == LossKind::soft_cross_entropy && options_.smoothing > 0) ||
           ((kind_ == LossKind::soft_cross_entropy || kind_ == LossKind::element) && !class_weights_.empty());
  }

  LossKind kind_ = LossKind::none;
  LossDescription options_;
  std::vector<T> class_weights_;
  T *goals_ = nullptr, *factors_ = nullptr;  // [batch, width] each: targets and weights as the kernels take them, where they mix
  void* scratch_ = nullptr;                   // the kernels'
};

}  // namespace chainrule
