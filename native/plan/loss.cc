#include "loss.h"

#include <algorithm>
#include <atomic>
#include <cmath>

namespace chainrule {

template <class T>
LossHead<T>::LossHead(const PlanDescription& d)
    : kind_(d.loss), options_(d.loss_options), class_weights_(d.loss_options.class_weights.begin(), d.loss_options.class_weights.end()) {}

template <class T>
Status LossHead<T>::evaluate(const Pass<T>& pass, const Value<T>& output, const Targets<T>& targets, BatchResult* result, bool whole) const {
  const std::size_t n = pass.rows * output.width;
  // What the rows count together: Σ w, or their number.
  const auto weight = [&] { return targets.weights ? pass.kernels().sum(pass.rows, targets.weights) : static_cast<double>(pass.rows); };
  const auto mean_of = [this](double count) { return options_.sum ? 1.0 : 1.0 / count; };
  const double factor = whole && !options_.sum ? weight() : 1;
  Status status;
  switch (kind_) {
    case LossKind::cross_entropy:
      if (targets.weights) status = weighted_cross_entropy(pass, output, targets, factor, result);
      else *result = cross_entropy(pass, output, targets.labels, factor);
      break;
    case LossKind::negative_log_likelihood: status = negative_log_likelihood(pass, output, targets, factor, result); break;
    case LossKind::weighted_cross_entropy: status = weighted_cross_entropy(pass, output, targets, factor, result); break;
    case LossKind::squared_error: {
      const double scale = mean_of(targets.weights ? weight() * static_cast<double>(output.width) : static_cast<double>(n));
      if (targets.weights) *result = {elements(pass, output, targets, scale * factor) * scale};
      else *result = {pass.kernels().squared_error(n, output.data, targets.values, 2 * scale * factor, output.gradient) * scale};
      break;
    }
    case LossKind::soft_cross_entropy: {
      const double scale = mean_of(weight());
      status = soft_cross_entropy(pass, output, targets, scale, factor, result);
      break;
    }
    case LossKind::element: {
      const double scale = mean_of(weight() * static_cast<double>(options_.units ? options_.units : output.width));
      *result = {(mixes() ? weighted_elements(pass, output, targets, scale * factor) : elements(pass, output, targets, scale * factor)) * scale};
      break;
    }
    default: {  // cosine; plans without a loss never come here
      const double scale = mean_of(weight());
      *result = {cosine(pass, output, targets, scale * factor) * scale};
      break;
    }
  }
  result->finite = std::isfinite(result->loss);
  return status;
}

template <class T>
BatchResult LossHead<T>::cross_entropy(const Pass<T>& pass, const Value<T>& output, const int32_t* labels, double factor) const {
  const std::size_t cols = output.width;
  const double scale = options_.sum ? 1.0 : 1.0 / static_cast<double>(pass.rows);
  T* const losses = static_cast<T*>(scratch_);
  pass.over_rows(cols, [&](std::size_t b, std::size_t e) {
    T* const dx = output.gradient ? output.gradient + b * cols : nullptr;
    pass.kernels().cross_entropy(e - b, cols, output.data + b * cols, labels + b, scale * factor, losses + b, dx);
  });
  return {pass.kernels().sum(pass.rows, losses) * scale, correct(pass, output, labels)};
}

template <class T>
Status LossHead<T>::weighted_cross_entropy(const Pass<T>& pass, const Value<T>& output, const Targets<T>& targets, double factor, BatchResult* result) const {
  const CrossEntropyWeights<T> weights{class_weights_.empty() ? nullptr : class_weights_.data(), targets.weights, options_.smoothing, options_.ignored};
  const double scale = options_.sum ? 1.0 : 1.0 / label_weight(pass.rows, targets);
  WeightedLoss loss{};
  const Status status = chainrule::weighted_cross_entropy(pass.kernels(), pass.pool, pass.rows, output.width, output.data, targets.labels, weights, scale * factor,
                                                          output.gradient, &loss, scratch_);
  if (status.ok()) *result = {loss.loss * scale, correct(pass, output, targets.labels)};
  return status;
}

/// With smoothing and weights of classes the targets are w_c·((1 − ε)·t_c + ε/C).
template <class T>
Status LossHead<T>::soft_cross_entropy(const Pass<T>& pass, const Value<T>& output, const Targets<T>& targets, double scale, double factor, BatchResult* result) const {
  const std::size_t cols = output.width;
  if (mixes()) {
    const double kept = 1 - options_.smoothing, spread = options_.smoothing / static_cast<double>(cols);
    pass.over_rows(cols, [&](std::size_t b, std::size_t e) {
      for (std::size_t r = b; r < e; r++)
        for (std::size_t c = 0, at = r * cols; c < cols; c++, at++)
          goals_[at] = static_cast<T>((class_weights_.empty() ? 1.0 : static_cast<double>(class_weights_[c])) * (kept * static_cast<double>(targets.values[at]) + spread));
    });
  }
  const double sum = chainrule::soft_cross_entropy(pass.kernels(), pass.pool, pass.rows, cols, output.data, mixes() ? goals_ : targets.values, targets.weights,
                                                   scale * factor, output.gradient, scratch_);
  *result = {sum * scale};
  return {};
}

/// Σ w·(1 − x·t/(|x||t|)) over rows; dx = −w·(t/|t| − cos·x/|x|)/|x|. A length below ε counts as ε, whose derivative is 0.
template <class T>
double LossHead<T>::cosine(const Pass<T>& pass, const Value<T>& output, const Targets<T>& targets, double scale) const {
  const std::size_t cols = output.width;
  double* const losses = static_cast<double*>(scratch_);
  const auto dot = [&](const T* a, const T* b) { return pass.kernels().dot(cols, a, b); };
  pass.over_rows(cols, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; r++) {
      const T *const x = output.data + r * cols, *const t = targets.values + r * cols;
      const double weight = targets.weights ? static_cast<double>(targets.weights[r]) : 1.0, own = std::sqrt(dot(x, x)), other = std::sqrt(dot(t, t));
      const bool shorter = own < options_.parameter;
      const double of_x = shorter ? options_.parameter : own, of_t = other < options_.parameter ? options_.parameter : other;
      const double cosine = dot(x, t) / (of_x * of_t);
      losses[r] = weight * (1 - cosine);
      if (!output.gradient) continue;
      const double factor = -scale * weight / of_x, turn = shorter ? 0 : cosine / of_x;
      for (std::size_t c = 0; c < cols; c++)
        output.gradient[r * cols + c] = static_cast<T>(factor * (static_cast<double>(t[c]) / of_t - turn * static_cast<double>(x[c])));
    }
  });
  double sum = 0;
  for (std::size_t r = 0; r < pass.rows; r++) sum += losses[r];
  return sum;
}

/// Elements with weights p of positive targets, one per column: with w = p·t + 1 − t the loss is w times the plain one for p·t/w.
template <class T>
double LossHead<T>::weighted_elements(const Pass<T>& pass, const Value<T>& output, const Targets<T>& targets, double scale) const {
  const std::size_t cols = output.width, columns = class_weights_.size();
  pass.over_rows(cols, [&](std::size_t b, std::size_t e) {
    for (std::size_t r = b; r < e; r++)
      for (std::size_t c = 0, at = r * cols; c < cols; c++, at++) {
        const double t = static_cast<double>(targets.values[at]), part = options_.class_weights[c % columns] * t, weight = part + 1 - t;
        goals_[at] = static_cast<T>(part / weight);
        factors_[at] = static_cast<T>(weight * (targets.weights ? static_cast<double>(targets.weights[r]) : 1.0));
      }
  });
  return element_loss(pass.kernels(), pass.pool, options_.element, pass.rows * cols, output.data, goals_, factors_, 1, options_.parameter, scale, output.gradient);
}

/// −Σ w·x[label]; the gradient is −w at the label and 0 elsewhere.
template <class T>
Status LossHead<T>::negative_log_likelihood(const Pass<T>& pass, const Value<T>& output, const Targets<T>& targets, double factor, BatchResult* result) const {
  const std::size_t cols = output.width;
  const double scale = options_.sum ? 1.0 : 1.0 / label_weight(pass.rows, targets);
  T* const dx = output.gradient;
  if (dx) pass.over_elements(pass.rows * cols, [&](std::size_t b, std::size_t e) { std::fill(dx + b, dx + e, T(0)); });
  double sum = 0;
  for (std::size_t r = 0; r < pass.rows; r++) {
    const int32_t label = targets.labels[r];
    if (label == options_.ignored) continue;
    if (label < 0 || static_cast<std::size_t>(label) >= cols) return {Code::out_of_range, "label out of range", static_cast<int64_t>(r), label};
    const std::size_t at = r * cols + static_cast<std::size_t>(label);
    const double weight = weight_of(r, static_cast<std::size_t>(label), targets);
    sum -= weight * static_cast<double>(output.data[at]);
    if (dx) dx[at] = static_cast<T>(-scale * factor * weight);
  }
  *result = {sum * scale, correct(pass, output, targets.labels)};
  return {};
}

/// Σ w·ℓ over the elements. Weights are one per row: each row is summed by itself where it has more than one element.
template <class T>
double LossHead<T>::elements(const Pass<T>& pass, const Value<T>& output, const Targets<T>& targets, double scale) const {
  const Loss kind = kind_ == LossKind::squared_error ? Loss::squared : options_.element;
  const std::size_t cols = output.width;
  if (!targets.weights || cols == 1)
    return element_loss(pass.kernels(), pass.pool, kind, pass.rows * cols, output.data, targets.values, targets.weights, 1, options_.parameter, scale, output.gradient);
  const auto kernel = pass.kernels().element_loss[static_cast<int>(kind)];
  double sum = 0;
  for (std::size_t r = 0; r < pass.rows; r++)
    sum += kernel(cols, output.data + r * cols, targets.values + r * cols, targets.weights + r, 0, options_.parameter, scale,
                  output.gradient ? output.gradient + r * cols : nullptr);
  return sum;
}

/// Rows whose largest output is the label.
template <class T>
double LossHead<T>::correct(const Pass<T>& pass, const Value<T>& output, const int32_t* labels) const {
  std::atomic<std::size_t> count{0};
  pass.over_rows(output.width, [&](std::size_t b, std::size_t e) {
    count.fetch_add(pass.kernels().count_hits(e - b, output.width, output.data + b * output.width, labels + b), std::memory_order_relaxed);
  });
  return static_cast<double>(count.load());
}

/// What the mean divides by. A label out of range has been refused, or is by the kernel.
template <class T>
double LossHead<T>::label_weight(std::size_t rows, const Targets<T>& targets) const {
  double sum = 0;
  for (std::size_t r = 0; r < rows; r++) {
    if (targets.labels[r] == options_.ignored) continue;
    sum += weight_of(r, static_cast<std::size_t>(targets.labels[r]), targets);
  }
  return sum;
}

/// What a row counts: its weight times that of its class.
template <class T>
double LossHead<T>::weight_of(std::size_t row, std::size_t label, const Targets<T>& targets) const {
  const double of_class = class_weights_.empty() ? 1.0 : label < class_weights_.size() ? static_cast<double>(class_weights_[label]) : 0.0;
  return of_class * (targets.weights ? static_cast<double>(targets.weights[row]) : 1.0);
}

template class LossHead<float>;
template class LossHead<double>;

}  // namespace chainrule
