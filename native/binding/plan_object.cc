#include "plan_object.h"

#include "arguments.h"
#include "functions.h"
#include "plan_tasks.h"

namespace chainrule::binding {
namespace {

constexpr const char* kOps[] = {"linear", "unary", "prelu", "softmax", "logSoftmax"};
constexpr const char* kLosses[] = {"none", "crossEntropy", "squaredError"};

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
  op->x = small(from.Get("x"));
  op->y = small(from.Get("y"));
  op->weight = whole(from.Get("weight"));
  op->weight_length = from.Has("weightLength") ? whole(from.Get("weightLength")) : 0;
  op->bias = whole(from.Get("bias"));
  op->unary = small(from.Get("op"));
  op->parameters[0] = number_or(from.Get("p0"), 0);
  op->parameters[1] = number_or(from.Get("p1"), 0);
  return {};
}

Status read_description(const Napi::Object& from, PlanDescription* d) {
  d->batch = whole(from.Get("batch"));
  d->parameters = whole(from.Get("parameters"));
  const int loss = index_of(kLosses, from.Get("loss").ToString().Utf8Value());
  if (loss < 0) return invalid("a known loss");
  d->loss = static_cast<LossKind>(loss);
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
    InstanceMethod<&PlanObject::predict>("predict"),
    InstanceMethod<&PlanObject::predict_sync>("predictSync"),
    InstanceMethod<&PlanObject::stop>("stop"),
    InstanceMethod<&PlanObject::describe>("describe"),
  });
}

PlanObject::PlanObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PlanObject>(info) {
  const Napi::Env env = info.Env();
  auto fail = [&](const Status& status) {
    Napi::Error error = Napi::Error::New(env, std::string("NativePlan: expected ") + status.what + (status.where > 0 ? " (op " + std::to_string(status.where) + ")" : ""));
    error.Set("code", Napi::String::New(env, status.code == Code::out_of_memory ? "OUT_OF_MEMORY" : "INVALID_ARGUMENT"));
    error.ThrowAsJavaScriptException();
  };
  if (!info[0].IsObject()) {
    fail(invalid("a description"));
    return;
  }
  const Napi::Object from = info[0].As<Napi::Object>();
  PlanDescription description;
  Status status = read_description(from, &description);
  if (env.IsExceptionPending()) return;
  wide_ = from.Get("float64").ToBoolean();
  if (status.ok()) {
    if (wide_) status = Plan<double>::build(kernels(), description, &plan_.emplace<1>());
    else status = Plan<float>::build(kernels(), description, &plan_.emplace<0>());
  }
  if (!status.ok()) {
    fail(status);
    return;
  }
  inputs_ = description.widths.front();
  outputs_ = description.widths.back();
  batch_ = description.batch;
  parameters_ = description.parameters;
  loss_ = description.loss;
}

Napi::Value PlanObject::stage(const Napi::CallbackInfo& info) {
  Arguments a(info.Env(), info, "stage");
  const auto slot = static_cast<std::size_t>(a.integer(0, "slot", 0, 1));
  a.require(loss_ != LossKind::none, "a plan with a loss");
  a.require(training_[slot].load() == 0, "a slot that is not being trained on");
  const StageRequest request = read_stage(a, inputs_, outputs_, loss_);
  if (!a.ok()) return {};
  const Status status = wide_ ? copy_rows<double>(request, &staging_[slot]) : copy_rows<float>(request, &staging_[slot]);
  a.check(status);
  return {};
}

Napi::Value PlanObject::train(const Napi::CallbackInfo& info) {
  Arguments a(info.Env(), info, "train");
  a.require(loss_ != LossKind::none, "a plan with a loss");
  auto task = std::make_unique<TrainTask>(*this);
  task->read(a, parameters_, wide_);
  if (!a.ok()) return {};
  a.require(training_[task->slot()].fetch_add(1) == 0, "a slot that is not being trained on");
  if (!a.ok()) {
    training_[task->slot()].fetch_sub(1);
    return {};
  }
  task->hold_slot();
  task->keep(info.This());
  for (std::size_t i = 1; i <= 4; i++)
    if (!a.is_null(i)) task->keep(info[i]);
  stopping_.store(false);
  return Environment::of(info.Env()).start(info.Env(), std::move(task));
}

Napi::Value PlanObject::predict(const Napi::CallbackInfo& info) {
  Arguments a(info.Env(), info, "predict");
  const Floats parameters = a.shared_floats(0, "parameters"), x = a.floats(1, "x");
  a.require_length(parameters.length, parameters_, "parameters");
  a.require(a.ok() && a.dtype() == (wide_ ? DType::float64 : DType::float32), "arrays of the plan's element type");
  a.require(x.length % inputs_ == 0, "whole rows of x");
  if (!a.ok()) return {};
  auto task = std::make_unique<PredictTask>(*this, parameters, x, x.length / inputs_, outputs_);
  a.check(task->status);
  if (!a.ok()) return {};
  task->keep(info.This());
  task->keep(info[0]);
  return Environment::of(info.Env()).start(info.Env(), std::move(task));
}

Napi::Value PlanObject::predict_sync(const Napi::CallbackInfo& info) {
  Arguments a(info.Env(), info, "predictSync");
  const Floats parameters = a.floats(0, "parameters"), x = a.floats(1, "x"), y = a.floats(2, "y");
  a.require_length(parameters.length, parameters_, "parameters");
  a.require(a.ok() && a.dtype() == (wide_ ? DType::float64 : DType::float32), "arrays of the plan's element type");
  a.require(x.length % inputs_ == 0 && y.length % outputs_ == 0 && x.length / inputs_ == y.length / outputs_, "whole rows of x, and y as many");
  std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
  a.require(lock.owns_lock(), "a plan that is not running");
  if (!a.ok()) return {};
  a.check(wide_ ? predict_rows<double>(*this, parameters, x, y.data, x.length / inputs_, nullptr)
                : predict_rows<float>(*this, parameters, x, y.data, x.length / inputs_, nullptr));
  return {};
}

Napi::Value PlanObject::stop(const Napi::CallbackInfo&) {
  stopping_.store(true);
  return {};
}

Napi::Value PlanObject::describe(const Napi::CallbackInfo& info) {
  Napi::Object o = Napi::Object::New(info.Env());
  const auto [steps, bytes] = wide_ ? std::pair(plan<double>().steps(), plan<double>().arena_bytes()) : std::pair(plan<float>().steps(), plan<float>().arena_bytes());
  o.Set("steps", static_cast<double>(steps));
  o.Set("arenaBytes", static_cast<double>(bytes));
  o.Set("stagingBytes", static_cast<double>(staging_[0].x.bytes() + staging_[1].x.bytes()));
  return o;
}

}  // namespace chainrule::binding
