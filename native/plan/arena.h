// Lays values that live at different times over the same memory.
#pragma once
#include <cstddef>
#include <vector>

namespace chainrule {

/// A block needed from step `first` to step `last`, both included.
struct Lifetime {
  std::size_t elements;
  int first, last;
};

/// Offsets (in elements, multiples of `unit`) such that no two blocks alive at one time overlap; `*total` is the arena's
/// size. Greedy by size, each block at the lowest gap that is free over its life (Pisarchyk & Lee 2020, "Efficient memory
/// management for deep neural net inference", greedy-by-size for offsets).
std::vector<std::size_t> plan_arena(const std::vector<Lifetime>& blocks, std::size_t unit, std::size_t* total);

}  // namespace chainrule
