#include "placement.h"

#if defined(__linux__)
#include <pthread.h>
#include <sched.h>
#endif

namespace chainrule {
namespace {

/// Callers on several processors, who take turns, do not chase the helpers from one to the other.
constexpr std::chrono::milliseconds kStay{1};

/// The processor that the calling thread runs on, -1 where that cannot be told.
int processor() {
#if defined(__linux__)
  return sched_getcpu();
#else
  return -1;
#endif
}

/// Lets `thread` run wherever the calling thread may, but not on `avoided`. False where that leaves too few for `threads`, or is refused.
[[maybe_unused]] bool keep_off([[maybe_unused]] std::thread& thread, [[maybe_unused]] int avoided, [[maybe_unused]] std::size_t threads) {
#if defined(__linux__)
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof mask, &mask) != 0 || static_cast<std::size_t>(CPU_COUNT(&mask)) < threads) return false;
  CPU_CLR(static_cast<unsigned>(avoided), &mask);
  return pthread_setaffinity_np(thread.native_handle(), sizeof mask, &mask) == 0;
#else
  return false;
#endif
}

}  // namespace

Placement::Placement(std::size_t helpers) : helpers_(new Helper[helpers]) {}

void Placement::enter(std::vector<std::thread>& helpers, bool asleep) {
  if (!allowed_) return;
  const int here = processor();
  if (here < 0) return;
  if (caller_.load(std::memory_order_relaxed) != here) caller_.store(here, std::memory_order_relaxed);
  if (!crowded_.load(std::memory_order_relaxed)) return;
  std::chrono::steady_clock::time_point now{};
  for (std::size_t i = 0; i < helpers.size() && allowed_; i++) {
    Helper& helper = helpers_[i];
    if (helper.at.load(std::memory_order_relaxed) != here && !(asleep && helper.avoids != here)) continue;
    if (now == std::chrono::steady_clock::time_point{} && (now = std::chrono::steady_clock::now()) - moved_ < kStay) return;
    moved_ = now;
    allowed_ = keep_off(helpers[i], here, helpers.size() + 1);
    helper.avoids = here;
    helper.at.store(-1, std::memory_order_relaxed);
  }
}

void Placement::note(std::size_t helper) {
  const int here = processor();
  if (here < 0) return;
  std::atomic<int>& at = helpers_[helper].at;
  if (at.load(std::memory_order_relaxed) != here) at.store(here, std::memory_order_relaxed);
  if (caller_.load(std::memory_order_relaxed) == here && !crowded_.load(std::memory_order_relaxed)) crowded_.store(true, std::memory_order_relaxed);
}

}  // namespace chainrule
