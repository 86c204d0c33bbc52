// Runs a plan's steps: forward, loss, backward, update.
#include <cmath>
#include <cstring>
#include <mutex>

#include "../base/parallel.h"
#include "../gemm/gemm.h"
#include "plan.h"

namespace chainrule {
namespace {

template <class Body>
void over_elements(ThreadPool& pool, std::size_t n, Body&& body) {
  parallel_ranges(pool, n, kElementGrain, kElementUnit, body);
}

template <class Body>
void over_rows(ThreadPool& pool, std::size_t rows, std::size_t cols, Body&& body) {
  parallel_ranges(pool, rows, kElementGrain / cols + 1, 16, body);
}

}  // namespace

template <class T>
Status Plan<T>::forward(ThreadPool& pool, const T* parameters, const T* input, std::size_t rows) {
  const Kernels<T>& k = table_.of<T>();
  for (const Step& s : steps_) {
    const T* x = input_of(s, input);
    switch (s.op.kind) {
      case OpKind::linear: {
        Epilogue<T> epilogue;
        epilogue.bias = s.op.bias == kNone ? nullptr : parameters + s.op.bias;
        epilogue.activation = s.activation;
        epilogue.parameters = s.parameters;
        epilogue.before = s.before;
        epilogue.before_stride = s.out;
        const Status status = gemm<T>(table_, pool, rows, s.out, s.in, T(1), {x, s.in, 1}, {parameters + s.op.weight, 1, s.in}, T(0), {s.y, s.out, 1}, epilogue);
        if (!status.ok()) return status;
        break;
      }
      case OpKind::unary:
        over_elements(pool, rows * s.out, [&](std::size_t b, std::size_t e) { s.activation->forward(e - b, x + b, s.y + b, s.parameters); });
        break;
      case OpKind::prelu:
        over_rows(pool, rows, s.out, [&](std::size_t b, std::size_t e) {
          k.prelu_forward(e - b, s.out, x + b * s.out, parameters + s.op.weight, s.op.weight_length != 1, s.y + b * s.out);
        });
        break;
      case OpKind::softmax:
      case OpKind::log_softmax: {
        const auto kernel = s.op.kind == OpKind::softmax ? k.softmax_forward : k.log_softmax_forward;
        over_rows(pool, rows, s.out, [&](std::size_t b, std::size_t e) { kernel(e - b, s.out, x + b * s.out, s.y + b * s.out); });
        break;
      }
    }
  }
  return {};
}

template <class T>
Status Plan<T>::predict(ThreadPool& pool, const T* parameters, const T* x, std::size_t rows, T* y) {
  const Status status = forward(pool, parameters, x, rows);
  if (status.ok()) std::memcpy(y, steps_.back().y, rows * outputs() * sizeof(T));
  return status;
}

template <class T>
Status Plan<T>::train(ThreadPool& pool, const Blocks<T>& blocks, const T* x, const int32_t* labels, const T* targets, std::size_t rows,
                      const Update& update, BatchResult* result) {
  Status status = forward(pool, blocks.parameters, x, rows);
  if (!status.ok()) return status;
  evaluate_loss(pool, labels, targets, rows, result);
  if (!result->finite) return status;
  status = backward(pool, blocks, x, rows);
  if (status.ok()) apply(pool, blocks, update);
  return status;
}

template <class T>
Status Plan<T>::evaluate(ThreadPool& pool, const T* parameters, const T* x, const int32_t* labels, const T* targets, std::size_t rows, BatchResult* result) {
  const Status status = forward(pool, parameters, x, rows);
  if (status.ok()) evaluate_loss(pool, labels, targets, rows, result);
  return status;
}

template <class T>
void Plan<T>::evaluate_loss(ThreadPool& pool, const int32_t* labels, const T* targets, std::size_t rows, BatchResult* result) {
  const Kernels<T>& k = table_.of<T>();
  const Step& last = steps_.back();
  const std::size_t cols = last.out;
  double mean;
  if (description_.loss == LossKind::cross_entropy) {
    const double scale = 1.0 / static_cast<double>(rows);
    over_rows(pool, rows, cols, [&](std::size_t b, std::size_t e) {
      k.argmax_rows(e - b, cols, last.y + b * cols, classes_ + b);
      k.cross_entropy(e - b, cols, last.y + b * cols, labels + b, scale, losses_ + b, last.dy + b * cols);
    });
    std::size_t correct = 0;
    for (std::size_t r = 0; r < rows; r++) correct += classes_[r] == labels[r];
    result->correct = static_cast<double>(correct);
    mean = k.sum(rows, losses_) * scale;
  } else {
    const double scale = 1.0 / static_cast<double>(rows * cols);
    mean = k.squared_error(rows * cols, last.y, targets, 2 * scale, last.dy) * scale;
    result->correct = 0;
  }
  result->loss = mean;
  result->finite = std::isfinite(mean);
}

template <class T>
Status Plan<T>::linear_backward(ThreadPool& pool, const Blocks<T>& blocks, const Step& s, const T* x, std::size_t rows) {
  const Kernels<T>& k = table_.of<T>();
  const T beta = s.weight_first ? T(0) : T(1);
  if (s.activation) {
    const T* kept = s.keeps == Keeps::output ? s.y : s.before;
    over_elements(pool, rows * s.out, [&](std::size_t b, std::size_t e) { s.activation->backward(e - b, kept ? kept + b : nullptr, s.dy + b, s.dy + b, s.parameters); });
  }
  const T* dz = s.dy;  // [rows, out]
  if (s.op.bias != kNone)
    parallel_ranges(pool, s.out, kElementGrain / rows + 1, kElementUnit, [&](std::size_t b, std::size_t e) {
      k.column_sums(rows, e - b, dz + b, s.out, blocks.gradients + s.op.bias + b, !s.weight_first);
    });
  // dW[out, in] = dzᵀ·x
  const Status status = gemm<T>(table_, pool, s.out, s.in, rows, T(1), {dz, 1, s.out}, {x, s.in, 1}, beta, {blocks.gradients + s.op.weight, s.in, 1});
  if (!status.ok() || !s.dx) return status;
  // dx[rows, in] = dz·W
  return gemm<T>(table_, pool, rows, s.in, s.out, T(1), {dz, s.out, 1}, {blocks.parameters + s.op.weight, s.in, 1}, s.dx_first ? T(0) : T(1), {s.dx, s.in, 1});
}

template <class T>
Status Plan<T>::backward(ThreadPool& pool, const Blocks<T>& blocks, const T* input, std::size_t rows) {
  const Kernels<T>& k = table_.of<T>();
  for (std::size_t i = steps_.size(); i-- > 0;) {
    const Step& s = steps_[i];
    const T* x = input_of(s, input);
    if (s.op.kind == OpKind::linear) {
      const Status status = linear_backward(pool, blocks, s, x, rows);
      if (!status.ok()) return status;
      continue;
    }
    if (s.op.kind == OpKind::prelu) {
      T* dalpha = blocks.gradients + s.op.weight;
      if (s.weight_first) std::memset(dalpha, 0, s.op.weight_length * sizeof(T));
      k.prelu_backward(rows, s.out, x, blocks.parameters + s.op.weight, s.op.weight_length != 1, s.dy, s.dy, dalpha);
    } else if (!s.dx) {
      continue;
    } else if (s.op.kind == OpKind::unary) {
      const T* kept = s.keeps == Keeps::input ? x : s.y;
      over_elements(pool, rows * s.out, [&](std::size_t b, std::size_t e) { s.activation->backward(e - b, kept + b, s.dy + b, s.dy + b, s.parameters); });
    } else {
      const auto kernel = s.op.kind == OpKind::softmax ? k.softmax_backward : k.log_softmax_backward;
      over_rows(pool, rows, s.out, [&](std::size_t b, std::size_t e) {
        const std::size_t at = b * s.out;
        kernel(e - b, s.out, s.y + at, s.dy + at, s.dy + at);
      });
    }
    // The gradient now stands in dy, whose value is done with; it goes on to x.
    if (!s.dx) continue;
    over_elements(pool, rows * s.out, [&](std::size_t b, std::size_t e) {
      if (s.dx_first) std::memcpy(s.dx + b, s.dy + b, (e - b) * sizeof(T));
      else k.axpy(e - b, 1.0, s.dy + b, s.dx + b);
    });
  }
  return {};
}

template <class T>
void Plan<T>::apply(ThreadPool& pool, const Blocks<T>& blocks, const Update& update) {
  const Kernels<T>& k = table_.of<T>();
  std::unique_lock<ParameterLock> alone;
  if (blocks.lock) alone = std::unique_lock(*blocks.lock);
  over_elements(pool, description_.parameters, [&](std::size_t b, std::size_t e) {
    if (update.kind == OptimizerKind::sgd)
      k.sgd(e - b, blocks.parameters + b, blocks.gradients + b, blocks.state[0] ? blocks.state[0] + b : nullptr, &update.sgd);
    else if (update.kind == OptimizerKind::adam)
      k.adam(e - b, blocks.parameters + b, blocks.gradients + b, blocks.state[0] + b, blocks.state[1] + b, &update.adam);
  });
}

template Status Plan<float>::predict(ThreadPool&, const float*, const float*, std::size_t, float*);
template Status Plan<double>::predict(ThreadPool&, const double*, const double*, std::size_t, double*);
template Status Plan<float>::evaluate(ThreadPool&, const float*, const float*, const int32_t*, const float*, std::size_t, BatchResult*);
template Status Plan<double>::evaluate(ThreadPool&, const double*, const double*, const int32_t*, const double*, std::size_t, BatchResult*);
template Status Plan<float>::train(ThreadPool&, const Blocks<float>&, const float*, const int32_t*, const float*, std::size_t, const Update&, BatchResult*);
template Status Plan<double>::train(ThreadPool&, const Blocks<double>&, const double*, const int32_t*, const double*, std::size_t, const Update&, BatchResult*);

}  // namespace chainrule
