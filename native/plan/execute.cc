// Runs a plan: forward, loss, backward, update.
#include "plan.h"

namespace chainrule {

template <class T>
Status Plan<T>::forward(const Pass<T>& pass, const T* x) {
  values_[0].data = const_cast<T*>(x);
  for (const auto& op : ops_) {
    const Status status = op->forward(pass);
    if (!status.ok()) return status;
  }
  return {};
}

template <class T>
Status Plan<T>::predict(ThreadPool& pool, const T* parameters, const T* x, std::size_t rows, T* y) {
  output().data = y;
  return forward({table_, pool, parameters, nullptr, rows}, x);
}

template <class T>
Status Plan<T>::evaluate(ThreadPool& pool, const T* parameters, const T* x, const Targets<T>& targets, std::size_t rows, BatchResult* result) {
  const Pass<T> pass{table_, pool, parameters, nullptr, rows};
  const Status status = forward(pass, x);
  if (status.ok()) *result = evaluate_loss(pass, description_.loss, output(), targets, scratch_);
  return status;
}

template <class T>
Status Plan<T>::train(ThreadPool& pool, const Blocks<T>& blocks, const T* x, const Targets<T>& targets, std::size_t rows, const Update& update,
                      BatchResult* result) {
  const Pass<T> pass{table_, pool, blocks.parameters, blocks.gradients, rows};
  const Status status = forward(pass, x);
  if (!status.ok()) return status;
  *result = evaluate_loss(pass, description_.loss, output(), targets, scratch_);
  if (!result->finite) return {};
  for (Op<T>* op : back_) {
    const Status back = op->backward(pass);
    if (!back.ok()) return back;
  }
  apply_update(table_, pool, blocks, description_.parameters, update);
  return {};
}

#define CHAINRULE_PLAN(T)                                                                                                              \
  template Status Plan<T>::predict(ThreadPool&, const T*, const T*, std::size_t, T*);                                                  \
  template Status Plan<T>::evaluate(ThreadPool&, const T*, const T*, const Targets<T>&, std::size_t, BatchResult*);                    \
  template Status Plan<T>::train(ThreadPool&, const Blocks<T>&, const T*, const Targets<T>&, std::size_t, const Update&, BatchResult*);
CHAINRULE_PLAN(float)
CHAINRULE_PLAN(double)

}  // namespace chainrule
