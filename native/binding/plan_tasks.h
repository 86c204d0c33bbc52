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

/// Which rows to copy from where. Everything is checked when it has been read.
struct StageRequest {
  Column x, y;
  const int32_t* rows = nullptr;
  std::size_t count = 0, inputs = 0, outputs = 0;
  double scale = 1;
  LossKind loss = LossKind::none;
};

/// Arguments of stage from index 1 on: x, y, rows, start, count, scale.
StageRequest read_stage(Arguments& a, std::size_t inputs, std::size_t outputs, LossKind loss);

/// Copies the request's rows; fails without memory or on a label out of range (`where`: position in the rows).
template <class T>
Status copy_rows(const StageRequest& request, Staging* staging);

/// Predicts `rows` rows in pieces of the plan's batch. `task`, if any, is asked between pieces whether to stop.
template <class T>
Status predict_rows(PlanObject& object, const Floats& parameters, const Floats& x, void* y, std::size_t rows, const Task* task);

/// Trains on a staged slot, batch after batch, until it ends, the loss is not finite, or it is stopped.
class TrainTask : public Task {
 public:
  explicit TrainTask(PlanObject& object) : object_(object) {}
  /// slot, parameters, gradients, state0, state1, optimizer (0 none, 1 sgd, 2 adam), six options, step
  void read(Arguments& a, std::size_t parameters, bool wide);
  ~TrainTask() override;
  std::size_t slot() const { return slot_; }
  /// From here on the slot may not be written to, until this task is gone.
  void hold_slot() { started_ = true; }
  void work() override;
  /// Float64Array of [loss, correct, rows] for each batch that was run.
  Napi::Value resolve(Napi::Env env) override;

 private:
  template <class T> void run();
  PlanObject& object_;
  std::size_t slot_ = 0;
  Floats parameters_, gradients_, state_[2];
  Update update_;
  bool started_ = false;
  std::vector<double> results_;
};

class PredictTask : public Task {
 public:
  PredictTask(PlanObject& object, const Floats& parameters, const Floats& x, std::size_t rows, std::size_t outputs);
  void work() override;
  Napi::Value resolve(Napi::Env env) override;

 private:
  PlanObject& object_;
  Floats parameters_;
  AlignedBuffer x_, y_;
  std::size_t rows_, outputs_, x_length_;
};

}  // namespace chainrule::binding
