#include "async.h"

#include "../base/background.h"

namespace chainrule::binding {

void Task::keep(Napi::Value value) { kept_.push_back(Napi::Persistent(value.As<Napi::Object>())); }
bool Task::closing() const { return environment_->closing(); }

void Environment::create(Napi::Env env) {
  auto* self = new Environment;
  env.SetInstanceData<Environment>(self);
  napi_value name;
  napi_create_string_utf8(env, "chainrule", NAPI_AUTO_LENGTH, &name);
  napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, self, on_done, &self->done_);
  napi_unref_threadsafe_function(env, self->done_);
  // Hooks run last in, first out: this one waits for the work before the way back is taken down.
  napi_add_env_cleanup_hook(env, on_close, self);
}

Environment& Environment::of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

void Environment::on_close(void* data) {
  auto* self = static_cast<Environment*>(data);
  self->closing_.store(true);
  std::unique_lock<std::mutex> lock(self->mutex_);
  self->stopped_.wait(lock, [self] { return self->running_ == 0; });
}

Napi::Value Environment::start(Napi::Env env, std::unique_ptr<Task> task, Strand* strand) {
  napi_value promise;
  task->environment_ = this;
  if (napi_create_promise(env, &task->deferred_, &promise) != napi_ok) return env.Undefined();
  if (unsettled_++ == 0) napi_ref_threadsafe_function(env, done_);
  Task* const raw = task.release();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    running_++;
  }
  auto job = [this, raw] {
    if (!closing()) raw->work();
    // Once the environment closes nobody is left to settle the promise; what the task keeps goes with the environment.
    napi_call_threadsafe_function(done_, raw, napi_tsfn_nonblocking);
    std::lock_guard<std::mutex> lock(mutex_);
    running_--;
    stopped_.notify_all();
  };
  const bool queued = strand ? strand->submit(job) : Background::global().submit(job);
  if (!queued) {
    raw->status = {Code::out_of_memory, "the system gives no more threads"};
    {
      std::lock_guard<std::mutex> lock(mutex_);
      running_--;
    }
    settle(env, raw);
  }
  return Napi::Value(env, promise);
}

void Environment::on_done(napi_env env, napi_value, void* context, void* data) {
  auto* task = static_cast<Task*>(data);
  if (!env) {  // the environment has gone, and its references with it
    for (Napi::ObjectReference& kept : task->kept_) kept.SuppressDestruct();
    delete task;
    return;
  }
  Napi::HandleScope scope(env);
  static_cast<Environment*>(context)->settle(env, task);
}

void Environment::settle(Napi::Env env, Task* raw) {
  std::unique_ptr<Task> task(raw);
  if (--unsettled_ == 0) napi_unref_threadsafe_function(env, done_);
  if (task->status.ok()) {
    napi_resolve_deferred(env, task->deferred_, task->resolve(env));
    return;
  }
  Napi::Error error = Napi::Error::New(env, task->status.what);
  error.Set("code", task->status.code == Code::out_of_memory ? "OUT_OF_MEMORY" : "INVALID_ARGUMENT");
  napi_reject_deferred(env, task->deferred_, error.Value());
}

}  // namespace chainrule::binding
