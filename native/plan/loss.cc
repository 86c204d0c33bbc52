#include "loss.h"

#include <cmath>

namespace chainrule {
namespace {

template <class T>
BatchResult cross_entropy(const Pass<T>& pass, const Value<T>& output, const int32_t* labels, const LossScratch<T>& scratch) {
  const Kernels<T>& k = pass.kernels();
  const std::size_t cols = output.width;
  const double scale = 1.0 / static_cast<double>(pass.rows);
  pass.over_rows(cols, [&](std::size_t b, std::size_t e) {
    const T* const x = output.data + b * cols;
    k.argmax_rows(e - b, cols, x, scratch.classes + b);
    k.cross_entropy(e - b, cols, x, labels + b, scale, scratch.losses + b, output.gradient ? output.gradient + b * cols : nullptr);
  });
  std::size_t correct = 0;
  for (std::size_t r = 0; r < pass.rows; r++) correct += scratch.classes[r] == labels[r];
  return {k.sum(pass.rows, scratch.losses) * scale, static_cast<double>(correct)};
}

template <class T>
BatchResult squared_error(const Pass<T>& pass, const Value<T>& output, const T* targets) {
  const std::size_t n = pass.rows * output.width;
  const double scale = 1.0 / static_cast<double>(n);
  return {pass.kernels().squared_error(n, output.data, targets, 2 * scale, output.gradient) * scale};
}

}  // namespace

template <class T>
BatchResult evaluate_loss(const Pass<T>& pass, LossKind kind, const Value<T>& output, const Targets<T>& targets, const LossScratch<T>& scratch) {
  BatchResult result = kind == LossKind::cross_entropy ? cross_entropy(pass, output, targets.labels, scratch) : squared_error(pass, output, targets.values);
  result.finite = std::isfinite(result.loss);
  return result;
}

template BatchResult evaluate_loss(const Pass<float>&, LossKind, const Value<float>&, const Targets<float>&, const LossScratch<float>&);
template BatchResult evaluate_loss(const Pass<double>&, LossKind, const Value<double>&, const Targets<double>&, const LossScratch<double>&);

}  // namespace chainrule
