#include "plan_object.h"

#include <cstdio>

#include "functions.h"
#include "plan_description.h"

namespace chainrule::binding {

bool PlanObject::build(Arguments& a) {
  PlanDescription description = read_description(a);
  if (!a.ok()) return false;
  wide_ = ObjectReader(a.env(), a.raw(0)).flag("float64");
  parameters_ = a.shared_floats(1, "parameters");
  a.require_length(parameters_.length, description.parameters, "parameters");
  a.require(a.dtype() == dtype(), "parameters of the plan's element type");
  if (!a.ok()) return false;
  hold(a, a.raw(1));
  return with_dtype(dtype(), [&]<class T>() { return build_plan<T>(a, std::move(description)); });
}

template <class T>
bool PlanObject::build_plan(Arguments& a, PlanDescription description) {
  Memory<T> memory = read_memory<T>(a, &description);
  if (!a.ok()) return false;
  auto& plan = plan_.emplace<std::unique_ptr<Plan<T>>>();
  const Status built = Plan<T>::build(kernels(), description, &plan);
  if (built.code == Code::out_of_memory) a.check(built);
  else if (built.where > 0) a.require_of_op(built.ok(), built.what, built.where);
  else a.require(built.ok(), built.what);
  if (!a.ok()) return false;
  plan->attach(std::move(memory));
  goal_ = {description.widths.front(), description.widths.back(), description.loss, description.integers,
           chainrule::index_limit(description), description.loss_options.ignored};
  lock_ = ParameterLock::of(parameters_.data);
  return true;
}

// Arguments 2 and 3: an array of buffers, and the counters; both may be missing. All lie in shared memory.
template <class T>
Memory<T> PlanObject::read_memory(Arguments& a, PlanDescription* description) {
  Memory<T> memory;
  const ArrayReader buffers(a.env(), a.raw(2));
  for (uint32_t i = 0; a.ok() && i < buffers.length(); i++) {
    const napi_value buffer = buffers.at(i);
    const Floats floats = a.shared_floats_of(buffer, "a buffer");
    if (!a.ok()) break;
    memory.buffers.push_back(floats.as<T>());
    description->buffers.push_back(floats.length);
    hold(a, buffer);
  }
  if (a.is_null(3)) return memory;
  const Floats counters = a.shared_float64s(3, "counters");
  memory.counters = counters.as<double>();
  description->counters = counters.length;
  if (a.ok()) hold(a, a.raw(3));
  return memory;
}

// Keeps a value as long as the plan, in a property that cannot be changed. A reference would let go of it only when the
// plan's finalizer runs, which needs the event loop: models made in a loop that never returns to it would pile up.
void PlanObject::hold(Arguments& a, napi_value value) {
  char name[32];
  std::snprintf(name, sizeof name, "kept%d", kept_++);
  napi_property_descriptor property{};
  property.utf8name = name;
  property.value = value;
  property.attributes = napi_default;
  a.require_done(napi_define_properties(a.env(), a.self(), 1, &property));
}

void PlanObject::account(napi_env env) {
  const auto now = static_cast<int64_t>(arena_bytes() + staging_bytes());
  int64_t all = 0;
  if (now != accounted_) napi_adjust_external_memory(env, now - accounted_, &all);
  accounted_ = now;
}

void PlanObject::finalize(napi_env env, void* data, void*) {
  auto* self = static_cast<PlanObject*>(data);
  int64_t all = 0;
  napi_adjust_external_memory(env, -self->accounted_, &all);
  delete self;
}

}  // namespace chainrule::binding
