// Our own threads for work that must not run on the JS thread: training runs, predictions. Never libuv's pool.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

namespace chainrule {

/// Runs jobs in the order they come, several at a time. Threads start when they are needed and then stay.
class Background {
 public:
  /// The process's instance, never destroyed.
  static Background& global();

  /// Queues a job, which must not throw. False if there is no thread to run it and the system gives none, or no memory.
  bool submit(std::function<void()> job);

  /// Whether jobs wait for a thread.
  bool crowded();

 private:
  explicit Background(int most) : most_(most) {}
  void work();

  const int most_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  int threads_ = 0, idle_ = 0;
};

}  // namespace chainrule
