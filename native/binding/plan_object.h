// The JS class NativePlan: a compiled network with its staging memory.
#pragma once
#include <napi.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <variant>

#include "../base/aligned.h"
#include "../plan/plan.h"

namespace chainrule::binding {

/// The rows of some batches, copied out of the user's arrays: from here on no JS action can take them away.
struct Staging {
  AlignedBuffer x, targets, labels;
  std::size_t rows = 0;
};

class PlanObject : public Napi::ObjectWrap<PlanObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit PlanObject(const Napi::CallbackInfo& info);

  template <class T> Plan<T>& plan() { return *std::get<std::unique_ptr<Plan<T>>>(plan_); }
  Staging& staging(std::size_t slot) { return staging_[slot]; }
  std::mutex& mutex() { return mutex_; }
  std::atomic<bool>& stopping() { return stopping_; }
  bool wide() const { return wide_; }

 private:
  Napi::Value stage(const Napi::CallbackInfo& info);
  Napi::Value train(const Napi::CallbackInfo& info);
  Napi::Value predict(const Napi::CallbackInfo& info);
  Napi::Value predict_sync(const Napi::CallbackInfo& info);
  Napi::Value stop(const Napi::CallbackInfo& info);
  Napi::Value describe(const Napi::CallbackInfo& info);

  bool wide_ = false;
  std::variant<std::unique_ptr<Plan<float>>, std::unique_ptr<Plan<double>>> plan_;
  std::size_t inputs_ = 0, outputs_ = 0, batch_ = 0, parameters_ = 0;
  LossKind loss_ = LossKind::none;
  Staging staging_[2];
  std::mutex mutex_;                     // a plan runs one thing at a time
  std::atomic<bool> stopping_{false};    // ends a training run before its next batch
  std::atomic<int> training_[2] = {0, 0};  // slots that a running task reads
  friend class TrainTask;
};

}  // namespace chainrule::binding
