// One pass of an optimizer over the flat parameter vector.
#include "../base/parallel.h"
#include "arguments.h"
#include "functions.h"

namespace chainrule::binding {
namespace {

napi_value sgd(napi_env env, napi_callback_info info) {
  Arguments a(env, info, "sgd");
  const Floats p = a.floats(0, "parameters"), g = a.floats(1, "gradient"), velocity = a.floats_or_null(2, "velocity");
  SgdOptions o{};
  o.learning_rate = a.number(3, "learningRate");
  o.momentum = a.number(4, "momentum");
  o.dampening = a.number(5, "dampening");
  o.weight_decay = a.number(6, "weightDecay");
  o.nesterov = a.boolean(7, "nesterov");
  o.first = a.boolean(8, "first");
  a.require_length(g.length, p.length, "gradient");
  if (velocity.data) a.require_length(velocity.length, p.length, "velocity");
  a.require(o.momentum == 0 || velocity.data || p.length == 0, "a velocity when momentum is not 0");
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() {
    parallel_ranges(pool(), p.length, kElementGrain, kElementUnit, [&](std::size_t begin, std::size_t end) {
      kernels().of<T>().sgd(end - begin, p.as<T>(begin), g.as<T>(begin), velocity.as<T>(begin), &o);
    });
  });
  return nullptr;
}

napi_value adam(napi_env env, napi_callback_info info) {
  Arguments a(env, info, "adam");
  const Floats p = a.floats(0, "parameters"), g = a.floats(1, "gradient"), m = a.floats(2, "m"), v = a.floats(3, "v");
  AdamOptions o{};
  o.learning_rate = a.number(4, "learningRate");
  o.beta1 = a.number(5, "beta1");
  o.beta2 = a.number(6, "beta2");
  o.epsilon = a.number(7, "epsilon");
  o.weight_decay = a.number(8, "weightDecay");
  o.decoupled = a.boolean(9, "decoupled");
  o.step = a.integer(10, "step", 1, int64_t{1} << 53);
  a.require_length(g.length, p.length, "gradient");
  a.require_length(m.length, p.length, "m");
  a.require_length(v.length, p.length, "v");
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() {
    parallel_ranges(pool(), p.length, kElementGrain, kElementUnit, [&](std::size_t begin, std::size_t end) {
      kernels().of<T>().adam(end - begin, p.as<T>(begin), g.as<T>(begin), m.as<T>(begin), v.as<T>(begin), &o);
    });
  });
  return nullptr;
}

}  // namespace

const Function kOptimizerFunctions[] = {{"sgd", sgd}, {"adam", adam}, {nullptr, nullptr}};

}  // namespace chainrule::binding
