// Softmax and its logarithm, of rows or of neighbours within them. Both keep y.
#include "ops.h"

namespace chainrule {
namespace {

/// softmax: dx = y·(dy − Σ dy·y); log-softmax: dx = dy − e^y·Σ dy
template <class T>
class Softmax final : public Op<T> {
 public:
  using Op<T>::Op;

  Status forward(const Pass<T>& pass) override {
    const std::size_t width = this->out->width, cols = this->d_.columns(width);
    const T* const x = this->in[0].data();
    const auto kernel = logarithm() ? pass.kernels().log_softmax_forward : pass.kernels().softmax_forward;
    pass.over_parts(width, cols, [&](std::size_t b, std::size_t e) { kernel(e - b, cols, x + b * cols, this->out->data + b * cols); });
    return {};
  }

  Status backward(const Pass<T>& pass) override {
    const Input<T>& x = this->in[0];
    const std::size_t width = this->out->width, cols = this->d_.columns(width);
    const auto kernel = logarithm() ? pass.kernels().log_softmax_backward : pass.kernels().softmax_backward;
    const T *const y = this->out->data, *const dy = this->out->gradient;
    T* const dx = x.target();
    pass.over_parts(width, cols, [&](std::size_t b, std::size_t e) { kernel(e - b, cols, y + b * cols, dy + b * cols, dx + b * cols); });
    this->add_spare(pass, x);
    return {};
  }

  bool keeps_output() const override { return true; }
  bool in_place() const override { return true; }

 private:
  bool logarithm() const { return this->d_.kind == OpKind::log_softmax; }
};

}  // namespace

template <class T> std::unique_ptr<Op<T>> make_rowwise(const OpDescription& d) { return std::make_unique<Softmax<T>>(d); }
template std::unique_ptr<Op<float>> make_rowwise(const OpDescription&);
template std::unique_ptr<Op<double>> make_rowwise(const OpDescription&);

}  // namespace chainrule
