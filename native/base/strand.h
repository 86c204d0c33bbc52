// Jobs in order: each starts when the one before it has ended, on whichever background thread is free.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace chainrule {

/// A queue of jobs that never overlap. May be destroyed while a job runs: the jobs that were submitted still run.
class Strand {
 public:
  /// Queues a job, which must not throw. False if the system gives no thread to run it, or no memory.
  bool submit(std::function<void()> job);

 private:
  struct Queue {
    std::mutex mutex;
    std::deque<std::function<void()>> jobs;
    bool running = false;
  };
  static void run(const std::shared_ptr<Queue>& queue);
  static bool start(const std::shared_ptr<Queue>& queue);

  std::shared_ptr<Queue> queue_ = std::make_shared<Queue>();
};

}  // namespace chainrule
