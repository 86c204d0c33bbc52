#include "async.h"

#include <cstring>

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
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  static_cast<Environment*>(context)->settle(env, task);
  napi_close_handle_scope(env, scope);
}

// What fails here fails because the environment is being ended (a worker that is terminated): nobody waits any more.
void Environment::settle(napi_env env, Task* raw) {
  const std::unique_ptr<Task> task(raw);
  if (--unsettled_ == 0) napi_unref_threadsafe_function(env, done_);
  if (task->status.ok()) {
    if (napi_value value = task->resolve(env)) napi_resolve_deferred(env, task->deferred_, value);
    return;
  }
  const Status& status = task->status;
  const char* const code = status.code == Code::out_of_memory ? "OUT_OF_MEMORY" : status.code == Code::out_of_range ? "OUT_OF_RANGE" : "INVALID_ARGUMENT";
  napi_value message, name, error, where, value;
  if (napi_create_string_utf8(env, status.what, NAPI_AUTO_LENGTH, &message) == napi_ok &&
      napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &name) == napi_ok && napi_create_error(env, name, message, &error) == napi_ok &&
      napi_create_double(env, static_cast<double>(status.where), &where) == napi_ok && napi_create_double(env, static_cast<double>(status.value), &value) == napi_ok &&
      napi_set_named_property(env, error, "where", where) == napi_ok && napi_set_named_property(env, error, "value", value) == napi_ok)
    napi_reject_deferred(env, task->deferred_, error);
}

napi_value copied_array(napi_env env, napi_typedarray_type type, const void* from, std::size_t length, std::size_t element) {
  void* to = nullptr;
  napi_value buffer, array;
  if (napi_create_arraybuffer(env, length * element, &to, &buffer) != napi_ok) return nullptr;
  if (length) std::memcpy(to, from, length * element);
  return napi_create_typedarray(env, type, length, buffer, 0, &array) == napi_ok ? array : nullptr;
}

}  // namespace chainrule::binding
