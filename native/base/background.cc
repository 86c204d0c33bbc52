#include "background.h"

#include <algorithm>
#include <exception>
#include <new>
#include <thread>

#include "cpu.h"

namespace chainrule {

Background& Background::global() {
  static Background* background = new Background(std::max(4, cpu_count()));
  return *background;
}

bool Background::submit(std::function<void()> job) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (idle_ <= static_cast<int>(jobs_.size()) && threads_ < most_) {
    try {
      std::thread([this] { work(); }).detach();
      threads_++;
    } catch (const std::exception&) {
      if (threads_ == 0) return false;
    }
  }
  try {
    jobs_.push_back(std::move(job));
  } catch (const std::bad_alloc&) {
    return false;
  }
  wake_.notify_one();
  return true;
}

bool Background::crowded() {
  std::lock_guard<std::mutex> lock(mutex_);
  return !jobs_.empty();
}

void Background::work() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    idle_++;
    wake_.wait(lock, [this] { return !jobs_.empty(); });
    idle_--;
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

}  // namespace chainrule
