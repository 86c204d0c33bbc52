// Splits a range over the pool's threads where that pays.
#pragma once
#include <cstddef>

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

/// Elements below which a second thread costs more than it saves in an elementwise pass.
inline constexpr std::size_t kElementGrain = 16384;
/// Cut at whole cache lines of the widest use, so that two threads never write to one line.
inline constexpr std::size_t kElementUnit = 64;

}  // namespace chainrule
