#include "plan_tasks.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <shared_mutex>

#include "../plan/gather.h"
#include "functions.h"

namespace chainrule::binding {
namespace {

Column read_column(Arguments& a, std::size_t i, const char* expected) {
  Column c;
  bool typed = false;
  void* data = nullptr;
  const bool read = napi_is_typedarray(a.env(), a.raw(i), &typed) == napi_ok && typed &&
                    napi_get_typedarray_info(a.env(), a.raw(i), &c.type, &c.length, &data, nullptr, nullptr) == napi_ok;
  a.require(read && (c.type == napi_float32_array || c.type == napi_float64_array || c.type == napi_uint8_array || c.type == napi_int32_array), expected);
  c.data = data;
  return c;
}

template <class T>
void gather(const Column& from, std::size_t cols, const int32_t* rows, std::size_t count, double scale, T* to) {
  switch (from.type) {
    case napi_float32_array: return gather_rows(static_cast<const float*>(from.data), cols, rows, count, scale, to);
    case napi_float64_array: return gather_rows(static_cast<const double*>(from.data), cols, rows, count, scale, to);
    case napi_uint8_array: return gather_rows(static_cast<const uint8_t*>(from.data), cols, rows, count, scale, to);
    default: return gather_rows(static_cast<const int32_t*>(from.data), cols, rows, count, scale, to);
  }
}

}  // namespace

StageRequest read_stage(Arguments& a, const StageGoal& goal) {
  StageRequest r;
  r.goal = goal;
  r.x = read_column(a, 1, "x to be a Float32Array, Float64Array, Int32Array or Uint8Array");
  r.y = read_column(a, 2, "y to be a Float32Array, Float64Array, Int32Array or Uint8Array");
  const Ints rows = a.ints(3, "rows");
  const std::size_t start = a.size(4, "start");
  r.count = a.size(5, "count");
  r.scale = a.number(6, "scale");
  a.require(start <= rows.length && r.count <= rows.length - start, "start and count to lie in rows");
  const bool labels = takes_labels(goal.loss);
  a.require(!labels || r.y.type == napi_int32_array || r.y.type == napi_uint8_array, "labels in an Int32Array or Uint8Array");
  a.require(!goal.integers || r.x.type == napi_int32_array || r.x.type == napi_uint8_array, "indices in an Int32Array or Uint8Array");
  if (!a.ok()) return r;
  if (!a.is_null(7)) r.weights = read_column(a, 7, "weights to be a Float32Array, Float64Array, Int32Array or Uint8Array");
  if (!a.ok()) return r;
  r.rows = rows.data + start;
  std::size_t limit = std::min(r.x.length / goal.inputs, r.y.length / (labels ? 1 : goal.outputs));
  if (!a.is_null(7)) limit = std::min(limit, r.weights.length);
  const std::size_t bad = first_bad_row(r.rows, r.count, limit);
  if (bad < r.count) a.check({Code::out_of_range, "row out of range", static_cast<int64_t>(start + bad), r.rows[bad]});
  return r;
}

namespace {

// Whole numbers below a limit (labels, indices), or one that is allowed besides.
Status gather_integers(const Column& from, std::size_t cols, const StageRequest& r, std::size_t limit, int32_t* to, const char* what, int64_t allowed = -1) {
  if (from.type == napi_uint8_array) gather_rows(static_cast<const uint8_t*>(from.data), cols, r.rows, r.count, 1.0, to);
  else gather_rows(static_cast<const int32_t*>(from.data), cols, r.rows, r.count, 1.0, to);
  const std::size_t n = r.count * cols;
  std::size_t bad = first_bad_row(to, n, limit);
  while (allowed != -1 && bad < n && to[bad] == allowed) bad += 1 + first_bad_row(to + bad + 1, n - bad - 1, limit);
  return bad < n ? Status{Code::out_of_range, what, r.rows[bad / cols], to[bad]} : Status{};
}

}  // namespace

template <class T>
Status copy_rows(const StageRequest& r, Staging* staging) {
  const StageGoal& goal = r.goal;
  const bool labels = takes_labels(goal.loss);
  staging->rows = 0;
  void* const x = staging->x.reserve(r.count * goal.inputs * (goal.integers ? sizeof(int32_t) : sizeof(T)));
  void* const y = labels ? staging->labels.reserve(r.count * sizeof(int32_t)) : staging->targets.reserve(r.count * goal.outputs * sizeof(T));
  staging->weighted = r.weights.data != nullptr;
  void* const weights = staging->weighted ? staging->weights.reserve(r.count * sizeof(T)) : nullptr;
  if (!x || !y || (staging->weighted && !weights)) return {Code::out_of_memory, "no memory to stage batches"};
  if (weights) gather(r.weights, 1, r.rows, r.count, 1.0, static_cast<T*>(weights));
  Status status;
  if (labels) status = gather_integers(r.y, 1, r, goal.outputs, static_cast<int32_t*>(y), "label out of range", goal.ignored_label);
  else gather(r.y, goal.outputs, r.rows, r.count, 1.0, static_cast<T*>(y));
  if (!status.ok()) return status;
  if (goal.integers) status = gather_integers(r.x, goal.inputs, r, goal.index_limit, static_cast<int32_t*>(x), "index out of range");
  else gather(r.x, goal.inputs, r.rows, r.count, r.scale, static_cast<T*>(x));
  if (status.ok()) staging->rows = r.count;
  return status;
}

template Status copy_rows<float>(const StageRequest&, Staging*);
template Status copy_rows<double>(const StageRequest&, Staging*);

// Batches of a prediction beside whose time that of a copy of the parameters does not count.
constexpr std::size_t kLongPrediction = 4;

template <class T>
Status predict_rows(PlanObject& object, const void* x, T* y, std::size_t rows, const Task* task) {
  Plan<T>& plan = object.plan<T>();
  const T* parameters = object.parameters<T>();
  std::shared_lock<ParameterLock> shared(object.lock());
  // A long prediction lets updates go on, on a copy; not where running statistics would have to be copied too. A very long one
  // does so without trainings as well, so that who wants to replace the parameters waits little.
  const bool waited_for = object.lock().trainings.load(std::memory_order_relaxed) > 0 || (task && rows > kLongPrediction * plan.batch());
  if (rows > plan.batch() && !plan.has_buffers() && waited_for) {
    T* const copy = static_cast<T*>(object.snapshot().reserve(object.parameter_count() * sizeof(T)));
    if (!copy) return {Code::out_of_memory, "no memory to predict"};
    std::memcpy(copy, parameters, object.parameter_count() * sizeof(T));
    parameters = copy;
    shared.unlock();
  }
  for (std::size_t at = 0; at < rows; at += plan.batch()) {
    if (task && task->closing()) return {};
    Batch<T> batch{std::min(plan.batch(), rows - at)};
    if (plan.integers()) batch.indices = static_cast<const int32_t*>(x) + at * plan.inputs();
    else batch.x = static_cast<const T*>(x) + at * plan.inputs();
    const Status status = plan.predict(pool(), parameters, batch, y + at * plan.outputs());
    if (!status.ok()) return status;
  }
  return {};
}

template Status predict_rows<float>(PlanObject&, const void*, float*, std::size_t, const Task*);
template Status predict_rows<double>(PlanObject&, const void*, double*, std::size_t, const Task*);

void BatchTask::work() {
  const std::size_t staged = object_.staging(slot_).rows, most = object_.batch();
  results_.reserve(3 * (staged / most + 1));
  for (std::size_t at = 0; at < staged && !closing() && !object_.halted(); at += most) {
    const std::size_t rows = std::min(most, staged - at);
    BatchResult result;
    status = batch(at, rows, &result);
    if (result.stopped) break;
    if (status.ok()) results_.insert(results_.end(), {result.loss, result.correct, static_cast<double>(rows)});
    if (!status.ok()) object_.halt();
  }
}

napi_value BatchTask::resolve(napi_env env) { return copied_array(env, napi_float64_array, results_.data(), results_.size(), sizeof(double)); }

void TrainTask::read(Arguments& a) {
  const std::size_t parameters = object_.parameter_count();
  gradients_ = a.shared_floats(1, "gradients");
  a.require_length(gradients_.length, parameters, "gradients");
  const char* const names[] = {"state0", "state1", "state2"};
  for (std::size_t i = 0; i < 3; i++) {
    state_[i] = a.shared_floats_or_null(2 + i, names[i]);
    if (state_[i].data) a.require_length(state_[i].length, parameters, names[i]);
  }
  a.require(a.dtype() == (object_.wide() ? DType::float64 : DType::float32), "arrays of the plan's element type");
  if (a.ok()) read_update(a);
}

void TrainTask::read_update(Arguments& a) {
  const int64_t number = a.integer(5, "rule", -1, static_cast<int>(Optimizer::count) - 1);
  if (!a.ok() || number < 0) return;  // gradients only
  const auto rule = static_cast<Optimizer>(number);
  read_ends(a);
  if (!a.ok()) return;
  update_.options = a.double_list(6, "options");
  const std::size_t width = update_.ends.size() * static_cast<std::size_t>(optimizer_info(rule).options);
  if (update_.options.empty() || update_.options.size() % width != 0) a.require_length(update_.options.size(), width, "options");
  const int64_t step = a.integer(7, "step", 1, int64_t{1} << 53);
  if (!a.is_null(9)) {
    if (const double* const clip = a.doubles(9, "clip", 2)) update_.clip = {clip[0], clip[1]};
    a.require(update_.clip.value >= 0 && update_.clip.norm >= 0, "clip not to be negative");
  }
  if (!a.is_null(10)) read_bounds(a);
  average_ = a.shared_floats_or_null(11, "average");
  if (average_.data) {
    a.require_length(average_.length, object_.parameter_count(), "average");
    if (const double* const averaging = a.doubles(12, "averaging", 2)) update_.averaging = {averaging[0], averaging[1] != 0};
  }
  if (!a.is_null(13)) read_groups(a);
  if (!a.ok()) return;
  const Status status = update_.start(rule, step, {state_[0].data != nullptr, state_[1].data != nullptr, state_[2].data != nullptr});
  a.require(status.ok(), status.what);
}

void TrainTask::read_ends(Arguments& a) {
  std::size_t begin = 0;
  for (const double given : a.is_null(8) ? std::vector<double>{} : a.double_list(8, "ends")) {
    const double end = std::abs(given);
    a.require(end >= static_cast<double>(begin) && end <= static_cast<double>(object_.parameter_count()) && end == std::floor(end), "ends that ascend");
    if (!a.ok()) return;
    update_.ends.push_back(begin = static_cast<std::size_t>(end));
    update_.frozen.push_back(given < 0);
  }
  if (update_.ends.empty()) update_.ends.push_back(begin = object_.parameter_count());
  a.require(begin == object_.parameter_count(), "the last end at the end of the parameters");
}

// [whether gradients wait, divisors by batch]
void TrainTask::read_groups(Arguments& a) {
  const std::vector<double> numbers = a.double_list(13, "groups");
  const std::size_t staged = object_.staging(slot_).rows, batches = (staged + object_.batch() - 1) / object_.batch();
  a.require_length(numbers.size(), batches + 1, "groups");
  for (std::size_t i = 1; a.ok() && i < numbers.size(); i++) a.require(numbers[i] >= 0, "divisors not to be negative");
  if (!a.ok()) return;
  update_.waiting = numbers[0] != 0;
  update_.divisors.assign(numbers.begin() + 1, numbers.end());
}

void TrainTask::read_bounds(Arguments& a) {
  const std::vector<double> numbers = a.double_list(10, "bounds");
  a.require(numbers.size() % 4 == 0, "bounds of four numbers");
  const double most = static_cast<double>(object_.parameter_count());
  for (std::size_t i = 0; a.ok() && i < numbers.size(); i += 4) {
    const double *const n = numbers.data() + i, size = n[1] * n[2];
    const bool whole = n[0] >= 0 && n[1] >= 0 && n[2] >= 0 && n[0] == std::floor(n[0]) && n[1] == std::floor(n[1]) && n[2] == std::floor(n[2]);
    a.require(whole && n[1] <= most && n[2] <= most && n[0] + size <= most && n[3] > 0, "bounds of matrices inside the parameters");
    if (a.ok()) update_.bounds.push_back({static_cast<std::size_t>(n[0]), static_cast<std::size_t>(n[1]), static_cast<std::size_t>(n[2]), n[3]});
  }
}

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
  const Status done = with_dtype(object_.wide() ? DType::float64 : DType::float32, [&]<class T>() {
    const Blocks<T> blocks{object_.parameters<T>(), gradients_.as<T>(), {state_[0].as<T>(), state_[1].as<T>(), state_[2].as<T>()}, average_.as<T>(), &object_.lock()};
    return object_.plan<T>().train(pool(), blocks, staged_batch<T>(object_, slot_, at, rows), update_, result);
  });
  if (!result->finite) object_.halt();
  if (!result->stopped) update_.advance();
  return done;
}

Status EvaluateTask::batch(std::size_t at, std::size_t rows, BatchResult* result) {
  return with_dtype(object_.wide() ? DType::float64 : DType::float32, [&]<class T>() {
    return object_.plan<T>().evaluate(pool(), object_.parameters<T>(), staged_batch<T>(object_, slot_, at, rows), result);
  });
}

PredictTask::PredictTask(PlanObject& object, const Floats& x, std::size_t rows, std::size_t outputs) : object_(object), rows_(rows), outputs_(outputs) {
  const std::size_t element = object.wide() ? sizeof(double) : sizeof(float), taken = object.integers() ? sizeof(int32_t) : element;
  void* const copy = x_.reserve(x.length * taken);
  if (!copy || !y_.reserve(rows * outputs * element)) {
    status = {Code::out_of_memory, "no memory to predict"};
    return;
  }
  // Copied, because the caller may change or transfer its array while the prediction runs.
  if (x.length) std::memcpy(copy, x.data, x.length * taken);
}

void PredictTask::work() {
  std::lock_guard<std::mutex> lock(object_.mutex());
  status = with_dtype(object_.wide() ? DType::float64 : DType::float32, [&]<class T>() {
    return predict_rows<T>(object_, x_.data(), static_cast<T*>(y_.data()), rows_, this);
  });
}

napi_value PredictTask::resolve(napi_env env) {
  const std::size_t n = rows_ * outputs_;
  if (object_.wide()) return copied_array(env, napi_float64_array, y_.data(), n, sizeof(double));
  return copied_array(env, napi_float32_array, y_.data(), n, sizeof(float));
}

}  // namespace chainrule::binding
