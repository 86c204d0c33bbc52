// The module: one object of functions per JS environment, so that the addon may be loaded in any number of worker threads.
#include <napi.h>
#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

#include <exception>

#include "../dispatch/dispatch.h"
#include "async.h"
#include "functions.h"
#include "plan_object.h"

namespace chainrule::binding {

const KernelTable& kernels() { return *active_table(); }

namespace {

// The library's own threads outlive every environment. Where it is loaded in workers only, Node unloads it with the last of
// them; the code has to stay.
void keep_loaded() {
  const auto here = reinterpret_cast<void*>(&keep_loaded);
#ifdef _WIN32
  HMODULE module;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, static_cast<LPCWSTR>(here), &module);
#else
  Dl_info self;
  if (dladdr(here, &self)) dlopen(self.dli_fname, RTLD_NOW | RTLD_NODELETE | RTLD_NOLOAD);
#endif
}

// False where the environment is being ended, or with an exception.
bool fill(napi_env env, napi_value exports) {
  keep_loaded();
  if (!active_table()) {
    throw_error(env, {Code::unsupported}, chosen_table().error.c_str());
    return false;
  }
  const napi_value plan = PlanObject::define(env);
  if (!Environment::create(env) || !plan || napi_set_named_property(env, exports, "NativePlan", plan) != napi_ok) return false;
  for (const Function* list : {kElementwiseFunctions, kRowFunctions, kLayerFunctions, kLayoutFunctions, kLossFunctions, kMatrixFunctions,
                               kOptimizerFunctions, kParameterFunctions, kRandomFunctions, kSystemFunctions})
    for (const Function* f = list; f->name; f++) {
      napi_value function = nullptr;
      if (napi_create_function(env, f->name, NAPI_AUTO_LENGTH, enter, const_cast<Function*>(f), &function) != napi_ok ||
          napi_set_named_property(env, exports, f->name, function) != napi_ok)
        return false;
    }
  return true;
}

Napi::Object start(Napi::Env env, Napi::Object exports) {
  try {
    fill(env, exports);
  } catch (const std::exception&) {
    throw_error(env, {Code::out_of_memory}, "no memory to start");
  }
  return exports;
}

}  // namespace

NODE_API_MODULE(chainrule, start)

}  // namespace chainrule::binding
