// Gives memory that was freed back to the system, where the C library would keep it.
#pragma once
#include <cstddef>

namespace chainrule {

/// Says that `bytes` of large blocks were freed, or are about to be. Every kReclaimEvery of them the C library's heaps are
/// trimmed, on a background thread: glibc keeps what lies between blocks in use, and programs that make and drop thousands of
/// models would stay as large as the most that was ever garbage. Other C libraries return large blocks by themselves.
void note_freed(std::size_t bytes);

/// Bytes between one trim and the next: so many that trimming (some milliseconds) costs little of what freed them took.
inline constexpr std::size_t kReclaimEvery = std::size_t{64} << 20;

}  // namespace chainrule
