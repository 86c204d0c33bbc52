#include "cpu_facts.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <initializer_list>

namespace chainrule {
namespace {

constexpr uint32_t kExtended = 0x80000000u;

bool all_of(uint32_t bits, std::initializer_list<int> wanted) {
  uint32_t mask = 0;
  for (int i : wanted) mask |= 1u << i;
  return (bits & mask) == mask;
}

/// Leaf 4 on Intel, 0x8000001d on AMD, of the same layout; 0 where there is neither.
uint32_t cache_leaf(const Cpuid& cpuid) {
  if (cpuid(0, 0).a >= 4 && (cpuid(4, 0).a & 31)) return 4;
  return cpuid(kExtended, 0).a >= kExtended + 0x1d ? kExtended + 0x1d : 0;
}

std::size_t size_in(const std::string& file) {
  std::string text;
  std::getline(std::ifstream(file), text);
  char* unit = nullptr;
  const std::size_t number = std::strtoul(text.c_str(), &unit, 10);
  return number << (*unit == 'K' ? 10 : *unit == 'M' ? 20 : 0);
}

}  // namespace

Features features_of(const Cpuid& cpuid, const std::function<uint64_t()>& states) {
  if (cpuid(0, 0).a < 7) return {};
  constexpr int fma = 12, xgetbv = 27, avx = 28, avx2 = 5;
  if (!all_of(cpuid(1, 0).c, {fma, xgetbv, avx})) return {};
  // Bit 1 SSE, bit 2 AVX, bits 5 to 7 AVX-512. Of that F, DQ, BW and VL: what Skylake-SP and Zen 4 share.
  const auto saved = static_cast<uint32_t>(states());
  const uint32_t has = cpuid(7, 0).b;
  const bool wide = all_of(saved, {1, 2}) && all_of(has, {avx2});
  return {wide, wide && all_of(saved, {5, 6, 7}) && all_of(has, {16, 17, 30, 31})};
}

Caches caches_of(const Cpuid& cpuid) {
  constexpr uint32_t kNone = 0, kInstructions = 2, kMost = 16;
  Caches c;
  std::size_t sizes[8] = {};  // by level
  const uint32_t leaf = cache_leaf(cpuid);
  for (uint32_t i = 0; leaf && i < kMost; i++) {
    const Registers r = cpuid(leaf, i);
    const uint32_t type = r.a & 31, level = (r.a >> 5) & 7;
    if (type == kNone) break;
    if (type == kInstructions) continue;
    const std::size_t ways = (r.b >> 22) + 1, partitions = ((r.b >> 12) & 1023) + 1, line = (r.b & 4095) + 1, sets = static_cast<std::size_t>(r.c) + 1;
    sizes[level] = ways * partitions * line * sets;
  }
  if (sizes[1]) c.l1d = sizes[1];
  if (sizes[2]) c.l2 = sizes[2];
  if (leaf) c.l3 = sizes[3] ? sizes[3] : c.l2;
  return c;
}

std::string name_of(const Cpuid& cpuid) {
  if (cpuid(kExtended, 0).a < kExtended + 4) return "unknown";
  std::string name;
  for (uint32_t i = 2; i <= 4; i++) {
    const Registers r = cpuid(kExtended + i, 0);
    for (uint32_t word : {r.a, r.b, r.c, r.d})
      for (int shift = 0; shift < 32; shift += 8) name += static_cast<char>(word >> shift & 255);
  }
  name = name.c_str();  // ends where the register's text does
  name.resize(name.find_last_not_of(' ') + 1);
  return name.substr(std::min(name.find_first_not_of(' '), name.size()));
}

Caches caches_in(const std::string& folder) {
  Caches c;
  const auto size = [&](int index) { return size_in(folder + "/index" + std::to_string(index) + "/size"); };
  const std::size_t l1 = size(0), l2 = size(2), l3 = size(3);
  if (l1) c.l1d = l1;
  if (l2) c.l2 = c.l3 = l2;
  if (l3) c.l3 = l3;
  return c;
}

}  // namespace chainrule
