// PReLU's backward pass over the pool's threads.
#pragma once
#include "../base/parallel.h"
#include "../kernels/table.h"

namespace chainrule {

/// dx = dy·(x > 0 ? 1 : α); dalpha += Σ dy·min(0,x): over everything, or by channel (by_channel: alpha and dalpha [channels]).
/// x, dy, dx: [rows, channels], dx == dy allowed. The sums are cut the same way for any number of threads.
template <class T>
void prelu_backward(const Kernels<T>& kernels, ThreadPool& pool, std::size_t rows, std::size_t channels, const T* x, const T* alpha, bool by_channel, const T* dy,
                    T* dx, T* dalpha) {
  if (by_channel) {
    parallel_ranges(pool, channels, grain_of(rows), kElementUnit, [&](std::size_t b, std::size_t e) {
      kernels.prelu_backward(rows, e - b, channels, x + b, alpha + b, 1, dy + b, dx + b, dalpha + b);
    });
    return;
  }
  const FixedParts parts = fixed_parts(rows, channels);
  if (parts.count <= 1) return kernels.prelu_backward(rows, channels, channels, x, alpha, 0, dy, dx, dalpha);
  T sums[kMostParts] = {};
  pool.run(static_cast<int>(parts.count), [&](int part) {
    const std::size_t begin = static_cast<std::size_t>(part) * parts.step, end = begin + parts.step < rows ? begin + parts.step : rows, at = begin * channels;
    kernels.prelu_backward(end - begin, channels, channels, x + at, alpha, 0, dy + at, dx + at, &sums[part]);
  });
  double total = 0;
  for (std::size_t part = 0; part < parts.count; part++) total += static_cast<double>(sums[part]);
  *dalpha = static_cast<T>(static_cast<double>(*dalpha) + total);
}

}  // namespace chainrule
