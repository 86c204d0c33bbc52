// Runs a plan: forward, loss, backward, update.
#include <algorithm>
#include <mutex>

#include "plan.h"

namespace chainrule {

template <class T>
Pass<T> Plan<T>::pass(ThreadPool& pool, const T* parameters, const Batch<T>& batch) {
  Pass<T> pass{table_, pool, parameters, nullptr, batch.rows};
  pass.indices = batch.indices;
  pass.buffers = memory_.buffers.data();
  pass.counters = memory_.counters;
  return pass;
}

template <class T>
Status Plan<T>::forward(const Pass<T>& pass, const Batch<T>& batch, bool* stopped) {
  values_[0].data = const_cast<T*>(batch.x);
  for (const auto& op : ops_) {
    if ((*stopped = batch.stopped())) return {};
    const Status status = op->forward(pass);
    if (!status.ok()) return status;
  }
  return {};
}

template <class T>
Status Plan<T>::predict(ThreadPool& pool, const T* parameters, const Batch<T>& batch, T* y) {
  output().data = y;
  bool stopped = false;
  return forward(pass(pool, parameters, batch), batch, &stopped);
}

template <class T>
Status Plan<T>::evaluate(ThreadPool& pool, const T* parameters, const Batch<T>& batch, BatchResult* result) {
  if (!trains()) return invalid("a plan with a loss");
  const Pass<T> p = pass(pool, parameters, batch);
  const Status status = forward(p, batch, &result->stopped);
  return status.ok() && !result->stopped ? loss_.evaluate(p, output(), batch.targets, result) : status;
}

template <class T>
Status Plan<T>::train(ThreadPool& pool, const Blocks<T>& blocks, const Batch<T>& batch, const Update& update, BatchResult* result) {
  if (!trains()) return invalid("a plan with a loss");
  Pass<T> p = pass(pool, blocks.parameters, batch);
  p.gradients = blocks.gradients;
  p.more = update.waiting;
  p.training = true;
  p.lock = blocks.lock;
  Status status = forward(p, batch, &result->stopped);
  if (status.ok() && !result->stopped) status = loss_.evaluate(p, output(), batch.targets, result, update.sums());
  if (!status.ok() || !result->finite || result->stopped) return status;
  // Weights that move while their gradients are computed are not to be seen before the others have moved too.
  std::unique_lock<ParameterLock> alone;
  if (early_ && update.early()) {
    p.blocks = &blocks;
    p.update = &update;
    p.updated = &updated_;
    if (blocks.lock) alone = std::unique_lock(*blocks.lock);
  }
  updated_.clear();
  for (Op<T>* op : back_) {
    if ((result->stopped = updated_.empty() && batch.stopped())) return {};
    status = op->backward(p);
    if (!status.ok()) return status;
  }
  std::sort(updated_.begin(), updated_.end(), [](const Stretch& a, const Stretch& b) { return a.begin < b.begin; });
  apply_update(table_, pool, blocks, update, updated_, alone);
  return {};
}

#define CHAINRULE_PLAN(T)                                                                                   \
  template Status Plan<T>::predict(ThreadPool&, const T*, const Batch<T>&, T*);                             \
  template Status Plan<T>::evaluate(ThreadPool&, const T*, const Batch<T>&, BatchResult*);                  \
  template Status Plan<T>::train(ThreadPool&, const Blocks<T>&, const Batch<T>&, const Update&, BatchResult*);
CHAINRULE_PLAN(float)
CHAINRULE_PLAN(double)

}  // namespace chainrule
