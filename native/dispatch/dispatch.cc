#include "dispatch.h"

#include <algorithm>
#include <cstdlib>

namespace chainrule {

// Each instruction set's library exports one function that fills its table.
namespace scalar { void fill(KernelTable*); }
namespace avx2 { void fill(KernelTable*); }
namespace avx512 { void fill(KernelTable*); }
namespace neon { void fill(KernelTable*); }

namespace {

/// From how many bytes on a result goes past the caches: where it would push out most of what one thread can count on. L3 counts
/// with at most 16 MB, because who shares it cannot be seen: where it has 260 MB, shared by many machines, passes gain from 8 MB
/// on, and so do pairs of passes of which the second reads the result.
std::size_t far_bytes() {
  const Caches& caches = cpu_caches();
  return std::max(4 * caches.l2, std::min<std::size_t>(caches.l3 / 2, 16 << 20));
}

/// The table of an instruction set, filled at first use.
template <void (*fill)(KernelTable*)>
const KernelTable* filled() {
  static const KernelTable made = [] {
    KernelTable table{};
    fill(&table);
    *table.far_bytes = far_bytes();
    return table;
  }();
  return &made;
}

/// What this build does without: the processor's kind does not have it, or CHAINRULE_ISAS left it out.
[[maybe_unused]] const KernelTable* none() { return nullptr; }

#if (defined(__x86_64__) || defined(_M_X64)) && !defined(CHAINRULE_WITHOUT_avx2)
constexpr auto kAvx2 = filled<avx2::fill>;
#else
constexpr auto kAvx2 = none;
#endif
#if (defined(__x86_64__) || defined(_M_X64)) && !defined(CHAINRULE_WITHOUT_avx512)
constexpr auto kAvx512 = filled<avx512::fill>;
#else
constexpr auto kAvx512 = none;
#endif
#if (defined(__aarch64__) || defined(_M_ARM64)) && !defined(CHAINRULE_WITHOUT_neon)
constexpr auto kNeon = filled<neon::fill>;
#else
constexpr auto kNeon = none;
#endif

}  // namespace

const KernelTable* kernel_table(Isa isa) {
  constexpr const KernelTable* (*tables[])() = {filled<scalar::fill>, kAvx2, kAvx512, kNeon};
  return cpu_supports(isa) ? tables[static_cast<int>(isa)]() : nullptr;
}

Choice choose_table(const std::string& name) {
  constexpr Isa best_first[] = {Isa::avx512, Isa::avx2, Isa::neon, Isa::scalar};
  Choice choice;
  Isa isa;
  if (isa_from_name(name.c_str(), &isa)) choice.table = kernel_table(isa);
  std::string available;
  for (Isa i : best_first) {
    const KernelTable* const table = kernel_table(i);
    if (!table) continue;
    if (name.empty() && !choice.table) choice.table = table;
    available += std::string(" ") + isa_name(i);
  }
  if (!choice.table) choice.error = "CHAINRULE_ISA=" + name.substr(0, 32) + " is not available here; this machine can run:" + available;
  return choice;
}

const Choice& chosen_table() {
  static const Choice choice = [] {
    const char* const name = std::getenv("CHAINRULE_ISA");
    return choose_table(name ? name : "");
  }();
  return choice;
}

const KernelTable* active_table() { return chosen_table().table; }

}  // namespace chainrule
