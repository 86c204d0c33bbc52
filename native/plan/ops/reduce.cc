// One number of many, within rows: sums, means, maxima and minima along axes.
#include <cmath>

#include "ops.h"

namespace chainrule {
namespace {

/// y[o, i] = Σ, max or min over e of x[o, e, i], sums divided by a number n; o counts rows too.
/// Sums: dx[o, e, i] = dy[o, i]/n. Extremes keep both: the elements that are one share dy equally, NaN among them (as the gates).
template <class T>
class Reduce final : public Op<T> {
 public:
  using Op<T>::Op;

  Status forward(const Pass<T>& pass) override {
    const T* const x = this->in[0].data();
    T* const y = this->out->data;
    const std::size_t inner = this->d_.inner, group = this->d_.extent * inner;
    over_groups(pass, [&](std::size_t b, std::size_t e) {
      pass.kernels().reduce_axis(kind(), e - b, this->d_.extent, inner, inner, x + b * group, y + b * inner);
      divide(pass, y + b * inner, (e - b) * inner);
    });
    return {};
  }

  Status backward(const Pass<T>& pass) override {
    const Input<T>& in = this->in[0];
    const std::size_t inner = this->d_.inner, group = this->d_.extent * inner;
    over_groups(pass, [&](std::size_t b, std::size_t e) {
      T* const dy = this->out->gradient;
      divide(pass, dy + b * inner, (e - b) * inner);
      for (std::size_t o = b; o < e; o++) {
        if (kind() == Reduction::sum) repeat(dy + o * inner, in.gradient() + o * group, in.add);
        else share(in.data() + o * group, this->out->data + o * inner, dy + o * inner, in.gradient() + o * group, in.add);
      }
    });
    return {};
  }

  bool keeps_input() const override { return kind() != Reduction::sum; }
  bool keeps_output() const override { return kind() != Reduction::sum; }
  bool adds() const override { return true; }
  double flops(bool trains) const override { return static_cast<double>(this->in[0].width()) * (trains ? 2 : 1); }

 private:
  Reduction kind() const { return static_cast<Reduction>(this->d_.unary); }

  template <class Body>
  void over_groups(const Pass<T>& pass, Body&& body) const { pass.over_parts(this->in[0].width(), this->d_.extent * this->d_.inner, body); }

  void divide(const Pass<T>& pass, T* y, std::size_t n) const {
    const T by = static_cast<T>(this->d_.parameters[0]);
    if (by != T(1)) pass.kernels().binary[static_cast<int>(Binary::divide)](n, y, 1, &by, 0, y);
  }

  void repeat(const T* dy, T* dx, bool add) const {
    for (std::size_t e = 0; e < this->d_.extent; e++)
      for (std::size_t i = 0; i < this->d_.inner; i++, dx++) *dx = add ? *dx + dy[i] : dy[i];
  }

  void share(const T* x, const T* y, const T* dy, T* dx, bool add) const {
    const std::size_t extent = this->d_.extent, inner = this->d_.inner;
    for (std::size_t i = 0; i < inner; i++) {
      const auto chosen = [&](std::size_t at) { return x[at] == y[i] || std::isnan(x[at]); };
      std::size_t count = 0;
      for (std::size_t e = 0, at = i; e < extent; e++, at += inner) count += chosen(at);
      const T each = dy[i] / static_cast<T>(count);
      for (std::size_t e = 0, at = i; e < extent; e++, at += inner) {
        const T part = chosen(at) ? each : T(0);
        dx[at] = add ? dx[at] + part : part;
      }
    }
  }
};

}  // namespace

template <class T> std::unique_ptr<Op<T>> make_reduce(const OpDescription& d) { return std::make_unique<Reduce<T>>(d); }
template std::unique_ptr<Op<float>> make_reduce(const OpDescription&);
template std::unique_ptr<Op<double>> make_reduce(const OpDescription&);

}  // namespace chainrule
