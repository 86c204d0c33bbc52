// Gates of one input, element by element: y = f(x), and PReLU, whose slope is trained.
#include "../../ops/prelu.h"
#include "ops.h"

namespace chainrule {
namespace {

/// dx = dy·f'(kept)
template <class T>
class Unary final : public Op<T> {
 public:
  Unary(const OpDescription& d, const KernelTable& table)
      : Op<T>(d), kernel_(table.of<T>().unary[d.unary]), keeps_(table.unary_info[d.unary].keeps) {}

  Status forward(const Pass<T>& pass) override {
    const T* const x = this->in[0].data();
    pass.over_elements(pass.rows * this->out->width, [&](std::size_t b, std::size_t e) { kernel_.forward(e - b, x + b, this->out->data + b, this->d_.parameters); });
    return {};
  }

  Status backward(const Pass<T>& pass) override {
    const Input<T>& x = this->in[0];
    const T* const kept = keeps_ == Keeps::input ? x.data() : this->out->data;
    const T* const dy = this->out->gradient;
    T* const dx = x.target();
    pass.over_elements(pass.rows * x.width(), [&](std::size_t b, std::size_t e) { kernel_.backward(e - b, kept + b, dy + b, dx + b, this->d_.parameters); });
    this->add_spare(pass, x);
    return {};
  }

  bool keeps_input() const override { return keeps_ == Keeps::input; }
  bool keeps_output() const override { return keeps_ == Keeps::output; }
  bool in_place() const override { return true; }

 private:
  const UnaryKernel<T>& kernel_;
  const Keeps keeps_;
};

/// y = max(0,x) + α·min(0,x); dα = Σ dy·min(0,x)
template <class T>
class Prelu final : public Op<T> {
 public:
  using Op<T>::Op;

  Status forward(const Pass<T>& pass) override {
    const std::size_t width = this->out->width, cols = columns();
    const T* const x = this->in[0].data();
    pass.over_parts(width, cols, [&](std::size_t b, std::size_t e) {
      pass.kernels().prelu_forward(e - b, cols, x + b * cols, pass.parameters + this->d_.weight, channels(), this->out->data + b * cols);
    });
    return {};
  }

  Status backward(const Pass<T>& pass) override {
    const Input<T>& x = this->in[0];
    // Of a frozen alpha the gradient is computed all the same, and set to zero again.
    T* const dalpha = this->learns() ? this->cleared(pass, this->d_.weight, this->d_.weight_length) : pass.gradients + this->d_.weight;
    // Without a wish for dx it goes over dy, which is done with.
    T* const dx = x.gradient() ? x.target() : this->out->gradient;
    prelu_backward<T>(pass.kernels(), pass.pool, pass.rows * (x.width() / columns()), columns(), x.data(), pass.parameters + this->d_.weight, channels(), this->out->gradient, dx, dalpha);
    if (!this->learns()) std::fill(dalpha, dalpha + this->d_.weight_length, T(0));
    this->add_spare(pass, x);
    return {};
  }

  bool keeps_input() const override { return true; }
  bool in_place() const override { return true; }

 private:
  bool channels() const { return this->d_.weight_length != 1; }
  /// Elements of a row that have slopes of their own, or all.
  std::size_t columns() const { return channels() ? this->d_.weight_length : this->out->width; }
};

}  // namespace

template <class T>
std::unique_ptr<Op<T>> make_elementwise(const OpDescription& d, const KernelTable& table) {
  if (d.kind == OpKind::prelu) return std::make_unique<Prelu<T>>(d);
  return std::make_unique<Unary<T>>(d, table);
}
template std::unique_ptr<Op<float>> make_elementwise(const OpDescription&, const KernelTable&);
template std::unique_ptr<Op<double>> make_elementwise(const OpDescription&, const KernelTable&);

}  // namespace chainrule
