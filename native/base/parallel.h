// Splits a range over the pool's threads where that pays.
#pragma once
#include <cstddef>
#include <cstdint>

#include "thread_pool.h"

namespace chainrule {

/// Calls body(begin, end) over [0, n) in parts of at least `grain` elements, cut at multiples of `unit`. body's effect on an
/// element must not depend on where the cuts are: then neither does the result depend on the number of threads.
template <class Body>
void parallel_ranges(ThreadPool& pool, std::size_t n, std::size_t grain, std::size_t unit, Body&& body) {
  if (n == 0) return;
  std::size_t parts = grain ? n / grain : n;
  const std::size_t threads = static_cast<std::size_t>(pool.size());
  if (parts > threads) parts = threads;
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
  std::size_t count = n <= SIZE_MAX / cols ? n * cols / grain : kMostParts;
  if (count > most_sums / cols) count = most_sums / cols;
  if (count > kMostParts) count = kMostParts;
  if (count > n) count = n;
  if (count < 1) count = 1;
  const std::size_t step = (n + count - 1) / count;
  return {(n + step - 1) / step, step};
}

/// Elements below which a second thread costs more than it saves in an elementwise pass.
inline constexpr std::size_t kElementGrain = 16384;
/// Cut at whole cache lines of the widest use, so that two threads never write to one line.
inline constexpr std::size_t kElementUnit = 64;

/// Splits rows over threads when together they are long enough.
template <class Body>
void parallel_rows(ThreadPool& pool, std::size_t rows, std::size_t cols, Body&& body) {
  const std::size_t grain = cols >= kElementGrain ? 1 : (kElementGrain + cols - 1) / (cols ? cols : 1);
  parallel_ranges(pool, rows, grain, 16, body);
}

}  // namespace chainrule
