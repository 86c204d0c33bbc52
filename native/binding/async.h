// Work off the JS thread that ends in a promise. Safe against the end of the environment at any moment (a worker that is
// terminated, a process that exits): the environment waits until its running work has stopped, and work stops soon.
#pragma once
#include <napi.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "../base/status.h"
#include "../base/strand.h"

namespace chainrule::binding {

class Environment;

/// One piece of work. work() runs on a background thread and touches no JS; resolve() runs on the JS thread after it.
class Task {
 public:
  virtual ~Task() = default;
  virtual void work() = 0;
  /// The value the promise is resolved with, or null where the environment makes none any more. Not called when `status` is
  /// an error: the promise is then rejected. Raw Node-API only: the wrappers abort in an environment that is being ended.
  virtual napi_value resolve(napi_env env) = 0;

  /// Keeps a JS value (and the memory under it) alive until the task is done.
  void keep(Napi::Value value);
  /// True once the environment ends: work() should return at its next safe point.
  bool closing() const;

  Status status;

 private:
  friend class Environment;
  Environment* environment_ = nullptr;
  napi_deferred deferred_ = nullptr;
  std::vector<Napi::ObjectReference> kept_;
};

/// A typed array of its own memory with these elements, or null where the environment makes none any more.
napi_value copied_array(napi_env env, napi_typedarray_type type, const void* from, std::size_t length, std::size_t element);

/// What the addon keeps per JS environment: the way back from background threads.
class Environment {
 public:
  static void create(Napi::Env env);
  static Environment& of(Napi::Env env);

  /// Starts a task and returns its promise.
  /// After the tasks started on the same strand before it, if one is given.
  Napi::Value start(Napi::Env env, std::unique_ptr<Task> task, Strand* strand = nullptr);
  bool closing() const { return closing_.load(std::memory_order_relaxed); }

 private:
  static void on_done(napi_env env, napi_value, void* context, void* data);
  static void on_close(void* self);
  void settle(napi_env env, Task* task);

  napi_threadsafe_function done_ = nullptr;
  std::atomic<bool> closing_{false};
  std::mutex mutex_;
  std::condition_variable stopped_;
  int running_ = 0;    // tasks on background threads
  int unsettled_ = 0;  // promises still open; while there are any, the event loop is kept alive
};

}  // namespace chainrule::binding
