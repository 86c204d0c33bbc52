#include "loss.h"

#include <cmath>

#include "../ops/losses.h"

namespace chainrule {

template <class T>
LossHead<T>::LossHead(const PlanDescription& d)
    : kind_(d.loss), options_(d.loss_options), class_weights_(d.loss_options.class_weights.begin(), d.loss_options.class_weights.end()) {}

template <class T>
void LossHead<T>::place(void* memory, std::size_t batch) {
  scratch_ = memory;
  classes_ = reinterpret_cast<int32_t*>(static_cast<char*>(memory) + cross_entropy_scratch(batch));
}

template <class T>
Status LossHead<T>::evaluate(const Pass<T>& pass, const Value<T>& output, const Targets<T>& targets, BatchResult* result) const {
  const std::size_t n = pass.rows * output.width;
  const auto mean_of = [this](std::size_t count) { return options_.sum ? 1.0 : 1.0 / static_cast<double>(count); };
  Status status;
  switch (kind_) {
    case LossKind::cross_entropy: *result = cross_entropy(pass, output, targets.labels); break;
    case LossKind::weighted_cross_entropy: status = weighted_cross_entropy(pass, output, targets.labels, result); break;
    case LossKind::squared_error: {
      const double scale = mean_of(n);
      *result = {pass.kernels().squared_error(n, output.data, targets.values, 2 * scale, output.gradient) * scale};
      break;
    }
    case LossKind::soft_cross_entropy: {
      const double scale = mean_of(pass.rows);
      const T* const none = nullptr;
      *result = {soft_cross_entropy(pass.kernels(), pass.pool, pass.rows, output.width, output.data, targets.values, none, scale, output.gradient, scratch_) * scale};
      break;
    }
    case LossKind::element: {
      const double scale = mean_of(options_.by_rows ? pass.rows : n);
      const T* const none = nullptr;
      *result = {element_loss(pass.kernels(), pass.pool, options_.element, n, output.data, targets.values, none, 0, options_.parameter, scale, output.gradient) * scale};
      break;
    }
    case LossKind::none: return invalid("a plan with a loss");
  }
  result->finite = std::isfinite(result->loss);
  return status;
}

template <class T>
BatchResult LossHead<T>::cross_entropy(const Pass<T>& pass, const Value<T>& output, const int32_t* labels) const {
  const std::size_t cols = output.width;
  const double scale = options_.sum ? 1.0 : 1.0 / static_cast<double>(pass.rows);
  T* const losses = static_cast<T*>(scratch_);
  pass.over_rows(cols, [&](std::size_t b, std::size_t e) {
    T* const dx = output.gradient ? output.gradient + b * cols : nullptr;
    pass.kernels().cross_entropy(e - b, cols, output.data + b * cols, labels + b, scale, losses + b, dx);
  });
  return {pass.kernels().sum(pass.rows, losses) * scale, correct(pass, output, labels)};
}

template <class T>
Status LossHead<T>::weighted_cross_entropy(const Pass<T>& pass, const Value<T>& output, const int32_t* labels, BatchResult* result) const {
  const CrossEntropyWeights<T> weights{class_weights_.empty() ? nullptr : class_weights_.data(), nullptr, options_.smoothing, options_.ignored};
  const double scale = options_.sum ? 1.0 : 1.0 / label_weight(pass.rows, labels);
  WeightedLoss loss{};
  const Status status = chainrule::weighted_cross_entropy(pass.kernels(), pass.pool, pass.rows, output.width, output.data, labels, weights, scale,
                                                          output.gradient, &loss, scratch_);
  if (status.ok()) *result = {loss.loss * scale, correct(pass, output, labels)};
  return status;
}

/// Rows whose largest output is the label.
template <class T>
double LossHead<T>::correct(const Pass<T>& pass, const Value<T>& output, const int32_t* labels) const {
  pass.over_rows(output.width, [&](std::size_t b, std::size_t e) { pass.kernels().argmax_rows(e - b, output.width, output.data + b * output.width, classes_ + b); });
  std::size_t count = 0;
  for (std::size_t r = 0; r < pass.rows; r++) count += classes_[r] == labels[r];
  return static_cast<double>(count);
}

/// What the mean divides by. A label out of range has been refused, or is by the kernel.
template <class T>
double LossHead<T>::label_weight(std::size_t rows, const int32_t* labels) const {
  double sum = 0;
  for (std::size_t r = 0; r < rows; r++) {
    if (labels[r] == options_.ignored && options_.ignored != -1) continue;
    const auto label = static_cast<std::size_t>(labels[r]);
    sum += class_weights_.empty() ? 1.0 : label < class_weights_.size() ? static_cast<double>(class_weights_[label]) : 0.0;
  }
  return sum;
}

template class LossHead<float>;
template class LossHead<double>;

}  // namespace chainrule
