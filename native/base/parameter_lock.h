// Who reads and who updates a model's parameters: predictions share them, an update has them alone. So a prediction made
// while a model trains sees the parameters as they are between two batches.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>

namespace chainrule {

/// A lock for many readers or one writer that costs two atomic operations when nobody else wants it. A waiting writer goes
/// before readers that come later. Usable with std::unique_lock and std::shared_lock.
class ParameterLock {
 public:
  /// The lock of the parameters at this address: all plans of the process that hold it meet at the same one.
  static std::shared_ptr<ParameterLock> of(const void* parameters);

  void lock_shared();
  void unlock_shared();
  void lock();
  bool try_lock();
  void unlock();

  /// Whether this thread is inside an UpdateHere of this lock: it then has what it would ask for.
  bool held_here() const;

  /// Trainings under way or queued. A long prediction takes a copy of the parameters while there are any.
  std::atomic<int> trainings{0};

 private:
  static constexpr uint32_t kWriter = uint32_t{1} << 31;
  std::atomic<uint32_t> state_{0};  // readers, plus kWriter while a writer waits or writes
};

/// Holds a lock alone while code of the user's runs on this thread, which may predict with the same parameters, or update them.
class UpdateHere {
 public:
  explicit UpdateHere(ParameterLock& lock);
  ~UpdateHere();
  UpdateHere(const UpdateHere&) = delete;
  UpdateHere& operator=(const UpdateHere&) = delete;

 private:
  friend class ParameterLock;
  ParameterLock& lock_;
  const bool nested_;
  const UpdateHere* const outer_;
};

/// Shares a lock for as long as it lives, or until it lets go.
class SharedHere {
 public:
  explicit SharedHere(ParameterLock& lock) : lock_(lock.held_here() ? nullptr : &lock) {
    if (lock_) lock_->lock_shared();
  }
  ~SharedHere() { unlock(); }
  void unlock() {
    if (lock_) lock_->unlock_shared();
    lock_ = nullptr;
  }
  SharedHere(const SharedHere&) = delete;
  SharedHere& operator=(const SharedHere&) = delete;

 private:
  ParameterLock* lock_;
};

}  // namespace chainrule
