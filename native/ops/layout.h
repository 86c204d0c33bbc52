// Reductions, broadcasting and transposition over the pool's threads.
#pragma once
#include <algorithm>

#include "../base/parallel.h"
#include "../kernels/table.h"

namespace chainrule {

/// Σ part(begin, end) over parts of [0, n) that n alone decides, added up in order.
template <class Part>
double sum_parts(ThreadPool& pool, std::size_t n, Part&& part) {
  const FixedParts parts = fixed_parts(n, 1);
  double sums[kMostParts] = {};
  pool.run(static_cast<int>(parts.count), [&](int i) {
    const std::size_t begin = static_cast<std::size_t>(i) * parts.step;
    sums[i] = part(begin, std::min(begin + parts.step, n));
  });
  double total = 0;
  for (std::size_t i = 0; i < parts.count; i++) total += sums[i];
  return total;
}

/// out[o, i] = Σ, max or min over e of x[o, e, i].  x [outer, extent, inner], out [outer, inner]
template <class T>
void reduce_axis(const Kernels<T>& kernels, ThreadPool& pool, Reduction kind, std::size_t outer, std::size_t extent, std::size_t inner, const T* x, T* out) {
  if (outer == 0 || inner == 0) return;
  if (outer > 1) {
    parallel_rows(pool, outer, extent * inner, [&](std::size_t begin, std::size_t end) {
      kernels.reduce_axis(kind, end - begin, extent, inner, inner, x + begin * extent * inner, out + begin * inner);
    });
  } else if (inner == 1 && extent > kElementGrain && kind == Reduction::sum) {
    *out = static_cast<T>(sum_parts(pool, extent, [&](std::size_t begin, std::size_t end) { return kernels.sum(end - begin, x + begin); }));
  } else {
    parallel_ranges(pool, inner, grain_of(extent), kElementUnit, [&](std::size_t begin, std::size_t end) {
      kernels.reduce_axis(kind, 1, extent, end - begin, inner, x + begin, out + begin);
    });
  }
}

/// The same expansion with axes of length 1 left out and neighbours that are one axis joined; the last axis stays.
inline Expansion simplified(std::size_t axes, const int32_t* shape, const int32_t* strides) {
  Expansion e{};
  for (std::size_t a = 0; a < axes; a++) {
    const std::size_t length = static_cast<std::size_t>(shape[a]), stride = static_cast<std::size_t>(strides[a]);
    if (length == 1) continue;
    if (e.axes && e.strides[e.axes - 1] == stride * length) {
      e.shape[e.axes - 1] *= length;
      e.strides[e.axes - 1] = stride;
    } else {
      e.shape[e.axes] = length;
      e.strides[e.axes++] = stride;
    }
  }
  if (e.axes == 0) e.shape[e.axes++] = 1;
  return e;
}

/// out = x as the expansion says; out has no element where an axis has length 0.
template <class T>
void expand(const Kernels<T>& kernels, ThreadPool& pool, const Expansion& expansion, const T* x, T* out) {
  std::size_t rows = 1;
  for (std::size_t a = 0; a + 1 < expansion.axes; a++) rows *= expansion.shape[a];
  const std::size_t width = expansion.shape[expansion.axes - 1];
  if (width == 0) return;
  parallel_rows(pool, rows, width, [&](std::size_t begin, std::size_t end) { kernels.expand(&expansion, begin, end, x, out); });
}

/// out[c, r] = x[r, c].  x [rows, cols]
template <class T>
void transpose(const Kernels<T>& kernels, ThreadPool& pool, std::size_t rows, std::size_t cols, const T* x, T* out) {
  const std::size_t grain = std::max<std::size_t>(kElementUnit, cols ? kElementGrain / cols : 0);
  parallel_ranges(pool, cols ? rows : 0, grain, kElementUnit, [&](std::size_t begin, std::size_t end) {
    kernels.transpose(end - begin, cols, x + begin * cols, rows, out + begin);
  });
}

}  // namespace chainrule
