// Our own threads for parallel regions. Workers spin for a short, bounded time and then sleep; the caller takes part.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace chainrule {

/// Runs short parallel regions. Entering and leaving a warm region costs well under 2 µs.
///
/// Any thread may call `run`; while one region runs, others that ask do their parts themselves, one after the other. So
/// work must be split into the same parts whatever the number of threads, and a part must never wait for another.
class ThreadPool {
 public:
  explicit ThreadPool(int threads = 1);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// The process's pool. Made at first use with one thread per processor (CHAINRULE_THREADS overrides), never destroyed.
  static ThreadPool& global();

  /// Threads that take part in a region, the caller included.
  int size() const { return size_.load(std::memory_order_relaxed); }
  /// Sets the number of threads (1 to 256). Waits for a running region. False if the system gives no more threads.
  bool resize(int threads);

  /// Calls body(part) for each part in [0, parts), each exactly once, and returns when all are done. body must not throw.
  template <class Body>
  void run(int parts, Body&& body) {
    if (parts <= 1 || size() <= 1) {
      for (int i = 0; i < parts; i++) body(i);
      return;
    }
    run_erased(parts, [](void* c, int part) { (*static_cast<Body*>(c))(part); }, const_cast<void*>(static_cast<const void*>(&body)));
  }

 private:
  using Function = void (*)(void*, int);
  struct Worker;
  void run_erased(int parts, Function function, void* context);
  void work(int index, uint32_t seen);
  void stop_workers();
  void take_parts();

  std::atomic<int> size_{1};
  std::mutex region_;                     // held while a region runs
  std::vector<std::thread> workers_;
  Function function_ = nullptr;
  void* context_ = nullptr;
  int parts_ = 0;
  bool stopping_ = false;
  alignas(64) std::atomic<uint32_t> epoch_{0};    // one more for each region; workers wait for it to change
  alignas(64) std::atomic<int> next_{0};          // next part to take
  alignas(64) std::atomic<int> busy_{0};          // workers that have not left the region
  alignas(64) std::atomic<int> sleepers_{0};
};

}  // namespace chainrule
