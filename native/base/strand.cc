#include "strand.h"

#include "background.h"

namespace chainrule {

bool Strand::submit(std::function<void()> job) {
  std::lock_guard<std::mutex> lock(queue_->mutex);
  queue_->jobs.push_back(std::move(job));
  if (queue_->running) return true;
  queue_->running = Background::global().submit([queue = queue_] { run(queue); });
  if (!queue_->running) queue_->jobs.pop_back();
  return queue_->running;
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
  } while (queue->running && !(Background::global().crowded() && Background::global().submit([queue] { run(queue); })));
}

}  // namespace chainrule
