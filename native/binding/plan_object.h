// The JS class NativePlan: a compiled network over a model's parameters, with its staging memory.
#pragma once
#include <napi.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <variant>

#include "../base/aligned.h"
#include "../base/parameter_lock.h"
#include "../base/strand.h"
#include "../plan/plan.h"
#include "arguments.h"

namespace chainrule::binding {

/// The rows of some batches, copied out of the user's arrays: from here on no JS action can take them away.
struct Staging {
  AlignedBuffer x, targets, labels, weights;  // x: numbers, or indices
  bool weighted = false;
  std::size_t rows = 0;
};

class PlanObject : public Napi::ObjectWrap<PlanObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit PlanObject(const Napi::CallbackInfo& info);
  void Finalize(Napi::Env env) override;

  template <class T> Plan<T>& plan() { return *std::get<std::unique_ptr<Plan<T>>>(plan_); }
  template <class T> T* parameters() const { return parameters_.as<T>(); }
  std::size_t parameter_count() const { return parameters_.length; }
  bool integers() const { return integers_; }
  Staging& staging(std::size_t slot) { return staging_[slot]; }
  AlignedBuffer& snapshot() { return snapshot_; }
  std::mutex& mutex() { return mutex_; }
  ParameterLock& lock() { return *lock_; }
  bool wide() const { return wide_; }
  std::size_t batch() const { return std::visit([](const auto& plan) { return plan->batch(); }, plan_); }

  /// Once halted, trainings and evaluations end before their next batch, until resume() is called.
  bool halted() const { return halted_.load(std::memory_order_relaxed); }
  const std::atomic<bool>& halt_flag() const { return halted_; }
  void halt() { halted_.store(true, std::memory_order_relaxed); }
  /// Slots that a queued or running task reads.
  std::atomic<int>& held(std::size_t slot) { return held_[slot]; }

 private:
  Napi::Value stage(const Napi::CallbackInfo& info);
  Napi::Value train(const Napi::CallbackInfo& info);
  Napi::Value evaluate(const Napi::CallbackInfo& info);
  Napi::Value predict(const Napi::CallbackInfo& info);
  Napi::Value predict_sync(const Napi::CallbackInfo& info);
  Napi::Value stop(const Napi::CallbackInfo& info);
  Napi::Value resume(const Napi::CallbackInfo& info);
  Napi::Value describe(const Napi::CallbackInfo& info);
  Status build(const Napi::CallbackInfo& info);
  template <class T> Status read_memory(const Napi::CallbackInfo& info, DType dtype, PlanDescription* description, Memory<T>* memory);
  void hold(const Napi::CallbackInfo& info, Napi::Value value);
  Floats read_rows(Arguments& a, std::size_t i) const;
  void account();
  int64_t bytes() const;

  bool wide_ = false, integers_ = false;
  std::variant<std::unique_ptr<Plan<float>>, std::unique_ptr<Plan<double>>> plan_;
  std::size_t inputs_ = 0, outputs_ = 0, index_limit_ = 0;
  LossKind loss_ = LossKind::none;
  int64_t ignored_label_ = -1;
  Floats parameters_;
  int kept_ = 0;                           // how many arrays hold() has taken: they, buffers and counters lie in them
  std::shared_ptr<ParameterLock> lock_;
  Staging staging_[2];
  AlignedBuffer snapshot_;                 // parameters as they were when a long prediction began
  Strand strand_;                          // training, evaluation and predictions, in the order they were asked for
  std::mutex mutex_;                       // predictSync against a predict that runs
  std::atomic<bool> halted_{false};
  std::atomic<int> held_[2] = {0, 0};
  int64_t accounted_ = 0;                  // bytes that the garbage collector has been told of
};

}  // namespace chainrule::binding
