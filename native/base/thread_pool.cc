#include "thread_pool.h"

#include <cstdlib>
#include <system_error>

#include "cpu.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#define CHAINRULE_PAUSE() _mm_pause()
#elif defined(__aarch64__)
#define CHAINRULE_PAUSE() __asm__ volatile("yield")
#else
#define CHAINRULE_PAUSE() ((void)0)
#endif

namespace chainrule {
namespace {

// About 200 µs on a 3.7 GHz Zen 4 (a pause is some 40 cycles): longer than the gaps between the regions of a training step.
constexpr int kSpins = 20000;
// The caller waits for workers that are computing; if one lost its core, giving ours away is the way out.
constexpr int kSpinsBeforeYield = 2000;

int default_threads() {
  if (const char* text = std::getenv("CHAINRULE_THREADS")) {
    const int n = std::atoi(text);
    if (n >= 1 && n <= 256) return n;
  }
  return cpu_count() < 256 ? cpu_count() : 256;
}

}  // namespace

ThreadPool::ThreadPool(int threads) { resize(threads); }

ThreadPool::~ThreadPool() {
  std::lock_guard<std::mutex> lock(region_);
  stop_workers();
}

ThreadPool& ThreadPool::global() {
  // Leaked on purpose: worker threads may outlive static destructors at process exit.
  static ThreadPool* pool = new ThreadPool(default_threads());
  return *pool;
}

void ThreadPool::stop_workers() {
  stopping_ = true;
  epoch_.fetch_add(1, std::memory_order_release);
  epoch_.notify_all();
  for (std::thread& t : workers_) t.join();
  workers_.clear();
  stopping_ = false;
}

bool ThreadPool::resize(int threads) {
  if (threads < 1) threads = 1;
  if (threads > 256) threads = 256;
  std::lock_guard<std::mutex> lock(region_);
  if (threads == static_cast<int>(workers_.size()) + 1) return true;
  stop_workers();
  bool complete = true;
  try {
    workers_.reserve(static_cast<std::size_t>(threads - 1));
    const uint32_t seen = epoch_.load(std::memory_order_relaxed);
    for (int i = 1; i < threads; i++) workers_.emplace_back([this, i, seen] { work(i, seen); });
  } catch (const std::exception&) {
    complete = false;
  }
  size_.store(static_cast<int>(workers_.size()) + 1, std::memory_order_relaxed);
  return complete;
}

void ThreadPool::take_parts() {
  for (;;) {
    const int part = next_.fetch_add(1, std::memory_order_relaxed);
    if (part >= parts_) return;
    function_(context_, part);
  }
}

void ThreadPool::run_erased(int parts, Function function, void* context) {
  std::unique_lock<std::mutex> lock(region_, std::try_to_lock);
  if (!lock.owns_lock() || workers_.empty()) {
    for (int i = 0; i < parts; i++) function(context, i);
    return;
  }
  function_ = function;
  context_ = context;
  parts_ = parts;
  next_.store(0, std::memory_order_relaxed);
  busy_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
  epoch_.fetch_add(1, std::memory_order_seq_cst);
  if (sleepers_.load(std::memory_order_seq_cst) > 0) epoch_.notify_all();
  take_parts();
  for (int spins = 0; busy_.load(std::memory_order_acquire) != 0; spins++) {
    if (spins < kSpinsBeforeYield) CHAINRULE_PAUSE();
    else std::this_thread::yield();
  }
}

void ThreadPool::work(int, uint32_t seen) {
  for (;;) {
    int spins = 0;
    while (epoch_.load(std::memory_order_acquire) == seen) {
      if (++spins < kSpins) {
        CHAINRULE_PAUSE();
        // Give the core away now and then: when two threads land on one core, the other gets on.
        if ((spins & 1023) == 0) std::this_thread::yield();
        continue;
      }
      sleepers_.fetch_add(1, std::memory_order_seq_cst);
      epoch_.wait(seen, std::memory_order_seq_cst);
      sleepers_.fetch_sub(1, std::memory_order_relaxed);
    }
    seen++;
    if (stopping_) return;
    take_parts();
    busy_.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace chainrule
