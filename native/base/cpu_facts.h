// What a processor says of itself, turned into what is asked of it: from CPUID's registers on x86, from the system's files on
// other Linux. All of it pure, so that processors that are not at hand can be played.
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "cpu.h"

namespace chainrule {

/// CPUID's answer to a leaf and a part of it.
struct Registers {
  uint32_t a, b, c, d;
};
using Cpuid = std::function<Registers(uint32_t leaf, uint32_t part)>;

struct Features {
  bool avx2 = false, avx512 = false;
};

/// `states`: which states of registers the system saves (XGETBV); asked only where a program may ask.
Features features_of(const Cpuid& cpuid, const std::function<uint64_t()>& states);

/// What is not told keeps its usual size.
Caches caches_of(const Cpuid& cpuid);

/// "unknown" where it is not told.
std::string name_of(const Cpuid& cpuid);

/// From the files of sysfs (index0/size: "32K") in a folder; what is not told keeps its usual size.
Caches caches_in(const std::string& folder);

}  // namespace chainrule
