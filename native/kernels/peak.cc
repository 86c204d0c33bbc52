// A burst of independent fused multiply-adds that touches registers only: what benches measure the peak with.
#include "simd/vec.h"
#include "table.h"

namespace chainrule {
namespace CHAINRULE_ISA {
namespace {

// Latency 4 × 2 units needs 8 chains; 12 leave slack and, with both operands, fit 16 registers.
constexpr int kChains = 12;

template <class T>
double fma_burst(size_t rounds) {
  using V = Vec<T>;
  V acc[kChains];
#pragma GCC unroll 12
  for (int i = 0; i < kChains; i++) acc[i] = V(T(i) * T(1e-3));
  // Unknown to the compiler, so that it can neither fold nor hoist: x ← x·0.5 + 0.5 stays in [0, 1].
  volatile T half = T(0.5);
  const V a = V(half), b = V(half);
  for (size_t r = 0; r < rounds; r++) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; i++) {
      acc[i] = fma(acc[i], a, b);
#if defined(__x86_64__)
      __asm__ volatile("" : "+v"(acc[i].v));
#elif defined(__aarch64__)
      __asm__ volatile("" : "+w"(acc[i].v));
#endif
    }
  }
  T sink[V::lanes];
  double total = 0;
#pragma GCC unroll 12
  for (int i = 0; i < kChains; i++) {
    acc[i].store(sink);
    total += static_cast<double>(sink[0]);
  }
  volatile double kept = total;
  (void)kept;
  return 2.0 * kChains * V::lanes * static_cast<double>(rounds);
}

}  // namespace

void fill_peak(KernelTable* table) {
  table->f32.fma_burst = fma_burst<float>;
  table->f64.fma_burst = fma_burst<double>;
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
