// A network compiled to ops over preallocated memory: forward, loss, backward and update of a batch without allocation.
#pragma once
#include <atomic>
#include <memory>
#include <vector>

#include "../base/aligned.h"
#include "loss.h"
#include "op.h"
#include "update.h"

namespace chainrule {

/// What explain() tells of one op.
struct OpReport {
  OpKind kind;
  int32_t activation;       ///< fused elementwise op, or -1
  std::size_t width;        ///< elements per row of what it makes
  std::size_t parameters;
  double flops;             ///< per row; forward, and backward where the plan trains
  std::size_t bytes;        ///< of its output, that output's gradient and what it keeps, before lifetimes let memory be shared
};

/// The rows of a batch: numbers, or indices where the plan takes those; and what the loss compares with.
template <class T>
struct Batch {
  std::size_t rows;
  const T* x = nullptr;
  const int32_t* indices = nullptr;
  Targets<T> targets{};
  const std::atomic<bool>* stop = nullptr;  ///< once it is true, the batch ends before its next op, unless parameters have moved

  bool stopped() const { return stop && stop->load(std::memory_order_relaxed); }
};

/// What lives on from batch to batch and is not trained.
template <class T>
struct Memory {
  std::vector<T*> buffers;     ///< as long as the description says
  double* counters = nullptr;
};

/// Built once for a network and a largest batch; a plan runs one batch at a time.
template <class T>
class Plan {
 public:
  /// Lowers the description: fuses linear + elementwise, derives who writes which gradient, lays out the arena.
  static Status build(const KernelTable& table, const PlanDescription& description, std::unique_ptr<Plan>* plan);

  /// Where the buffers and counters of the description lie; before anything runs.
  void attach(Memory<T> memory) { memory_ = std::move(memory); }

  /// y[rows, outputs] = network(x[rows, inputs]), rows ≤ batch. For plans without a loss.
  Status predict(ThreadPool& pool, const T* parameters, const Batch<T>& batch, T* y);

  /// Forward, loss, backward and update of one batch. Labels and indices have been checked by the caller.
  Status train(ThreadPool& pool, const Blocks<T>& blocks, const Batch<T>& batch, const Update& update, BatchResult* result);

  /// Forward and loss of one batch. For plans with a loss, as train().
  Status evaluate(ThreadPool& pool, const T* parameters, const Batch<T>& batch, BatchResult* result);

  std::size_t batch() const { return description_.batch; }
  std::size_t inputs() const { return description_.widths.front(); }
  std::size_t outputs() const { return description_.widths.back(); }
  LossKind loss() const { return description_.loss; }
  bool integers() const { return description_.integers; }
  bool has_buffers() const { return !memory_.buffers.empty(); }
  std::size_t arena_bytes() const { return arena_.bytes(); }
  std::vector<OpReport> report() const;

 private:
  Plan(const KernelTable& table, PlanDescription description) : table_(table), description_(std::move(description)), loss_(description_) {}
  void wire();
  void direct_gradients();
  Status lay_out();
  bool trains() const { return description_.loss != LossKind::none; }
  Value<T>& output() { return values_.back(); }
  Pass<T> pass(ThreadPool& pool, const T* parameters, const Batch<T>& batch);
  Status forward(const Pass<T>& pass, const Batch<T>& batch, bool* stopped);

  const KernelTable& table_;
  PlanDescription description_;
  std::vector<Value<T>> values_;              // by value number
  std::vector<std::unique_ptr<Op<T>>> ops_;   // what is left after fusion
  std::vector<Op<T>*> back_;                  // those that go back, in that order
  bool early_ = false;                        // whether some of them may update their weights themselves
  std::vector<Stretch> updated_;              // by the ops of the running step
  AlignedBuffer arena_;
  LossHead<T> loss_;
  Memory<T> memory_;
};

}  // namespace chainrule
