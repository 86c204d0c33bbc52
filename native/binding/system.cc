// What the addon tells about itself and the machine, and the thread count.
#include <napi.h>

#include "../base/cpu.h"
#include "../dispatch/dispatch.h"
#include "../gemm/peak.h"
#include "arguments.h"
#include "functions.h"

namespace chainrule::binding {
namespace {

constexpr const char* kKeeps[] = {"nothing", "input", "output"};

#if defined(__clang__)
constexpr const char* kCompiler = "clang " __clang_version__;
#elif defined(__GNUC__)
constexpr const char* kCompiler = "gcc " __VERSION__;
#else
constexpr const char* kCompiler = "unknown";
#endif

napi_value info(napi_env raw, napi_callback_info) {
  const Napi::Env env(raw);
  Napi::Object o = Napi::Object::New(env);
  o.Set("isa", kernels().isa);
  Napi::Array supported = Napi::Array::New(env);
  for (Isa isa : {Isa::scalar, Isa::avx2, Isa::avx512, Isa::neon})
    if (kernel_table(isa)) supported.Set(supported.Length(), isa_name(isa));
  o.Set("supported", supported);
  o.Set("threads", pool().size());
  o.Set("processors", cpu_count());
  o.Set("cpu", cpu_name());
  Napi::Object caches = Napi::Object::New(env);
  caches.Set("l1d", static_cast<double>(cpu_caches().l1d));
  caches.Set("l2", static_cast<double>(cpu_caches().l2));
  caches.Set("l3", static_cast<double>(cpu_caches().l3));
  o.Set("caches", caches);
  o.Set("compiler", kCompiler);
  Napi::Array unary = Napi::Array::New(env);
  for (int i = 0; i < kernels().unary_count; i++) {
    const UnaryInfo& row = kernels().unary_info[i];
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("name", row.name);
    entry.Set("keeps", kKeeps[static_cast<int>(row.keeps)]);
    entry.Set("parameters", row.parameters);
    unary.Set(static_cast<uint32_t>(i), entry);
  }
  o.Set("unary", unary);
  return o;
}

napi_value set_threads(napi_env env, napi_callback_info info) {
  Arguments a(env, info, "setThreads");
  const auto threads = a.integer(0, "threads", 1, ThreadPool::kMaxThreads);
  if (a.ok() && !pool().resize(static_cast<int>(threads))) a.check({Code::out_of_memory, "the system gives no more threads"});
  return nullptr;
}

napi_value measure_peak(napi_env env, napi_callback_info info) {
  Arguments a(env, info, "measurePeak");
  const bool wide = a.boolean(0, "float64");
  const auto threads = a.integer(1, "threads", 1, ThreadPool::kMaxThreads);
  if (!a.ok()) return nullptr;
  return a.result(wide ? fma_peak<double>(kernels(), static_cast<int>(threads)) : fma_peak<float>(kernels(), static_cast<int>(threads)));
}

// V8 does not count shared memory by itself: without this it would see no reason to collect models that nobody holds.
napi_value count_memory(napi_env env, napi_callback_info info) {
  Arguments a(env, info, "countMemory");
  const Floats x = a.shared_floats(0, "x");
  if (!a.ok()) return nullptr;
  napi_value buffer = nullptr;
  auto bytes = static_cast<std::intptr_t>(x.length * (a.dtype() == DType::float64 ? sizeof(double) : sizeof(float)));
  const auto forget = [](napi_env env, void* counted, void*) {
    int64_t now = 0;
    napi_adjust_external_memory(env, -reinterpret_cast<std::intptr_t>(counted), &now);
  };
  int64_t now = 0;
  if (napi_get_typedarray_info(env, a.raw(0), nullptr, nullptr, nullptr, &buffer, nullptr) == napi_ok &&
      napi_add_finalizer(env, buffer, reinterpret_cast<void*>(bytes), forget, nullptr, nullptr) == napi_ok)
    napi_adjust_external_memory(env, bytes, &now);
  return nullptr;
}

}  // namespace

const Function kSystemFunctions[] = {{"info", info}, {"setThreads", set_threads}, {"measurePeak", measure_peak}, {"countMemory", count_memory}, {nullptr, nullptr}};

}  // namespace chainrule::binding
