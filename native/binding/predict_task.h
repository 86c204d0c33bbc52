// Predictions, on this thread or off it.
#pragma once
#include "async.h"
#include "plan_object.h"

namespace chainrule::binding {

/// Predicts `rows` rows (of T, or of int32 where the plan takes indices) in pieces of the plan's batch, from one state of the
/// parameters. Ends early, with part of y, once `stop` is true; null on the JS thread.
template <class T>
Status predict_rows(PlanObject& plan, const void* x, T* y, std::size_t rows, const std::atomic<bool>* stop);

class PredictTask : public Task {
 public:
  /// Copies x. Without memory, `status` says so.
  PredictTask(PlanObject& plan, const Floats& x);
  void work() override;
  /// A new array [rows, outputs].
  napi_value resolve(napi_env env) override;
  void interrupt() override { stop_.store(true, std::memory_order_relaxed); }

 private:
  PlanObject& plan_;
  std::size_t rows_;
  AlignedBuffer x_, y_;
  std::atomic<bool> stop_{false};
};

}  // namespace chainrule::binding
