// The module: one object of functions per JS environment, so that the addon may be loaded in any number of worker threads.
#include <napi.h>

#include "../dispatch/dispatch.h"
#include "async.h"
#include "functions.h"
#include "plan_object.h"

namespace chainrule::binding {

const KernelTable& kernels() { return *active_table(); }

namespace {

Napi::Object start(Napi::Env env, Napi::Object exports) {
  const char* error = "";
  if (!active_table(&error)) {
    napi_throw_error(env, "UNSUPPORTED", error);
    return exports;
  }
  Environment::create(env);
  exports.Set("NativePlan", PlanObject::define(env));
  for (const Function* list : {kElementwiseFunctions, kRowFunctions, kLayerFunctions, kLayoutFunctions, kLossFunctions, kMatrixFunctions,
                               kOptimizerFunctions, kParameterFunctions, kRandomFunctions, kSystemFunctions})
    for (const Function* f = list; f->name; f++) {
      napi_value function;
      if (napi_create_function(env, f->name, NAPI_AUTO_LENGTH, f->call, nullptr, &function) != napi_ok ||
          napi_set_named_property(env, exports, f->name, function) != napi_ok)
        return exports;
    }
  return exports;
}

}  // namespace

NODE_API_MODULE(chainrule, start)

}  // namespace chainrule::binding
