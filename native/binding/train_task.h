// What a plan does with staged batches, off the JS thread.
#pragma once
#include <vector>

#include "async.h"
#include "plan_object.h"

namespace chainrule::binding {

/// Goes through a staged slot batch by batch: trains or only evaluates.
class BatchTask : public Task {
 public:
  BatchTask(PlanObject& plan, std::size_t slot);
  ~BatchTask() override;
  void work() override;
  /// Float64Array of [loss, correct, rows] for each batch that was run.
  napi_value resolve(napi_env env) override;
  void interrupt() override { plan_.halt(); }

 protected:
  virtual Status batch(std::size_t at, std::size_t rows, BatchResult* result) = 0;
  PlanObject& plan_;
  const std::size_t slot_;

 private:
  std::vector<double> results_;
};

/// Trains until the slot ends, the loss is not finite, or it is stopped; then halts the plan, so that what waits behind it does nothing.
class TrainTask : public BatchTask {
 public:
  TrainTask(PlanObject& plan, std::size_t slot) : BatchTask(plan, slot) { plan.lock().trainings++; }
  ~TrainTask() override { plan_.lock().trainings--; }
  /// Arguments from index 1 on: gradients, state0, state1, state2, rule, options, step, ends, clip, bounds, average, averaging, groups.
  void read(Arguments& a);
  /// Those that the training reads and writes while it runs.
  static constexpr std::size_t kArrays[] = {1, 2, 3, 4, 11};

 private:
  Status batch(std::size_t at, std::size_t rows, BatchResult* result) override;
  void read_update(Arguments& a);
  void read_ends(Arguments& a);
  void read_bounds(Arguments& a);
  void read_groups(Arguments& a);
  Floats gradients_, state_[3], average_;
  Update update_;
};

/// Loss and correct rows, with the parameters as they are.
class EvaluateTask : public BatchTask {
 public:
  using BatchTask::BatchTask;

 private:
  Status batch(std::size_t at, std::size_t rows, BatchResult* result) override;
};

}  // namespace chainrule::binding
