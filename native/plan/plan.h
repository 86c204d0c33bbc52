// A network compiled to steps over preallocated memory: forward, loss, backward and update of a batch without allocation.
#pragma once
#include <memory>
#include <vector>

#include "../base/aligned.h"
#include "../base/parameter_lock.h"
#include "../base/thread_pool.h"
#include "../kernels/table.h"
#include "description.h"

namespace chainrule {

enum class OptimizerKind : int32_t { none, sgd, adam };

/// Where the flat vectors lie. All are `parameters` long; gradients and states may be null where the plan needs none.
template <class T>
struct Blocks {
  T* parameters = nullptr;
  T* gradients = nullptr;
  T* state[3] = {nullptr, nullptr, nullptr};  ///< sgd: velocity; adam: m, v
  ParameterLock* lock = nullptr;              ///< held while the parameters change; null where nobody else can read them
};

/// One update of the flat vector.
struct Update {
  OptimizerKind kind = OptimizerKind::none;
  SgdOptions sgd{};
  AdamOptions adam{};
};

/// What a batch gave.
struct BatchResult {
  double loss = 0;         ///< mean over the rows
  double correct = 0;      ///< rows whose largest output is the label (cross-entropy only)
  bool finite = true;      ///< false: the loss is not finite, and nothing was updated
};

/// Built once for a network and a largest batch; a plan runs one batch at a time.
template <class T>
class Plan {
 public:
  /// Lowers the description: fuses linear + elementwise, derives the backward steps, lays out the arena.
  static Status build(const KernelTable& table, const PlanDescription& description, std::unique_ptr<Plan>* plan);

  /// y[rows, outputs] = network(x[rows, inputs]), rows ≤ batch.
  Status predict(ThreadPool& pool, const T* parameters, const T* x, std::size_t rows, T* y);

  /// Forward, loss, backward and update of one batch. `labels` for cross-entropy (checked by the caller), else `targets`.
  Status train(ThreadPool& pool, const Blocks<T>& blocks, const T* x, const int32_t* labels, const T* targets, std::size_t rows,
               const Update& update, BatchResult* result);

  /// Forward and loss of one batch.
  Status evaluate(ThreadPool& pool, const T* parameters, const T* x, const int32_t* labels, const T* targets, std::size_t rows, BatchResult* result);

  std::size_t batch() const { return description_.batch; }
  std::size_t inputs() const { return description_.widths.front(); }
  std::size_t outputs() const { return description_.widths.back(); }
  LossKind loss() const { return description_.loss; }
  std::size_t parameters() const { return description_.parameters; }
  std::size_t arena_bytes() const { return arena_.bytes(); }
  std::size_t steps() const { return steps_.size(); }

 private:
  // A forward op after fusion. Value memory is arena memory, except value 0 (the caller's input).
  struct Step {
    OpDescription op;
    const UnaryKernel<T>* activation = nullptr;  // of a fused elementwise op, or of the op itself
    Keeps keeps = Keeps::nothing;
    double parameters[2] = {0, 0};
    std::size_t in = 0, out = 0;
    T* y = nullptr;        // [batch, out]
    T* before = nullptr;   // [batch, out] the activation's input where its backward keeps that; else null
    T* dy = nullptr;       // gradient of y; becomes the gradient of the linear part in place
    T* dx = nullptr;       // gradient of x, or null where nothing needs it
    bool dx_first = true;      // `=` the first time a gradient is written, `+=` after
    bool weight_first = true;  // likewise for the gradient of weight and bias, which several steps may share
    int source = -1;       // the step that makes x, or -1 for the input
  };

  Plan(const KernelTable& table, PlanDescription description) : table_(table), description_(std::move(description)) {}
  void fuse();
  Status lay_out();
  const T* input_of(const Step& step, const T* x) const { return step.source < 0 ? x : steps_[static_cast<std::size_t>(step.source)].y; }
  Status forward(ThreadPool& pool, const T* parameters, const T* x, std::size_t rows);
  Status backward(ThreadPool& pool, const Blocks<T>& blocks, const T* x, std::size_t rows);
  Status linear_backward(ThreadPool& pool, const Blocks<T>& blocks, const Step& step, const T* x, std::size_t rows);
  void evaluate_loss(ThreadPool& pool, const int32_t* labels, const T* targets, std::size_t rows, BatchResult* result);
  void apply(ThreadPool& pool, const Blocks<T>& blocks, const Update& update);

  const KernelTable& table_;
  PlanDescription description_;
  std::vector<Step> steps_;
  AlignedBuffer arena_;
  T* losses_ = nullptr;        // [batch]
  int32_t* classes_ = nullptr;  // [batch]
};

}  // namespace chainrule
