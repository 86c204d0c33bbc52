#include "plan_object.h"

#include "arguments.h"
#include "functions.h"
#include "../plan/gather.h"
#include "plan_tasks.h"

namespace chainrule::binding {
namespace {

constexpr const char* kOps[] = {"linear", "unary", "prelu", "softmax", "logSoftmax", "add", "subtract", "multiply", "concat", "layerNorm", "batchNorm", "dropout", "embedding", "columns", "lookup", "divide", "maximum", "minimum", "bound"};
constexpr const char* kLosses[] = {"none", "crossEntropy", "squaredError", "weightedCrossEntropy", "softCrossEntropy", "element", "negativeLogLikelihood"};

template <std::size_t N>
int index_of(const char* const (&names)[N], const std::string& name) {
  for (std::size_t i = 0; i < N; i++)
    if (name == names[i]) return static_cast<int>(i);
  return -1;
}

// A whole number of a description; anything else becomes kNone, which validate() rejects wherever it matters.
std::size_t whole(const Napi::Value& value) {
  if (!value.IsNumber()) return kNone;
  const double d = value.As<Napi::Number>().DoubleValue();
  return d >= 0 && d <= 9007199254740992.0 && d == static_cast<double>(static_cast<uint64_t>(d)) ? static_cast<std::size_t>(d) : kNone;
}

double number_or(const Napi::Value& value, double otherwise) { return value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : otherwise; }

int32_t small(const Napi::Value& value) {
  const std::size_t n = whole(value);
  return n < 0x7fffffff ? static_cast<int32_t>(n) : -1;
}

Status read_op(const Napi::Object& from, OpDescription* op) {
  const int kind = index_of(kOps, from.Get("kind").ToString().Utf8Value());
  if (kind < 0) return invalid("an op of a known kind");
  op->kind = static_cast<OpKind>(kind);
  if (!from.Get("x").IsArray()) return invalid("an op's inputs x in an array");
  const Napi::Array inputs = from.Get("x").As<Napi::Array>();
  for (uint32_t i = 0; i < inputs.Length(); i++) op->x.push_back(small(inputs.Get(i)));
  op->y = small(from.Get("y"));
  op->weight = whole(from.Get("weight"));
  op->weight_length = from.Has("weightLength") ? whole(from.Get("weightLength")) : 0;
  op->bias = whole(from.Get("bias"));
  op->unary = small(from.Get("op"));
  op->parameters[0] = number_or(from.Get("p0"), 0);
  op->parameters[1] = number_or(from.Get("p1"), 0);
  op->buffer = whole(from.Get("buffer"));
  op->counter = whole(from.Get("counter"));
  op->seed = from.Has("seed") ? whole(from.Get("seed")) : 0;
  op->stream = from.Has("stream") ? whole(from.Get("stream")) : 0;
  op->padding = small(from.Get("padding"));
  op->column = small(from.Get("column"));
  op->frozen = from.Get("frozen").ToBoolean();
  op->running = from.Get("running").ToBoolean();
  return {};
}

Status read_description(const Napi::Object& from, PlanDescription* d) {
  d->batch = whole(from.Get("batch"));
  d->parameters = whole(from.Get("parameters"));
  d->integers = from.Get("integers").ToBoolean();
  const int loss = index_of(kLosses, from.Get("loss").ToString().Utf8Value());
  if (loss < 0) return invalid("a known loss");
  d->loss = static_cast<LossKind>(loss);
  if (from.Get("lossOptions").IsObject()) {
    const Napi::Object options = from.Get("lossOptions").As<Napi::Object>();
    d->loss_options.sum = options.Get("sum").ToBoolean();
    d->loss_options.by_rows = options.Get("byRows").ToBoolean();
    d->loss_options.element = static_cast<Loss>(options.Has("element") ? small(options.Get("element")) : 0);
    d->loss_options.parameter = number_or(options.Get("parameter"), 0);
    d->loss_options.smoothing = number_or(options.Get("smoothing"), 0);
    d->loss_options.ignored = static_cast<int64_t>(static_cast<int32_t>(number_or(options.Get("ignore"), -1)));
    if (options.Get("classWeights").IsArray()) {
      const Napi::Array weights = options.Get("classWeights").As<Napi::Array>();
      for (uint32_t i = 0; i < weights.Length(); i++) d->loss_options.class_weights.push_back(number_or(weights.Get(i), 0));
    }
  }
  if (!from.Get("widths").IsArray() || !from.Get("ops").IsArray() || d->parameters == kNone) return invalid("widths, ops and parameters");
  const Napi::Array widths = from.Get("widths").As<Napi::Array>(), ops = from.Get("ops").As<Napi::Array>();
  if (ops.Length() > 1'000'000) return invalid("at most a million ops");
  for (uint32_t i = 0; i < widths.Length(); i++) d->widths.push_back(whole(widths.Get(i)));
  for (uint32_t i = 0; i < ops.Length(); i++) {
    const Napi::Value value = ops.Get(i);
    if (!value.IsObject()) return invalid("ops to be objects");
    OpDescription op;
    const Status read = read_op(value.As<Napi::Object>(), &op);
    if (!read.ok()) return read;
    d->ops.push_back(op);
  }
  return {};
}

}  // namespace

Napi::Function PlanObject::define(Napi::Env env) {
  return DefineClass(env, "NativePlan", {
    InstanceMethod<&PlanObject::stage>("stage"),
    InstanceMethod<&PlanObject::train>("train"),
    InstanceMethod<&PlanObject::evaluate>("evaluate"),
    InstanceMethod<&PlanObject::predict>("predict"),
    InstanceMethod<&PlanObject::predict_sync>("predictSync"),
    InstanceMethod<&PlanObject::stop>("stop"),
    InstanceMethod<&PlanObject::resume>("resume"),
    InstanceMethod<&PlanObject::describe>("describe"),
  });
}

PlanObject::PlanObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PlanObject>(info) {
  const Status status = build(info);
  if (!status.ok()) {
    Napi::Error error = Napi::Error::New(info.Env(), std::string("NativePlan: expected ") + status.what + (status.where > 0 ? " (op " + std::to_string(status.where) + ")" : ""));
    error.Set("code", Napi::String::New(info.Env(), status.code == Code::out_of_memory ? "OUT_OF_MEMORY" : "INVALID_ARGUMENT"));
    error.ThrowAsJavaScriptException();
    return;
  }
  if (!info.Env().IsExceptionPending()) account();
}

// Keeps a value as long as the plan, in a property that cannot be changed. A reference would let go of it only when the
// plan's finalizer runs, which needs the event loop: models made in a loop that never returns to it would pile up.
void PlanObject::hold(const Napi::CallbackInfo& info, Napi::Value value) {
  const std::string name = "kept" + std::to_string(kept_++);
  info.This().As<Napi::Object>().DefineProperty(Napi::PropertyDescriptor::Value(name, value, napi_default));
}

// Ok also where an exception is pending: a getter of the description threw, or an argument was refused.
Status PlanObject::build(const Napi::CallbackInfo& info) {
  if (!info[0].IsObject()) return invalid("a description");
  const Napi::Object from = info[0].As<Napi::Object>();
  PlanDescription description;
  const Status read = read_description(from, &description);
  wide_ = from.Get("float64").ToBoolean();
  if (info.Env().IsExceptionPending() || !read.ok()) return read;
  Arguments a(info.Env(), info, "NativePlan");
  parameters_ = a.shared_floats(1, "parameters");
  a.require_length(parameters_.length, description.parameters, "parameters");
  a.require(a.dtype() == (wide_ ? DType::float64 : DType::float32), "parameters of the plan's element type");
  if (!a.ok()) return {};
  hold(info, info[1]);
  return with_dtype(a.dtype(), [&]<class T>() {
    Memory<T> memory;
    const Status attached = read_memory(info, a.dtype(), &description, &memory);
    if (!attached.ok() || info.Env().IsExceptionPending()) return attached;
    auto& plan = plan_.emplace<std::unique_ptr<Plan<T>>>();
    const Status built = Plan<T>::build(kernels(), description, &plan);
    if (!built.ok()) return built;
    plan->attach(std::move(memory));
    inputs_ = description.widths.front();
    outputs_ = description.widths.back();
    loss_ = description.loss;
    ignored_label_ = description.loss_options.ignored;
    integers_ = description.integers;
    index_limit_ = index_limit(description);
    lock_ = ParameterLock::of(parameters_.data);
    return Status{};
  });
}

// Arguments 2 and 3: an array of buffers, and the counters; both may be missing. All lie in shared memory.
template <class T>
Status PlanObject::read_memory(const Napi::CallbackInfo& info, DType dtype, PlanDescription* description, Memory<T>* memory) {
  if (info[2].IsArray()) {
    const Napi::Array buffers = info[2].As<Napi::Array>();
    for (uint32_t i = 0; i < buffers.Length(); i++) {
      const Napi::Value buffer = buffers.Get(i);
      Arguments a(info.Env(), buffer, "NativePlan");
      const Floats floats = a.shared_floats(0, "a buffer");
      a.require(a.dtype() == dtype, "buffers of the plan's element type");
      if (!a.ok()) return {};
      memory->buffers.push_back(floats.as<T>());
      description->buffers.push_back(floats.length);
      hold(info, buffer);
    }
  }
  Arguments a(info.Env(), info, "NativePlan");
  if (a.is_null(3)) return {};
  const Floats counters = a.shared_floats(3, "counters");
  a.require(a.dtype() == DType::float64, "counters in a Float64Array");
  if (!a.ok()) return {};
  memory->counters = counters.as<double>();
  description->counters = counters.length;
  hold(info, info[3]);
  return {};
}

void PlanObject::Finalize(Napi::Env env) { Napi::MemoryManagement::AdjustExternalMemory(env, -accounted_); }

int64_t PlanObject::bytes() const {
  std::size_t sum = std::visit([](const auto& plan) { return plan->arena_bytes(); }, plan_) + snapshot_.bytes();
  for (const Staging& s : staging_) sum += s.x.bytes() + s.targets.bytes() + s.labels.bytes() + s.weights.bytes();
  return static_cast<int64_t>(sum);
}

// So that the garbage collector knows what it would free with this object.
void PlanObject::account() {
  const int64_t now = bytes();
  if (now != accounted_) Napi::MemoryManagement::AdjustExternalMemory(Env(), now - accounted_);
  accounted_ = now;
}

Napi::Value PlanObject::stage(const Napi::CallbackInfo& info) {
  Arguments a(info.Env(), info, "stage");
  const auto slot = static_cast<std::size_t>(a.integer(0, "slot", 0, 1));
  a.require(loss_ != LossKind::none, "a plan with a loss");
  a.require(held_[slot].load() == 0, "a slot that is not being read");
  const StageRequest request = read_stage(a, {inputs_, outputs_, loss_, integers_, index_limit_, ignored_label_});
  if (!a.ok()) return {};
  a.check(wide_ ? copy_rows<double>(request, &staging_[slot]) : copy_rows<float>(request, &staging_[slot]));
  account();
  return {};
}

Napi::Value PlanObject::train(const Napi::CallbackInfo& info) {
  Arguments a(info.Env(), info, "train");
  const auto slot = static_cast<std::size_t>(a.integer(0, "slot", 0, 1));
  a.require(loss_ != LossKind::none, "a plan with a loss");
  a.require(held_[slot].load() == 0, "a slot that is not being read");
  if (!a.ok()) return {};
  auto task = std::make_unique<TrainTask>(*this, slot);
  task->read(a);
  if (!a.ok()) return {};
  task->keep(info.This());
  for (const std::size_t i : {1, 2, 3, 4, 11})
    if (info[i].IsTypedArray()) task->keep(info[i]);
  return Environment::of(info.Env()).start(info.Env(), std::move(task), &strand_);
}

Napi::Value PlanObject::evaluate(const Napi::CallbackInfo& info) {
  Arguments a(info.Env(), info, "evaluate");
  const auto slot = static_cast<std::size_t>(a.integer(0, "slot", 0, 1));
  a.require(loss_ != LossKind::none, "a plan with a loss");
  a.require(held_[slot].load() == 0, "a slot that is not being read");
  if (!a.ok()) return {};
  auto task = std::make_unique<EvaluateTask>(*this, slot);
  task->keep(info.This());
  return Environment::of(info.Env()).start(info.Env(), std::move(task), &strand_);
}

// Whole rows of x: numbers of the plan's type, or indices in range.
Floats PlanObject::read_rows(Arguments& a, std::size_t i) const {
  Floats x;
  if (integers_) {
    const Ints indices = a.ints(i, "x");
    const std::size_t bad = first_bad_row(indices.data, indices.length, index_limit_);
    if (bad < indices.length) a.check({Code::out_of_range, "index out of range", static_cast<int64_t>(bad), indices.data[bad]});
    x = {indices.data, indices.length};
  } else {
    x = a.floats(i, "x");
    a.require(a.dtype() == (wide_ ? DType::float64 : DType::float32), "an array of the plan's element type");
  }
  a.require(x.length % inputs_ == 0, "whole rows of x");
  return x;
}

Napi::Value PlanObject::predict(const Napi::CallbackInfo& info) {
  Arguments a(info.Env(), info, "predict");
  a.require(loss_ == LossKind::none, "a plan without a loss");
  const Floats x = read_rows(a, 0);
  if (!a.ok()) return {};
  auto task = std::make_unique<PredictTask>(*this, x, x.length / inputs_, outputs_);
  a.check(task->status);
  if (!a.ok()) return {};
  task->keep(info.This());
  return Environment::of(info.Env()).start(info.Env(), std::move(task), &strand_);
}

Napi::Value PlanObject::predict_sync(const Napi::CallbackInfo& info) {
  Arguments a(info.Env(), info, "predictSync");
  a.require(loss_ == LossKind::none, "a plan without a loss");
  const Floats x = read_rows(a, 0), y = a.floats(1, "y");
  a.require(a.dtype() == (wide_ ? DType::float64 : DType::float32), "arrays of the plan's element type");
  a.require(y.length % outputs_ == 0 && x.length / inputs_ == y.length / outputs_, "whole rows of x, and y as many");
  if (!a.ok()) return {};
  std::lock_guard<std::mutex> lock(mutex_);
  const std::size_t rows = x.length / inputs_;
  a.check(wide_ ? predict_rows<double>(*this, x.data, y.as<double>(), rows, nullptr) : predict_rows<float>(*this, x.data, y.as<float>(), rows, nullptr));
  return {};
}

Napi::Value PlanObject::stop(const Napi::CallbackInfo&) {
  halt();
  return {};
}

Napi::Value PlanObject::resume(const Napi::CallbackInfo&) {
  halted_.store(false);
  return {};
}

Napi::Value PlanObject::describe(const Napi::CallbackInfo& info) {
  Napi::Object o = Napi::Object::New(info.Env());
  const auto [reports, arena] = std::visit([](const auto& plan) { return std::pair(plan->report(), plan->arena_bytes()); }, plan_);
  Napi::Array ops = Napi::Array::New(info.Env(), reports.size());
  for (std::size_t i = 0; i < reports.size(); i++) {
    const OpReport& r = reports[i];
    Napi::Object row = Napi::Object::New(info.Env());
    row.Set("kind", kOps[static_cast<int>(r.kind)]);
    row.Set("activation", static_cast<double>(r.activation));
    row.Set("width", static_cast<double>(r.width));
    row.Set("parameters", static_cast<double>(r.parameters));
    row.Set("flops", r.flops);
    row.Set("bytes", static_cast<double>(r.bytes));
    ops.Set(static_cast<uint32_t>(i), row);
  }
  o.Set("ops", ops);
  o.Set("arenaBytes", static_cast<double>(arena));
  o.Set("stagingBytes", static_cast<double>(bytes() - static_cast<int64_t>(arena)));
  return o;
}

}  // namespace chainrule::binding
