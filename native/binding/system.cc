// What the addon tells about itself and the machine, and the thread count.
#include "../base/cpu.h"
#include "../base/crc32.h"
#include "../base/large_pages.h"
#include "../base/reclaim.h"
#include "../dispatch/dispatch.h"
#include "../gemm/peak.h"
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

napi_value unary_table(napi_env env) {
  ArrayMaker rows(env);
  for (int i = 0; i < kernels().unary_count; i++) {
    const UnaryInfo& row = kernels().unary_info[i];
    rows.push(ObjectMaker(env).set("name", row.name).set("keeps", kKeeps[static_cast<int>(row.keeps)]).set("parameters", row.parameters).value());
  }
  return rows.value();
}

napi_value info(Arguments& a) {
  ArrayMaker supported(a.env());
  for (Isa isa : {Isa::scalar, Isa::avx2, Isa::avx512, Isa::neon})
    if (kernel_table(isa)) supported.push(isa_name(isa));
  ObjectMaker caches(a.env());
  caches.set("l1d", static_cast<double>(cpu_caches().l1d)).set("l2", static_cast<double>(cpu_caches().l2)).set("l3", static_cast<double>(cpu_caches().l3));
  ObjectMaker o(a.env());
  o.set("isa", kernels().isa).set("supported", supported.value());
  o.set("threads", pool().size()).set("processors", cpu_count()).set("cpu", cpu_name()).set("caches", caches.value());
  o.set("compiler", kCompiler).set("unary", unary_table(a.env()));
  return o.value();
}

napi_value set_threads(Arguments& a) {
  const auto threads = a.integer(0, "threads", 1, ThreadPool::kMaxThreads);
  if (a.ok() && !pool().resize(static_cast<int>(threads))) a.check({Code::out_of_memory, "the system gives no more threads"});
  return nullptr;
}

napi_value measure_peak(Arguments& a) {
  const bool wide = a.boolean(0, "float64");
  const auto threads = a.integer(1, "threads", 1, ThreadPool::kMaxThreads);
  if (!a.ok()) return nullptr;
  return a.result(wide ? fma_peak<double>(kernels(), static_cast<int>(threads)) : fma_peak<float>(kernels(), static_cast<int>(threads)));
}

// V8 does not count shared memory by itself: without this it would see no reason to collect models that nobody holds.
napi_value count_memory(Arguments& a) {
  const Floats x = a.shared_floats(0, "x");
  if (!a.ok()) return nullptr;
  napi_value buffer = nullptr;
  auto bytes = static_cast<std::intptr_t>(x.length * (a.dtype() == DType::float64 ? sizeof(double) : sizeof(float)));
  prefer_large_pages(x.data, static_cast<std::size_t>(bytes));
  const auto forget = [](napi_env env, void* counted, void*) {
    int64_t now = 0;
    napi_adjust_external_memory(env, -reinterpret_cast<std::intptr_t>(counted), &now);
    note_freed(reinterpret_cast<std::size_t>(counted));
  };
  int64_t now = 0;
  if (napi_get_typedarray_info(a.env(), a.raw(0), nullptr, nullptr, nullptr, &buffer, nullptr) == napi_ok &&
      napi_add_finalizer(a.env(), buffer, reinterpret_cast<void*>(bytes), forget, nullptr, nullptr) == napi_ok)
    napi_adjust_external_memory(a.env(), bytes, &now);
  return nullptr;
}

napi_value address(Arguments& a) {
  const Floats x = a.floats(0, "x");
  const auto modulus = a.integer(1, "modulus", 1, 1 << 30);
  if (!a.ok()) return nullptr;
  return a.result(static_cast<double>(reinterpret_cast<std::uintptr_t>(x.data) % static_cast<std::uintptr_t>(modulus)));
}

napi_value checksum(Arguments& a) {
  const Elements bytes = a.elements(0, "bytes, a Uint8Array", {napi_uint8_array});
  const auto start = static_cast<std::uint32_t>(a.integer(1, "start", 0, UINT32_MAX));
  if (!a.ok()) return nullptr;
  return a.result(static_cast<double>(crc32(start, static_cast<const unsigned char*>(bytes.data), bytes.length)));
}

}  // namespace

const Function kSystemFunctions[] = {{"info", info}, {"setThreads", set_threads}, {"measurePeak", measure_peak}, {"countMemory", count_memory}, {"address", address}, {"crc32", checksum}, {nullptr, nullptr}};

}  // namespace chainrule::binding
