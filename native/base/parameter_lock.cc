#include "parameter_lock.h"

#include <map>
#include <mutex>

#include "pause.h"

namespace chainrule {
namespace {

// An update of a small network takes less than this many looks; who has to wait longer sleeps.
constexpr int kSpins = 2000;

/// Waits, spinning at first, until `state` is no longer `seen`.
void wait_for_change(std::atomic<uint32_t>& state, uint32_t seen) {
  for (int i = 0; i < kSpins; i++) {
    if (state.load(std::memory_order_relaxed) != seen) return;
    pause_briefly();
  }
  state.wait(seen, std::memory_order_relaxed);
}

thread_local const UpdateHere* innermost = nullptr;

}  // namespace

std::shared_ptr<ParameterLock> ParameterLock::of(const void* parameters) {
  static std::mutex mutex;
  static auto* locks = new std::map<const void*, std::weak_ptr<ParameterLock>>;
  static std::size_t most = 16;  // before those that nobody holds any more are looked for
  std::lock_guard<std::mutex> guard(mutex);
  if (locks->size() >= most) {
    for (auto it = locks->begin(); it != locks->end();) it = it->second.expired() ? locks->erase(it) : std::next(it);
    most = 2 * locks->size() + 16;
  }
  std::weak_ptr<ParameterLock>& known = (*locks)[parameters];
  std::shared_ptr<ParameterLock> lock = known.lock();
  if (!lock) known = lock = std::make_shared<ParameterLock>();
  return lock;
}

void ParameterLock::lock_shared() {
  for (;;) {
    uint32_t seen = state_.load(std::memory_order_relaxed);
    if (seen & kWriter) {
      wait_for_change(state_, seen);
    } else if (state_.compare_exchange_weak(seen, seen + 1, std::memory_order_acquire, std::memory_order_relaxed)) {
      return;
    }
  }
}

void ParameterLock::unlock_shared() {
  if (state_.fetch_sub(1, std::memory_order_release) & kWriter) state_.notify_all();
}

void ParameterLock::lock() {
  for (;;) {
    uint32_t seen = state_.load(std::memory_order_relaxed);
    if (seen & kWriter) {
      wait_for_change(state_, seen);
    } else if (state_.compare_exchange_weak(seen, seen | kWriter, std::memory_order_acquire, std::memory_order_relaxed)) {
      break;
    }
  }
  for (uint32_t seen; (seen = state_.load(std::memory_order_acquire)) != kWriter;) wait_for_change(state_, seen);
}

bool ParameterLock::try_lock() {
  uint32_t nobody = 0;
  return state_.compare_exchange_strong(nobody, kWriter, std::memory_order_acquire, std::memory_order_relaxed);
}

void ParameterLock::unlock() {
  state_.store(0, std::memory_order_release);
  state_.notify_all();
}

bool ParameterLock::held_here() const {
  for (const UpdateHere* each = innermost; each; each = each->outer_)
    if (&each->lock_ == this) return true;
  return false;
}

UpdateHere::UpdateHere(ParameterLock& lock) : lock_(lock), nested_(lock.held_here()), outer_(innermost) {
  if (!nested_) {
    lock.trainings++;  // long predictions that begin now do not keep it waiting
    lock.lock();
  }
  innermost = this;
}

UpdateHere::~UpdateHere() {
  innermost = outer_;
  if (nested_) return;
  lock_.unlock();
  lock_.trainings--;
}

}  // namespace chainrule
