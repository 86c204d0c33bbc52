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

}  // namespace

const Function kSystemFunctions[] = {{"info", info}, {"setThreads", set_threads}, {"measurePeak", measure_peak}, {nullptr, nullptr}};

}  // namespace chainrule::binding
