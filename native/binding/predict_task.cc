#include "predict_task.h"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "functions.h"

namespace chainrule::binding {

// Batches of a prediction beside whose time that of a copy of the parameters does not count.
constexpr std::size_t kLongPrediction = 4;

template <class T>
Status predict_rows(PlanObject& object, const void* x, T* y, std::size_t rows, const std::atomic<bool>* stop) {
  Plan<T>& plan = object.plan<T>();
  const T* parameters = object.parameters<T>();
  SharedHere shared(object.lock());
  // A long prediction lets updates go on, on a copy; not where running statistics would have to be copied too. A very long one
  // does so without trainings as well, so that who wants to replace the parameters waits little.
  const bool waited_for = object.lock().trainings.load(std::memory_order_relaxed) > 0 || (stop && rows > kLongPrediction * plan.batch());
  if (rows > plan.batch() && !plan.has_buffers() && waited_for) {
    T* const copy = static_cast<T*>(object.snapshot().reserve(object.parameter_count() * sizeof(T)));
    if (!copy) return {Code::out_of_memory, "no memory to predict"};
    std::memcpy(copy, parameters, object.parameter_count() * sizeof(T));
    parameters = copy;
    shared.unlock();
  }
  for (std::size_t at = 0; at < rows; at += plan.batch()) {
    if (stop && stop->load(std::memory_order_relaxed)) return {};
    Batch<T> batch{std::min(plan.batch(), rows - at)};
    batch.stop = stop;
    if (plan.integers()) batch.indices = static_cast<const int32_t*>(x) + at * plan.inputs();
    else batch.x = static_cast<const T*>(x) + at * plan.inputs();
    const Status status = plan.predict(pool(), parameters, batch, y + at * plan.outputs());
    if (!status.ok()) return status;
  }
  return {};
}

template Status predict_rows<float>(PlanObject&, const void*, float*, std::size_t, const std::atomic<bool>*);
template Status predict_rows<double>(PlanObject&, const void*, double*, std::size_t, const std::atomic<bool>*);

PredictTask::PredictTask(PlanObject& plan, const Floats& x) : plan_(plan), rows_(x.length / plan.inputs()) {
  const std::size_t element = plan.wide() ? sizeof(double) : sizeof(float), taken = plan.integers() ? sizeof(int32_t) : element;
  void* const copy = x_.reserve(x.length * taken);
  if (!copy || !y_.reserve(rows_ * plan.outputs() * element)) {
    status = {Code::out_of_memory, "no memory to predict"};
    return;
  }
  // Copied, because the caller may change or transfer its array while the prediction runs.
  if (x.length) std::memcpy(copy, x.data, x.length * taken);
}

void PredictTask::work() {
  std::lock_guard<std::mutex> lock(plan_.mutex());
  status = with_dtype(plan_.dtype(), [&]<class T>() { return predict_rows<T>(plan_, x_.data(), static_cast<T*>(y_.data()), rows_, &stop_); });
}

napi_value PredictTask::resolve(napi_env env) {
  const std::size_t n = rows_ * plan_.outputs();
  if (plan_.wide()) return copied_array(env, napi_float64_array, y_.data(), n, sizeof(double));
  return copied_array(env, napi_float32_array, y_.data(), n, sizeof(float));
}

}  // namespace chainrule::binding
