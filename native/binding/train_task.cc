#include "train_task.h"

#include <algorithm>

#include "../plan/gather.h"
#include "functions.h"

namespace chainrule::binding {

BatchTask::BatchTask(PlanObject& plan, std::size_t slot) : plan_(plan), slot_(slot) {
  results_.reserve(3 * (plan.staging(slot).rows / plan.batch() + 1));
  plan.held(slot)++;
}

BatchTask::~BatchTask() { plan_.held(slot_)--; }

void BatchTask::work() {
  const std::size_t staged = plan_.staging(slot_).rows, most = plan_.batch();
  for (std::size_t at = 0; at < staged && !plan_.halted(); at += most) {
    const std::size_t rows = std::min(most, staged - at);
    BatchResult result;
    status = batch(at, rows, &result);
    if (!status.ok()) plan_.halt();
    if (!status.ok() || result.stopped) return;
    results_.insert(results_.end(), {result.loss, result.correct, static_cast<double>(rows)});
  }
}

napi_value BatchTask::resolve(napi_env env) { return copied_array(env, napi_float64_array, results_.data(), results_.size(), sizeof(double)); }

namespace {

// What of the next batch is asked for at most: a part of the second-level cache that fits beside the batch that is computed.
constexpr std::size_t kAheadBytes = 64 << 10;

/// The staged rows from `at` on. The rows after them are on their way then: they were copied by another core, and come slowly.
template <class T>
Batch<T> staged_batch(PlanObject& object, std::size_t slot, std::size_t at, std::size_t rows) {
  const Plan<T>& plan = object.plan<T>();
  const Staging& staged = object.staging(slot);
  Batch<T> batch{rows};
  batch.stop = &object.halt_flag();
  if (plan.integers()) batch.indices = static_cast<const int32_t*>(staged.x.data()) + at * plan.inputs();
  else batch.x = static_cast<const T*>(staged.x.data()) + at * plan.inputs();
  const std::size_t row_bytes = plan.inputs() * (plan.integers() ? sizeof(int32_t) : sizeof(T)), ahead = std::min(rows, staged.rows - at - rows);
  prefetch_lines(static_cast<const char*>(staged.x.data()) + (at + rows) * row_bytes, std::min(ahead * row_bytes, kAheadBytes));
  if (takes_labels(plan.loss())) batch.targets.labels = static_cast<const int32_t*>(staged.labels.data()) + at;
  else batch.targets.values = static_cast<const T*>(staged.targets.data()) + at * plan.outputs();
  if (staged.weighted) batch.targets.weights = static_cast<const T*>(staged.weights.data()) + at;
  return batch;
}

}  // namespace

Status TrainTask::batch(std::size_t at, std::size_t rows, BatchResult* result) {
  const Status done = with_dtype(plan_.wide() ? DType::float64 : DType::float32, [&]<class T>() {
    const Blocks<T> blocks{plan_.parameters<T>(), gradients_.as<T>(), {state_[0].as<T>(), state_[1].as<T>(), state_[2].as<T>()}, average_.as<T>(), &plan_.lock()};
    return plan_.plan<T>().train(pool(), blocks, staged_batch<T>(plan_, slot_, at, rows), update_, result);
  });
  if (!result->finite) plan_.halt();
  if (!result->stopped) update_.advance();
  return done;
}

Status EvaluateTask::batch(std::size_t at, std::size_t rows, BatchResult* result) {
  return with_dtype(plan_.wide() ? DType::float64 : DType::float32, [&]<class T>() {
    return plan_.plan<T>().evaluate(pool(), plan_.parameters<T>(), staged_batch<T>(plan_, slot_, at, rows), result);
  });
}

}  // namespace chainrule::binding
