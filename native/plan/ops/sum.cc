// Where branches meet: sum and difference of values.
#include <cstring>

#include "ops.h"

namespace chainrule {
namespace {

/// to = or += factor·from
template <class T>
void pass_on(const Pass<T>& pass, const Input<T>& x, const T* from, double factor) {
  pass.over_elements(pass.rows * x.width(), [&](std::size_t b, std::size_t e) {
    T* const to = x.gradient() + b;
    if (x.add) {
      pass.kernels().axpy(e - b, factor, from + b, to);
      return;
    }
    if (to != from + b) std::memcpy(to, from + b, (e - b) * sizeof(T));
    if (factor != 1.0) pass.kernels().scale(e - b, factor, to);
  });
}

/// y = Σ x, or x₀ − x₁; the gradient goes to all, with its sign. The first input may take over the output's gradient, so
/// the others come first.
template <class T>
class Sum final : public Op<T> {
 public:
  using Op<T>::Op;

  Status forward(const Pass<T>& pass) override {
    const auto kernel = pass.kernels().binary[static_cast<int>(this->d_.kind == OpKind::add ? Binary::add : Binary::subtract)];
    T* const y = this->out->data;
    const T* const first = this->in[0].data();
    pass.over_elements(pass.rows * this->out->width, [&](std::size_t b, std::size_t e) {
      if (this->in.size() == 1) std::memcpy(y + b, first + b, (e - b) * sizeof(T));
      else kernel(e - b, first + b, 1, this->in[1].data() + b, 1, y + b);
      for (std::size_t i = 2; i < this->in.size(); i++) pass.kernels().axpy(e - b, 1.0, this->in[i].data() + b, y + b);
    });
    return {};
  }

  Status backward(const Pass<T>& pass) override {
    for (std::size_t i = this->in.size(); i-- > 0;)
      if (this->in[i].gradient()) pass_on(pass, this->in[i], this->out->gradient, i > 0 && this->d_.kind == OpKind::subtract ? -1.0 : 1.0);
    return {};
  }

  bool in_place() const override { return true; }
  bool adds() const override { return true; }
};

}  // namespace

template <class T> std::unique_ptr<Op<T>> make_sum(const OpDescription& d) { return std::make_unique<Sum<T>>(d); }
template std::unique_ptr<Op<float>> make_sum(const OpDescription&);
template std::unique_ptr<Op<double>> make_sum(const OpDescription&);

}  // namespace chainrule
