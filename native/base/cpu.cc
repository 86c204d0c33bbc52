// Asks this processor and this system: CPUID and XGETBV on x86; on arm64 NEON is part of ARMv8-A.
#include "cpu.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <thread>

#include "cpu_facts.h"

#if defined(__x86_64__) || defined(_M_X64)
#define CHAINRULE_X86 1
#ifdef _MSC_VER
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#endif
#ifdef __linux__
#include <sched.h>
#include <unistd.h>
#endif
#ifdef __APPLE__
#include <sys/sysctl.h>
#endif

namespace chainrule {
namespace {

const char* const kNames[] = {"scalar", "avx2", "avx512", "neon"};

#ifdef CHAINRULE_X86
Registers cpuid(uint32_t leaf, uint32_t part) {
  Registers r{};
#ifdef _MSC_VER
  int out[4];
  __cpuidex(out, static_cast<int>(leaf), static_cast<int>(part));
  r = {static_cast<uint32_t>(out[0]), static_cast<uint32_t>(out[1]), static_cast<uint32_t>(out[2]), static_cast<uint32_t>(out[3])};
#else
  __cpuid_count(leaf, part, r.a, r.b, r.c, r.d);
#endif
  return r;
}

uint64_t saved_states() {
#ifdef _MSC_VER
  return _xgetbv(0);
#else
  uint32_t lo, hi;
  __asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
  return (static_cast<uint64_t>(hi) << 32) | lo;
#endif
}

Caches read_caches() { return caches_of(cpuid); }
std::string read_name() { return name_of(cpuid); }
#elif defined(__APPLE__)
Caches read_caches() {
  Caches c;
  auto read = [](const char* name, std::size_t* out) {
    int64_t v = 0;
    std::size_t n = sizeof v;
    if (sysctlbyname(name, &v, &n, nullptr, 0) == 0 && v > 0) *out = static_cast<std::size_t>(v);
  };
  read("hw.perflevel0.l1dcachesize", &c.l1d);
  read("hw.perflevel0.l2cachesize", &c.l2);
  c.l3 = c.l2;
  return c;
}
std::string read_name() {
  char text[64] = "";
  std::size_t n = sizeof text;
  return sysctlbyname("machdep.cpu.brand_string", text, &n, nullptr, 0) == 0 ? text : "unknown";
}
#else
// Other processors have no registers that a program may read; Linux tells through sysfs.
Caches read_caches() { return caches_in("/sys/devices/system/cpu/cpu0/cache"); }
#if defined(__aarch64__)
std::string read_name() { return "ARMv8-A"; }
#else
std::string read_name() { return "unknown"; }
#endif
#endif

}  // namespace

const char* isa_name(Isa isa) { return kNames[static_cast<int>(isa)]; }

bool isa_from_name(const char* name, Isa* isa) {
  for (int i = 0; i < 4; i++)
    if (std::strcmp(name, kNames[i]) == 0) {
      *isa = static_cast<Isa>(i);
      return true;
    }
  return false;
}

bool cpu_supports(Isa isa) {
#if defined(CHAINRULE_X86)
  static const Features f = features_of(cpuid, saved_states);
  const bool supported[] = {true, f.avx2, f.avx512, false};
#elif defined(__aarch64__) || defined(_M_ARM64)
  const bool supported[] = {true, false, false, true};
#else
  const bool supported[] = {true, false, false, false};
#endif
  return supported[static_cast<int>(isa)];
}

const Caches& cpu_caches() {
  static const Caches c = read_caches();
  return c;
}

int cpu_count() {
  int n = 0;
#ifdef __linux__
  cpu_set_t set;
  CPU_ZERO(&set);  // stays so on machines of more processors than it has bits
  sched_getaffinity(0, sizeof set, &set);
  n = CPU_COUNT(&set);
#endif
  if (n == 0) n = static_cast<int>(std::thread::hardware_concurrency());
  return std::max(1, n);
}

const char* cpu_name() {
  static const std::string name = read_name();
  return name.c_str();
}

}  // namespace chainrule
