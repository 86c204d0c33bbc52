#include "async.h"

#include <exception>

#include "../base/background.h"

namespace chainrule::binding {

Task::~Task() {
  for (std::size_t i = 0; env_ && i < kept_count_; i++) napi_delete_reference(env_, kept_[i]);
}

napi_status Task::keep(napi_env env, napi_value value) {
  env_ = env;
  if (kept_count_ == kMostKept) return napi_generic_failure;
  const napi_status status = napi_create_reference(env, value, 1, &kept_[kept_count_]);
  if (status == napi_ok) kept_count_++;
  return status;
}

Environment* Environment::create(napi_env env) {
  auto self = std::make_unique<Environment>();
  napi_value name = nullptr;
  if (napi_create_string_utf8(env, "chainrule", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, self.get(), on_done, &self->done_) != napi_ok)
    return nullptr;
  napi_unref_threadsafe_function(env, self->done_);
  if (napi_set_instance_data(env, self.get(), [](napi_env, void* data, void*) { delete static_cast<Environment*>(data); }, nullptr) != napi_ok) return nullptr;
  // Hooks run last in, first out: this one waits for the work before the way back is taken down.
  Environment* const kept = self.release();
  return napi_add_env_cleanup_hook(env, on_close, kept) == napi_ok ? kept : nullptr;
}

Environment& Environment::of(napi_env env) {
  void* self = nullptr;
  napi_get_instance_data(env, &self);
  return *static_cast<Environment*>(self);
}

void Environment::on_close(void* data) {
  auto* self = static_cast<Environment*>(data);
  std::unique_lock<std::mutex> lock(self->mutex_);
  self->closing_.store(true);
  for (Task* task = self->tasks_; task; task = task->next_) task->interrupt();
  self->idle_.wait(lock, [self] { return self->running_ == 0; });
}

void Environment::link(Task* task) {
  std::lock_guard<std::mutex> lock(mutex_);
  task->next_ = tasks_;
  if (tasks_) tasks_->before_ = task;
  tasks_ = task;
  running_++;
}

void Environment::unlink(Task* task) {
  std::lock_guard<std::mutex> lock(mutex_);
  (task->before_ ? task->before_->next_ : tasks_) = task->next_;
  if (task->next_) task->next_->before_ = task->before_;
}

void Environment::stopped() {
  std::lock_guard<std::mutex> lock(mutex_);
  running_--;
  idle_.notify_all();
}

// On a background thread.
void Environment::run(Task* task) {
  try {
    if (!closing_.load()) task->work();
  } catch (const std::exception&) {
    task->status = {Code::out_of_memory, "no memory"};
  }
  unlink(task);
  // Once the environment closes nobody is left to settle the promise; what the task keeps goes with the environment.
  if (napi_call_threadsafe_function(done_, task, napi_tsfn_nonblocking) != napi_ok) {
    task->env_ = nullptr;
    delete task;
  }
  stopped();
}

napi_value Environment::start(napi_env env, std::unique_ptr<Task> task, Strand* strand) {
  napi_value promise = nullptr;
  if (napi_create_promise(env, &task->deferred_, &promise) != napi_ok) return nullptr;
  if (unsettled_++ == 0) napi_ref_threadsafe_function(env, done_);
  Task* const raw = task.release();
  link(raw);
  const auto job = [this, raw] { run(raw); };
  if (strand ? strand->submit(job) : Background::global().submit(job)) return promise;
  raw->status = {Code::out_of_memory, "the system gives no more threads"};
  unlink(raw);
  stopped();
  settle(env, raw);
  return promise;
}

void Environment::on_done(napi_env env, napi_value, void* context, void* data) {
  auto* task = static_cast<Task*>(data);
  if (!env) {  // the environment has gone, and its references with it
    task->env_ = nullptr;
    delete task;
    return;
  }
  const HandleScope scope(env);
  static_cast<Environment*>(context)->settle(env, task);
}

// What fails here fails because the environment is being ended (a worker that is terminated): nobody waits any more.
void Environment::settle(napi_env env, Task* raw) {
  const std::unique_ptr<Task> task(raw);
  if (--unsettled_ == 0) napi_unref_threadsafe_function(env, done_);
  if (task->status.ok()) {
    if (const napi_value value = task->resolve(env)) napi_resolve_deferred(env, task->deferred_, value);
  } else if (const napi_value error = make_error(env, task->status, task->status.what)) {
    napi_reject_deferred(env, task->deferred_, error);
  }
}

}  // namespace chainrule::binding
