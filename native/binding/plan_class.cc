// The methods of NativePlan: each reads its arguments and starts a task, or does what takes no time.
#include <iterator>

#include "../plan/gather.h"
#include "functions.h"
#include "plan_description.h"
#include "plan_object.h"
#include "predict_task.h"
#include "train_task.h"

namespace chainrule::binding {

napi_value construct(Arguments& a) {
  napi_value target = nullptr;
  auto object = std::make_unique<PlanObject>();
  a.require_done(napi_get_new_target(a.env(), a.info(), &target));
  a.require(target != nullptr, "to be called with new");
  if (!a.ok() || !object->build(a)) return nullptr;
  a.require_done(napi_wrap(a.env(), a.self(), object.get(), PlanObject::finalize, nullptr, nullptr));
  if (!a.ok()) return nullptr;
  object.release()->account(a.env());
  return a.self();
}

namespace {

/// The slot that is argument 0 of a plan with a loss, when no task reads it.
std::size_t free_slot(Arguments& a, PlanObject& plan) {
  const auto slot = static_cast<std::size_t>(a.integer(0, "slot", 0, 1));
  a.require(plan.has_loss(), "a plan with a loss");
  a.require(plan.held(slot).load() == 0, "a slot that is not being read");
  return slot;
}

/// Starts a task that keeps the plan, after those before it.
napi_value start(Arguments& a, PlanObject& plan, std::unique_ptr<Task> task) {
  a.require_done(task->keep(a.env(), a.self()));
  return a.ok() ? Environment::of(a.env()).start(a.env(), std::move(task), &plan.strand()) : nullptr;
}

napi_value stage(Arguments& a, PlanObject& plan) {
  const std::size_t slot = free_slot(a, plan);
  const StageRequest request = read_stage(a, plan.goal());
  if (!a.ok()) return nullptr;
  a.check(with_dtype(plan.dtype(), [&]<class T>() { return copy_rows<T>(request, &plan.staging(slot)); }));
  plan.account(a.env());
  return nullptr;
}

napi_value train(Arguments& a, PlanObject& plan) {
  const std::size_t slot = free_slot(a, plan);
  if (!a.ok()) return nullptr;
  auto task = std::make_unique<TrainTask>(plan, slot);
  task->read(a);
  for (const std::size_t i : TrainTask::kArrays)
    if (!a.is_null(i)) a.require_done(task->keep(a.env(), a.raw(i)));
  return a.ok() ? start(a, plan, std::move(task)) : nullptr;
}

napi_value evaluate(Arguments& a, PlanObject& plan) {
  const std::size_t slot = free_slot(a, plan);
  return a.ok() ? start(a, plan, std::make_unique<EvaluateTask>(plan, slot)) : nullptr;
}

/// Whole rows of x: numbers of the plan's type, or indices in range.
Floats read_rows(Arguments& a, const PlanObject& plan) {
  Floats x;
  a.require(!plan.has_loss(), "a plan without a loss");
  if (plan.integers()) {
    const Ints indices = a.ints(0, "x");
    const std::size_t bad = first_bad_row(indices.data, indices.length, plan.index_limit());
    if (bad < indices.length) a.check({Code::out_of_range, "index out of range", static_cast<int64_t>(bad), indices.data[bad]});
    x = {indices.data, indices.length};
  } else {
    x = a.floats(0, "x");
    a.require(a.dtype() == plan.dtype(), "an array of the plan's element type");
  }
  a.require(x.length % plan.inputs() == 0, "whole rows of x");
  return x;
}

napi_value predict(Arguments& a, PlanObject& plan) {
  const Floats x = read_rows(a, plan);
  if (!a.ok()) return nullptr;
  auto task = std::make_unique<PredictTask>(plan, x);
  a.check(task->status);
  return a.ok() ? start(a, plan, std::move(task)) : nullptr;
}

napi_value predict_sync(Arguments& a, PlanObject& plan) {
  const Floats x = read_rows(a, plan), y = a.floats(1, "y");
  a.require(a.dtype() == plan.dtype(), "arrays of the plan's element type");
  const std::size_t rows = x.length / plan.inputs();
  a.require(y.length % plan.outputs() == 0 && rows == y.length / plan.outputs(), "whole rows of x, and y as many");
  if (!a.ok()) return nullptr;
  std::lock_guard<std::mutex> lock(plan.mutex());
  a.check(with_dtype(plan.dtype(), [&]<class T>() { return predict_rows<T>(plan, x.data, y.as<T>(), rows, nullptr); }));
  return nullptr;
}

napi_value stop(Arguments&, PlanObject& plan) {
  plan.halt();
  return nullptr;
}

napi_value resume(Arguments&, PlanObject& plan) {
  plan.resume();
  return nullptr;
}

napi_value describe(Arguments& a, PlanObject& plan) {
  ArrayMaker ops(a.env());
  for (const OpReport& r : plan.report()) {
    const HandleScope scope(a.env());
    ObjectMaker row(a.env());
    row.set("kind", kOpNames[static_cast<int>(r.kind)]).set("activation", r.activation).set("width", static_cast<double>(r.width));
    row.set("parameters", static_cast<double>(r.parameters)).set("flops", r.flops).set("bytes", static_cast<double>(r.bytes));
    ops.push(row.value());
  }
  ObjectMaker o(a.env());
  o.set("ops", ops.value()).set("arenaBytes", static_cast<double>(plan.arena_bytes())).set("stagingBytes", static_cast<double>(plan.staging_bytes()));
  return o.value();
}

template <napi_value (*method)(Arguments&, PlanObject&)>
napi_value on_plan(Arguments& a) {
  void* plan = nullptr;
  a.require(napi_unwrap(a.env(), a.self(), &plan) == napi_ok, "to be called on a plan");
  return a.ok() ? method(a, *static_cast<PlanObject*>(plan)) : nullptr;
}

constexpr Function kConstructor{"NativePlan", construct};
constexpr Function kMethods[] = {
    {"stage", on_plan<stage>}, {"train", on_plan<train>}, {"evaluate", on_plan<evaluate>}, {"predict", on_plan<predict>},
    {"predictSync", on_plan<predict_sync>}, {"stop", on_plan<stop>}, {"resume", on_plan<resume>}, {"describe", on_plan<describe>},
};

}  // namespace

napi_value PlanObject::define(napi_env env) {
  napi_property_descriptor properties[std::size(kMethods)]{};
  for (std::size_t i = 0; i < std::size(kMethods); i++) {
    properties[i].utf8name = kMethods[i].name;
    properties[i].method = enter;
    properties[i].attributes = napi_default_method;
    properties[i].data = const_cast<Function*>(&kMethods[i]);
  }
  napi_value made = nullptr;
  void* const data = const_cast<Function*>(&kConstructor);
  return napi_define_class(env, kConstructor.name, NAPI_AUTO_LENGTH, enter, data, std::size(properties), properties, &made) == napi_ok ? made : nullptr;
}

}  // namespace chainrule::binding
