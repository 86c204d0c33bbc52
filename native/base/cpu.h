// What this processor can do: instruction sets and cache sizes, read once.
#pragma once
#include <cstddef>

namespace chainrule {

/// The instruction sets that kernels are compiled for, weakest first.
enum class Isa { scalar, avx2, avx512, neon };

struct Caches {
  std::size_t l1d = 32 * 1024;         ///< bytes, per core
  std::size_t l2 = 512 * 1024;         ///< bytes, per core
  std::size_t l3 = 8 * 1024 * 1024;    ///< bytes, shared; the size of L2 where there is none
};

const char* isa_name(Isa isa);
/// False for a name that is none of scalar, avx2, avx512, neon.
bool isa_from_name(const char* name, Isa* isa);
/// Whether this processor and its operating system can run `isa`.
bool cpu_supports(Isa isa);
const Caches& cpu_caches();
/// The processors this process may run on (at least 1).
int cpu_count();
/// The processor's marketing name, "unknown" where it cannot be told. A static string.
const char* cpu_name();

}  // namespace chainrule
