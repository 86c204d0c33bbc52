// Memory pages of 2 MB for what is large. A processor keeps a few thousand translations of addresses: with pages of 4 KB a
// sweep over the weights of a wide layer waits for a new one every 4 KB, twice as long in a virtual machine.
#pragma once
#include <cstddef>
#include <cstdint>
#ifdef __linux__
#include <sys/mman.h>
#endif

namespace chainrule {

inline constexpr std::size_t kLargePage = std::size_t{2} << 20;

/// Bytes from which a block is worth it: at least one whole large page, wherever the block begins.
inline constexpr std::size_t kLargeBlock = 2 * kLargePage;

/// Asks the system to back a block that was not touched yet by large pages, as far as they fit into it. It may not: nothing else changes.
inline void prefer_large_pages(void* block, std::size_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  if (bytes < kLargeBlock) return;
  constexpr std::uintptr_t page = 65536;  // no Linux has larger ones as its smallest
  const std::uintptr_t begin = (reinterpret_cast<std::uintptr_t>(block) + page - 1) / page * page, end = (reinterpret_cast<std::uintptr_t>(block) + bytes) / page * page;
  static_cast<void>(madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE));
#else
  static_cast<void>(block);
  static_cast<void>(bytes);
#endif
}

}  // namespace chainrule
