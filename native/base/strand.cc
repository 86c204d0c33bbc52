#include "strand.h"

#include <new>

#include "background.h"

namespace chainrule {

bool Strand::submit(std::function<void()> job) {
  std::lock_guard<std::mutex> lock(queue_->mutex);
  try {
    queue_->jobs.push_back(std::move(job));
  } catch (const std::bad_alloc&) {
    return false;
  }
  if (queue_->running) return true;
  queue_->running = start(queue_);
  if (!queue_->running) queue_->jobs.pop_back();
  return queue_->running;
}

bool Strand::start(const std::shared_ptr<Queue>& queue) {
  try {
    return Background::global().submit([queue] { run(queue); });
  } catch (const std::bad_alloc&) {
    return false;
  }
}

// Stays on its thread, whose caches are warm, unless the jobs of others wait for one: then they get their turn after each job.
void Strand::run(const std::shared_ptr<Queue>& queue) {
  std::unique_lock<std::mutex> lock(queue->mutex);
  do {
    std::function<void()> job = std::move(queue->jobs.front());
    queue->jobs.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
    queue->running = !queue->jobs.empty();
  } while (queue->running && !(Background::global().crowded() && start(queue)));
}

}  // namespace chainrule
