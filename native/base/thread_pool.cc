#include "thread_pool.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <system_error>

#include "cpu.h"
#include "pause.h"

namespace chainrule {
namespace {

// Longer than the gaps between a training step's regions. In time, because a pause takes 40 cycles here and 140 there.
constexpr std::chrono::microseconds kSpinTime{200};
// How often the clock is looked at.
constexpr int kSpinsBetweenLooks = 64;
// Who spins gives its core away now and then: when two threads land on one core, the other one gets on.
constexpr int kSpinsBetweenYields = 1024;

}  // namespace

int threads_for(const char* asked, int processors) {
  const int n = asked ? std::atoi(asked) : 0;
  return std::clamp(n < 1 || n > ThreadPool::kMaxThreads ? processors : n, 1, ThreadPool::kMaxThreads);
}

ThreadPool::ThreadPool(int threads) { resize(threads); }

ThreadPool::~ThreadPool() { stop_workers(); }

ThreadPool& ThreadPool::global() {
  // Never destroyed: threads of other parts of the process may still use it while static objects are torn down.
  static ThreadPool* pool = new ThreadPool(threads_for(std::getenv("CHAINRULE_THREADS"), cpu_count()));
  return *pool;
}

void ThreadPool::stop_workers() {
  stopping_.store(true, std::memory_order_relaxed);
  parts_.store(0, std::memory_order_relaxed);
  epoch_.fetch_add(1, std::memory_order_seq_cst);
  epoch_.notify_all();
  for (std::thread& t : workers_) t.join();
  workers_.clear();
  stopping_.store(false, std::memory_order_relaxed);
}

bool ThreadPool::resize(int threads) {
  threads = std::clamp(threads, 1, kMaxThreads);
  while (!try_enter()) std::this_thread::yield();
  bool complete = true;
  if (threads == size()) {
    leave();
    return complete;
  }
  stop_workers();
  try {
    placement_ = std::make_unique<Placement>(static_cast<std::size_t>(threads - 1));
    workers_.reserve(static_cast<std::size_t>(threads - 1));
    const uint32_t seen = epoch_.load(std::memory_order_relaxed);
    for (int i = 1; i < threads; i++) workers_.emplace_back([this, i, seen] { work(i, seen); });
  } catch (const std::exception&) {
    complete = false;
  }
  size_.store(static_cast<int>(workers_.size()) + 1, std::memory_order_relaxed);
  leave();
  return complete;
}

void ThreadPool::take_parts(int first, uint32_t epoch) {
  const int parts = parts_.load(std::memory_order_relaxed);
  for (int i = 0; i < parts; i++) {
    const int part = first + i < parts ? first + i : (first + i) % parts;
    uint64_t expected = open(epoch);
    if (!taken_[part].compare_exchange_strong(expected, expected + 1, std::memory_order_acq_rel)) continue;
    // From here to the decrement the region cannot end, so function_ and context_ are this region's.
    function_(context_, part);
    remaining_.fetch_sub(1, std::memory_order_release);
  }
}

void ThreadPool::run_region(int parts, Function function, void* context) {
  const uint32_t epoch = epoch_.load(std::memory_order_relaxed) + 1;
  // Any worker still looking at the last region finds all its parts taken; the new tags are set before parts_ can grow.
  for (int i = 0; i < parts; i++) taken_[i].store(open(epoch), std::memory_order_relaxed);
  function_ = function;
  context_ = context;
  remaining_.store(parts, std::memory_order_relaxed);
  parts_.store(parts, std::memory_order_relaxed);
  epoch_.store(epoch, std::memory_order_seq_cst);
  const bool asleep = sleepers_.load(std::memory_order_seq_cst) > 0;
  if (placement_) placement_->enter(workers_, asleep);
  if (asleep) epoch_.notify_all();
  take_parts(0, epoch);
  for (int spins = 1; remaining_.load(std::memory_order_acquire) != 0; spins++) {
    pause_briefly();
    if (spins % kSpinsBetweenYields == 0) std::this_thread::yield();
  }
}

void ThreadPool::run_erased(int parts, Function function, void* context) {
  if (!try_enter()) {
    for (int i = 0; i < parts; i++) function(context, i);
    return;
  }
  if (parts <= kMaxThreads) run_region(parts, function, context);
  else run_grouped(parts, function, context);
  leave();
}

// More parts than threads can be: each group is a run of neighbouring parts.
void ThreadPool::run_grouped(int parts, Function function, void* context) {
  struct Grouped { Function function; void* context; int parts; } grouped{function, context, parts};
  run_region(kMaxThreads, [](void* c, int group) {
    const Grouped& g = *static_cast<Grouped*>(c);
    const int64_t n = g.parts;
    for (int64_t i = group * n / kMaxThreads; i < (group + 1) * n / kMaxThreads; i++) g.function(g.context, static_cast<int>(i));
  }, &grouped);
}

void ThreadPool::work(int index, uint32_t seen) {
  for (;;) {
    uint32_t epoch;
    int spins = 0;
    std::chrono::steady_clock::time_point began;
    while ((epoch = epoch_.load(std::memory_order_acquire)) == seen) {
      if (spins == 0) began = std::chrono::steady_clock::now();
      if (++spins % kSpinsBetweenLooks != 0 || std::chrono::steady_clock::now() - began < kSpinTime) {
        pause_briefly();
        if (spins % kSpinsBetweenYields == 0) std::this_thread::yield();
        continue;
      }
      sleepers_.fetch_add(1, std::memory_order_seq_cst);
      epoch_.wait(seen, std::memory_order_seq_cst);
      sleepers_.fetch_sub(1, std::memory_order_relaxed);
    }
    seen = epoch;
    if (stopping_.load(std::memory_order_relaxed)) return;
    take_parts(index, epoch);
    placement_->note(static_cast<std::size_t>(index - 1));
  }
}

}  // namespace chainrule
