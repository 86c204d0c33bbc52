// What a plan does off the JS thread, and the copying of rows before it.
#pragma once
#include "arguments.h"
#include "async.h"
#include "plan_object.h"

namespace chainrule::binding {

/// A typed array of any element type that data may have.
struct Column {
  const void* data = nullptr;
  std::size_t length = 0;
  napi_typedarray_type type = napi_float32_array;
};

/// What a plan wants of the rows that are staged for it.
struct StageGoal {
  std::size_t inputs = 0, outputs = 0;
  LossKind loss = LossKind::none;
  bool integers = false;
  std::size_t index_limit = 0;
  int64_t ignored_label = -1;  ///< a label outside the classes that is allowed, −1 for none
};

/// Which rows to copy from where. Everything is checked when it has been read.
struct StageRequest {
  Column x, y, weights;  ///< weights: one per row, or none
  const int32_t* rows = nullptr;
  std::size_t count = 0;
  double scale = 1;
  StageGoal goal;
};

/// Arguments of stage from index 1 on: x, y, rows, start, count, scale, weights.
StageRequest read_stage(Arguments& a, const StageGoal& goal);

/// Copies the request's rows; fails without memory, or on a label or index out of range.
template <class T>
Status copy_rows(const StageRequest& request, Staging* staging);

/// Predicts `rows` rows (of T, or of int32 where the plan takes indices) in pieces of the plan's batch, from one state of the parameters. `task`, if any, is asked between
/// pieces whether to stop.
template <class T>
Status predict_rows(PlanObject& object, const void* x, T* y, std::size_t rows, const Task* task);

/// Goes through a staged slot batch by batch: trains or only evaluates.
class BatchTask : public Task {
 public:
  BatchTask(PlanObject& object, std::size_t slot) : object_(object), slot_(slot) { object_.held(slot_)++; }
  ~BatchTask() override { object_.held(slot_)--; }
  void work() override;
  /// Float64Array of [loss, correct, rows] for each batch that was run.
  napi_value resolve(napi_env env) override;

 protected:
  virtual Status batch(std::size_t at, std::size_t rows, BatchResult* result) = 0;
  PlanObject& object_;
  const std::size_t slot_;

 private:
  std::vector<double> results_;
};

/// Trains until the slot ends, the loss is not finite, or it is stopped; then halts the plan, so that what waits behind it does nothing.
class TrainTask : public BatchTask {
 public:
  TrainTask(PlanObject& object, std::size_t slot) : BatchTask(object, slot) { object_.lock().trainings++; }
  ~TrainTask() override { object_.lock().trainings--; }
  /// Arguments from index 1 on: gradients, state0, state1, state2, rule, options, step, ends, clip, bounds, average, averaging, groups.
  void read(Arguments& a);

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

class PredictTask : public Task {
 public:
  PredictTask(PlanObject& object, const Floats& x, std::size_t rows, std::size_t outputs);
  void work() override;
  napi_value resolve(napi_env env) override;

 private:
  PlanObject& object_;
  AlignedBuffer x_, y_;
  std::size_t rows_, outputs_;
};

}  // namespace chainrule::binding
