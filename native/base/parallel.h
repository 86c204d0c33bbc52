// Splits a range over the pool's threads where that pays.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "thread_pool.h"

namespace chainrule {

/// Calls body(begin, end) over [0, n) in parts of at least `grain` (≥ 1) elements, cut at multiples of `unit`. body's effect on an
/// element must not depend on where the cuts are: then neither does the result depend on the number of threads.
template <class Body>
void parallel_ranges(ThreadPool& pool, std::size_t n, std::size_t grain, std::size_t unit, Body&& body) {
  if (n == 0) return;
  const std::size_t parts = std::min(n / grain, static_cast<std::size_t>(pool.size()));
  if (parts <= 1) {
    body(std::size_t{0}, n);
    return;
  }
  std::size_t step = (n + parts - 1) / parts;
  step = (step + unit - 1) / unit * unit;
  pool.run(static_cast<int>(parts), [&](int part) {
    const std::size_t begin = static_cast<std::size_t>(part) * step;
    if (begin < n) body(begin, begin + step < n ? begin + step : n);
  });
}

/// n rows cut into parts of `step` rows, the last one perhaps shorter.
struct FixedParts {
  std::size_t count, step;
};
inline constexpr std::size_t kMostParts = 16;

/// A cut that n and cols alone decide, for sums that are taken part by part and then added up in order: so the number of
/// threads does not change a bit of them. Few parts for wide rows, whose partial sums need memory.
inline FixedParts fixed_parts(std::size_t n, std::size_t cols) {
  constexpr std::size_t grain = 32768, most_sums = std::size_t{1} << 18;
  if (n == 0 || cols == 0) return {0, 0};
  const std::size_t count = std::max<std::size_t>(1, std::min({n * cols / grain, most_sums / cols, kMostParts, n}));
  const std::size_t step = (n + count - 1) / count;
  return {(n + step - 1) / step, step};
}

/// Elements below which a second thread costs more than it saves in an elementwise pass.
inline constexpr std::size_t kElementGrain = 16384;
/// So many vectors of this length are worth a thread.
inline std::size_t grain_of(std::size_t length) { return kElementGrain / std::max<std::size_t>(1, length) + 1; }

/// Cut at whole cache lines of the widest use, so that two threads never write to one line.
inline constexpr std::size_t kElementUnit = 64;

/// Splits rows over threads when together they are long enough.
template <class Body>
void parallel_rows(ThreadPool& pool, std::size_t rows, std::size_t cols, Body&& body) {
  parallel_ranges(pool, rows, grain_of(cols), 16, body);
}

}  // namespace chainrule
