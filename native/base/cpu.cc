// CPU detection by CPUID and XGETBV on x86, by definition on arm64 (NEON is part of ARMv8-A).
#include "cpu.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

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
struct Registers { uint32_t a, b, c, d; };

Registers cpuid(uint32_t leaf, uint32_t sub = 0) {
  Registers r{};
#ifdef _MSC_VER
  int out[4];
  __cpuidex(out, static_cast<int>(leaf), static_cast<int>(sub));
  r = {static_cast<uint32_t>(out[0]), static_cast<uint32_t>(out[1]), static_cast<uint32_t>(out[2]), static_cast<uint32_t>(out[3])};
#else
  __cpuid_count(leaf, sub, r.a, r.b, r.c, r.d);
#endif
  return r;
}

// Which register states the operating system saves: bit 1 SSE, bit 2 AVX, bits 5 to 7 AVX-512.
uint64_t enabled_states() {
#ifdef _MSC_VER
  return _xgetbv(0);
#else
  uint32_t lo, hi;
  __asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
  return (static_cast<uint64_t>(hi) << 32) | lo;
#endif
}

struct Features {
  bool avx2 = false, avx512 = false;
  Features() {
    const uint32_t highest = cpuid(0).a;
    if (highest < 7) return;
    const Registers one = cpuid(1), seven = cpuid(7);
    const bool osxsave = one.c & (1u << 27), avx = one.c & (1u << 28), fma = one.c & (1u << 12);
    if (!osxsave || !avx) return;
    const uint64_t states = enabled_states();
    if ((states & 0x6) != 0x6) return;
    avx2 = fma && (seven.b & (1u << 5));
    // F, DQ, BW, VL: what Skylake-SP and Zen 4 share.
    const uint32_t needed = (1u << 16) | (1u << 17) | (1u << 30) | (1u << 31);
    avx512 = avx2 && (seven.b & needed) == needed && (states & 0xe6) == 0xe6;
  }
};

const Features& features() {
  static const Features f;
  return f;
}

// Deterministic cache parameters: leaf 4 on Intel, 0x8000001d on AMD, the same layout.
Caches read_caches() {
  Caches c;
  const uint32_t leaf = cpuid(0).a >= 4 && (cpuid(4).a & 31) ? 4u : (cpuid(0x80000000u).a >= 0x8000001du ? 0x8000001du : 0u);
  if (!leaf) return c;
  bool l3 = false;
  for (uint32_t i = 0; i < 16; i++) {
    const Registers r = cpuid(leaf, i);
    const uint32_t type = r.a & 31, level = (r.a >> 5) & 7;
    if (type == 0) break;
    if (type == 2) continue;  // instructions
    const std::size_t ways = (r.b >> 22) + 1, partitions = ((r.b >> 12) & 1023) + 1, line = (r.b & 4095) + 1, sets = static_cast<std::size_t>(r.c) + 1;
    const std::size_t bytes = ways * partitions * line * sets;
    if (level == 1) c.l1d = bytes;
    if (level == 2) c.l2 = bytes;
    if (level == 3) { c.l3 = bytes; l3 = true; }
  }
  if (!l3) c.l3 = c.l2;
  return c;
}
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
#elif defined(__linux__)
// arm64 has no user-level cache registers; the kernel tells through sysfs.
std::size_t read_cache(int index) {
  char path[96], text[32] = {0};
  std::snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", index);
  std::FILE* f = std::fopen(path, "r");
  if (!f) return 0;
  const std::size_t n = std::fread(text, 1, sizeof text - 1, f);
  std::fclose(f);
  char* unit = nullptr;
  const unsigned long v = n ? std::strtoul(text, &unit, 10) : 0;
  return v * (unit && *unit == 'K' ? 1024 : unit && *unit == 'M' ? 1024 * 1024 : 1);
}
Caches read_caches() {
  Caches c;
  const std::size_t l1 = read_cache(0), l2 = read_cache(2), l3 = read_cache(3);
  if (l1) c.l1d = l1;
  if (l2) c.l2 = l2;
  c.l3 = l3 ? l3 : l2 ? l2 : c.l3;
  return c;
}
#else
Caches read_caches() { return {}; }
#endif

struct Name {
  char text[64] = "unknown";
  Name() {
#ifdef CHAINRULE_X86
    if (cpuid(0x80000000u).a < 0x80000004u) return;
    char raw[49] = {0};
    for (uint32_t i = 0; i < 3; i++) {
      const Registers r = cpuid(0x80000002u + i);
      const uint32_t words[4] = {r.a, r.b, r.c, r.d};
      std::memcpy(raw + 16 * i, words, 16);
    }
    const char* start = raw;
    while (*start == ' ') start++;
    std::snprintf(text, sizeof text, "%s", start);
    for (std::size_t n = std::strlen(text); n && text[n - 1] == ' '; n--) text[n - 1] = 0;
#elif defined(__APPLE__)
    std::size_t n = sizeof text;
    if (sysctlbyname("machdep.cpu.brand_string", text, &n, nullptr, 0) != 0) std::snprintf(text, sizeof text, "unknown");
#elif defined(__aarch64__)
    std::snprintf(text, sizeof text, "ARMv8-A");
#endif
  }
};

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
  switch (isa) {
    case Isa::scalar: return true;
#ifdef CHAINRULE_X86
    case Isa::avx2: return features().avx2;
    case Isa::avx512: return features().avx512;
    case Isa::neon: return false;
#else
    case Isa::avx2:
    case Isa::avx512: return false;
#if defined(__aarch64__) || defined(_M_ARM64)
    case Isa::neon: return true;
#else
    case Isa::neon: return false;
#endif
#endif
  }
  return false;
}

const Caches& cpu_caches() {
  static const Caches c = read_caches();
  return c;
}

int cpu_count() {
#ifdef __linux__
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    const int n = CPU_COUNT(&set);
    if (n > 0) return n;
  }
#endif
  const unsigned n = std::thread::hardware_concurrency();
  return n ? static_cast<int>(n) : 1;
}

const char* cpu_name() {
  static const Name name;
  return name.text;
}

}  // namespace chainrule
