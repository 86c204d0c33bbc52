// Clipping of gradients, between backward and update.
#pragma once
#include <cmath>

#include "../base/thread_pool.h"
#include "layout.h"

namespace chainrule {

/// Bounds of gradients, each 0 for none.
struct GradientClip {
  double value = 0;  ///< of every element
  double norm = 0;   ///< of √Σg² over all of them, after the other
};

/// g within ±value; then g·norm/(√Σg² + 1e-6) where √Σg² is larger than norm, as torch.nn.utils.clip_grad_norm_. The sum does
/// not depend on the number of threads.
template <class T>
void clip_gradients(const Kernels<T>& kernels, ThreadPool& pool, std::size_t n, T* g, const GradientClip& clip) {
  const auto in_parts = [&](auto&& body) { parallel_ranges(pool, n, kElementGrain, kElementUnit, body); };
  if (clip.value > 0) in_parts([&](std::size_t begin, std::size_t end) { kernels.clip_values(end - begin, clip.value, g + begin); });
  if (clip.norm > 0) {
    const double norm = std::sqrt(sum_parts(pool, n, [&](std::size_t begin, std::size_t end) { return kernels.dot(end - begin, g + begin, g + begin); }));
    const double factor = clip.norm / (norm + 1e-6);
    if (!(factor >= 1)) in_parts([&](std::size_t begin, std::size_t end) { kernels.scale(end - begin, factor, g + begin); });
  }
}

}  // namespace chainrule
