#include "peak.h"

#include <algorithm>
#include <chrono>

#include "../base/thread_pool.h"

namespace chainrule {

template <class T>
double fma_peak(const KernelTable& table, int threads) {
  using Clock = std::chrono::steady_clock;
  constexpr std::size_t kRounds = 200'000;
  ThreadPool pool(threads);
  double best = 0;
  for (int i = 0; i < 30; i++) {
    const auto start = Clock::now();
    pool.run(threads, [&](int) { table.of<T>().fma_burst(kRounds); });
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    // fma_burst counts its own FLOPs; a call with no rounds costs nothing and tells the count per round.
    best = std::max(best, table.of<T>().fma_burst(1) * kRounds * threads / seconds / 1e9);
  }
  return best;
}

template double fma_peak<float>(const KernelTable&, int);
template double fma_peak<double>(const KernelTable&, int);

}  // namespace chainrule
