// Work off the JS thread that ends in a promise. Safe against the end of the environment at any moment (a worker that is
// terminated, a process that exits): the environment waits until its running work has stopped, and work stops soon.
#pragma once
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "../base/status.h"
#include "../base/strand.h"
#include "values.h"

namespace chainrule::binding {

class Environment;

/// One piece of work. work() runs on a background thread and touches no JS; resolve() runs on the JS thread after it.
class Task {
 public:
  /// On the JS thread, or where the environment has gone.
  virtual ~Task();
  /// What it throws for want of memory becomes the status.
  virtual void work() = 0;
  /// The value the promise is resolved with, or null where the environment makes none any more. Not called when `status` is
  /// an error: the promise is then rejected.
  virtual napi_value resolve(napi_env env) = 0;
  /// The environment ends: work() should return soon. On the JS thread, while work() runs or waits to.
  virtual void interrupt() = 0;

  /// Keeps a JS object (and the memory under it) alive until the task is done. At most kMostKept.
  napi_status keep(napi_env env, napi_value value);
  static constexpr std::size_t kMostKept = 8;
  Status status;

 private:
  friend class Environment;
  Task *before_ = nullptr, *next_ = nullptr;  // in the environment's list
  napi_deferred deferred_ = nullptr;
  napi_env env_ = nullptr;  // of what is kept; null once that has gone with it
  napi_ref kept_[kMostKept];
  std::size_t kept_count_ = 0;
};

/// What the addon keeps per JS environment: the way back from background threads.
class Environment {
 public:
  /// Null, perhaps with an exception pending, where the environment is being ended.
  static Environment* create(napi_env env);
  static Environment& of(napi_env env);

  /// Starts a task and returns its promise.
  /// After the tasks started on the same strand before it, if one is given.
  napi_value start(napi_env env, std::unique_ptr<Task> task, Strand* strand = nullptr);

 private:
  static void on_done(napi_env env, napi_value, void* context, void* data);
  static void on_close(void* self);
  void run(Task* task);
  void settle(napi_env env, Task* task);
  void link(Task* task);
  void unlink(Task* task);
  void stopped();

  napi_threadsafe_function done_ = nullptr;
  std::atomic<bool> closing_{false};
  std::mutex mutex_;
  std::condition_variable idle_;
  Task* tasks_ = nullptr;  // those that run or wait to
  int running_ = 0;        // background threads that have not left a task yet, and tasks that wait
  int unsettled_ = 0;      // promises still open; while there are any, the event loop is kept alive
};

}  // namespace chainrule::binding
