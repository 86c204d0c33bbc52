// One step of an optimizer over the flat parameter vector.
#include "../ops/clip.h"
#include "../ops/optimize.h"
#include "functions.h"

namespace chainrule::binding {
namespace {

napi_value optimize(Arguments& a) {
  const auto rule = static_cast<Optimizer>(a.integer(0, "kind", 0, static_cast<int>(Optimizer::count) - 1));
  const Floats p = a.floats(1, "parameters"), g = a.floats(2, "gradient");
  a.require_length(g.length, p.length, "gradient");
  Floats states[3];
  bool present[3];
  const char* const names[] = {"s0", "s1", "s2"};
  for (std::size_t i = 0; i < 3; i++) {
    states[i] = a.floats_or_null(3 + i, names[i]);
    present[i] = a.ok() && !a.is_null(3 + i);
    if (present[i]) a.require_length(states[i].length, p.length, names[i]);
  }
  const double* const options = a.doubles(6, "options", static_cast<std::size_t>(optimizer_info(rule).options));
  const int64_t number = a.integer(7, "step", 1, int64_t{1} << 53);
  if (!a.ok()) return nullptr;
  OptimizerStep step;
  const Status status = optimizer_step(rule, options, number, present, &step);
  a.require(status.ok(), status.what);
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() {
    T* const own[3] = {states[0].as<T>(), states[1].as<T>(), states[2].as<T>()};
    chainrule::optimize<T>(kernels().of<T>(), pool(), rule, p.length, p.as<T>(), g.as<T>(), own, step);
  });
  return nullptr;
}

napi_value clip_gradients(Arguments& a) {
  const GradientClip clip{a.number(0, "value"), a.number(1, "norm")};
  const Floats g = a.floats(2, "gradients");
  a.require(clip.value >= 0 && clip.norm >= 0, "bounds not to be negative");
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() { chainrule::clip_gradients<T>(kernels().of<T>(), pool(), g.length, g.as<T>(), clip); });
  return nullptr;
}

}  // namespace

const Function kOptimizerFunctions[] = {{"optimize", optimize}, {"clipGradients", clip_gradients}, {nullptr, nullptr}};

}  // namespace chainrule::binding
