// The JS class NativePlan: a compiled network over a model's parameters, with its staging memory.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <variant>

#include "../base/aligned.h"
#include "../base/parameter_lock.h"
#include "../base/strand.h"
#include "../plan/plan.h"
#include "arguments.h"
#include "staging.h"

namespace chainrule::binding {

class PlanObject {
 public:
  /// The class, or null where the environment makes none.
  static napi_value define(napi_env env);

  /// From the arguments of the constructor: description, parameters, buffers, counters. False after a mistake.
  bool build(Arguments& a);

  template <class T> Plan<T>& plan() { return *std::get<std::unique_ptr<Plan<T>>>(plan_); }
  template <class T> T* parameters() const { return parameters_.as<T>(); }
  std::size_t parameter_count() const { return parameters_.length; }
  bool wide() const { return wide_; }
  DType dtype() const { return wide_ ? DType::float64 : DType::float32; }
  std::size_t inputs() const { return goal_.inputs; }
  std::size_t outputs() const { return goal_.outputs; }
  bool integers() const { return goal_.integers; }
  std::size_t index_limit() const { return goal_.index_limit; }
  bool has_loss() const { return goal_.loss != LossKind::none; }
  const StageGoal& goal() const { return goal_; }
  std::size_t batch() const { return std::visit([](const auto& plan) { return plan->batch(); }, plan_); }
  std::size_t arena_bytes() const { return std::visit([](const auto& plan) { return plan->arena_bytes(); }, plan_); }
  std::size_t staging_bytes() const { return snapshot_.bytes() + staging_[0].bytes() + staging_[1].bytes(); }
  std::vector<OpReport> report() const { return std::visit([](const auto& plan) { return plan->report(); }, plan_); }

  Staging& staging(std::size_t slot) { return staging_[slot]; }
  AlignedBuffer& snapshot() { return snapshot_; }
  Strand& strand() { return strand_; }
  std::mutex& mutex() { return mutex_; }
  ParameterLock& lock() { return *lock_; }

  /// Once halted, trainings and evaluations end before their next op, until resume() is called.
  bool halted() const { return halted_.load(std::memory_order_relaxed); }
  const std::atomic<bool>& halt_flag() const { return halted_; }
  void halt() { halted_.store(true, std::memory_order_relaxed); }
  void resume() { halted_.store(false); }
  /// How many queued or running tasks read a slot.
  std::atomic<int>& held(std::size_t slot) { return held_[slot]; }

  /// Tells the garbage collector what it would free with this object.
  void account(napi_env env);

 private:
  template <class T> bool build_plan(Arguments& a, PlanDescription description);
  template <class T> Memory<T> read_memory(Arguments& a, PlanDescription* description);
  void hold(Arguments& a, napi_value value);
  static void finalize(napi_env env, void* data, void*);

  bool wide_ = false;
  std::variant<std::unique_ptr<Plan<float>>, std::unique_ptr<Plan<double>>> plan_;
  StageGoal goal_;
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

  friend napi_value construct(Arguments& a);
};

}  // namespace chainrule::binding
