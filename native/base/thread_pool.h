// Our own threads for parallel regions. Workers spin for a short, bounded time and then sleep; the caller takes part.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

#include "placement.h"

namespace chainrule {

/// How many threads a pool starts with: those that CHAINRULE_THREADS asks for, or one per processor where it is null or asks
/// for none that can be.
int threads_for(const char* asked, int processors);

/// Runs short parallel regions. Entering and leaving a warm region costs well under 2 µs.
///
/// Any thread may call `run`; while one region runs, others that ask do their parts themselves, one after the other. So
/// work must be split into parts that do not wait for each other, and results must not depend on who does which part.
/// Part i goes to thread i where that thread is awake (its cache may still hold what part i touched in the last region);
/// parts of threads that are late are taken by those that are done.
class ThreadPool {
 public:
  static constexpr int kMaxThreads = 256;

  explicit ThreadPool(int threads = 1);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// The process's pool. Made at first use with one thread per processor (CHAINRULE_THREADS overrides), never destroyed.
  static ThreadPool& global();

  /// Threads that take part in a region, the caller included.
  int size() const { return size_.load(std::memory_order_relaxed); }
  /// Sets the number of threads (1 to kMaxThreads). Waits for a running region. False if the system gives no more.
  bool resize(int threads);

  /// Calls body(part) for each part in [0, parts), each exactly once, and returns when all are done. body must not throw.
  template <class Body>
  void run(int parts, Body&& body) {
    if (parts <= 1 || size() <= 1) {
      for (int i = 0; i < parts; i++) body(i);
      return;
    }
    run_erased(parts, [](void* c, int part) { (*static_cast<std::remove_reference_t<Body>*>(c))(part); },
               const_cast<void*>(static_cast<const void*>(&body)));
  }

 private:
  using Function = void (*)(void*, int);
  void run_erased(int parts, Function function, void* context);
  void run_region(int parts, Function function, void* context);
  void run_grouped(int parts, Function function, void* context);
  void work(int index, uint32_t seen);
  void take_parts(int first, uint32_t epoch);
  void stop_workers();
  bool try_enter() { return !running_.exchange(true, std::memory_order_acquire); }
  void leave() { running_.store(false, std::memory_order_release); }

  // A part's state within a region: the region's epoch, shifted left, plus one once somebody has taken it. The tag keeps
  // a thread that wakes up late from taking a part of a region it does not know.
  static uint64_t open(uint32_t epoch) { return static_cast<uint64_t>(epoch) << 1; }

  std::atomic<int> size_{1};
  std::atomic<bool> running_{false};  // a region (or resize) is under way; a flag, so that a part may ask for a region itself
  std::vector<std::thread> workers_;
  std::unique_ptr<Placement> placement_;  // of the workers
  std::atomic<bool> stopping_{false};
  Function function_ = nullptr;
  void* context_ = nullptr;
  std::atomic<int> parts_{0};
  alignas(64) std::atomic<uint32_t> epoch_{0};  // one more for each region; workers wait for it to change
  alignas(64) std::atomic<int> remaining_{0};   // parts not done yet
  alignas(64) std::atomic<int> sleepers_{0};
  alignas(64) std::atomic<uint64_t> taken_[kMaxThreads] = {};
};

}  // namespace chainrule
