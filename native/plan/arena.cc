#include "arena.h"

#include <algorithm>
#include <numeric>

namespace chainrule {

std::vector<std::size_t> plan_arena(const std::vector<Lifetime>& blocks, std::size_t unit, std::size_t* total) {
  auto rounded = [&](std::size_t i) { return (blocks[i].elements + unit - 1) / unit * unit; };
  std::vector<std::size_t> order(blocks.size()), offsets(blocks.size(), 0), placed;
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return blocks[a].elements > blocks[b].elements; });
  *total = 0;
  for (std::size_t i : order) {
    std::size_t offset = 0;
    for (std::size_t j : placed) {  // in order of offset
      const bool together = blocks[i].first <= blocks[j].last && blocks[j].first <= blocks[i].last;
      if (!together) continue;
      if (offset + rounded(i) <= offsets[j]) break;
      offset = std::max(offset, offsets[j] + rounded(j));
    }
    offsets[i] = offset;
    *total = std::max(*total, offset + rounded(i));
    placed.insert(std::upper_bound(placed.begin(), placed.end(), i, [&](std::size_t a, std::size_t b) { return offsets[a] < offsets[b]; }), i);
  }
  return offsets;
}

}  // namespace chainrule
