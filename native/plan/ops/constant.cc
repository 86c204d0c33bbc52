// Numbers that are the same for every row, as a value that other ops read: the op's weight, or its buffer.
#include <cstring>

#include "ops.h"

namespace chainrule {
namespace {

/// y[r, :] = c; dc = Σ dy[r, :] (= or +=).
template <class T>
class Constant final : public Op<T> {
 public:
  using Op<T>::Op;

  Status forward(const Pass<T>& pass) override {
    const std::size_t cols = this->out->width;
    const T* const c = this->numbers(pass);
    pass.over_rows(cols, [&](std::size_t b, std::size_t e) {
      for (std::size_t r = b; r < e; r++) std::memcpy(this->out->data + r * cols, c, cols * sizeof(T));
    });
    return {};
  }

  Status backward(const Pass<T>& pass) override {
    const std::size_t cols = this->out->width;
    if (this->learns()) pass.kernels().column_sums(pass.rows, cols, this->out->gradient, cols, pass.gradients + this->d_.weight, !this->writes(pass));
    return {};
  }

  double flops(bool trains) const override { return trains && this->learns() ? static_cast<double>(this->out->width) : 0; }
};

}  // namespace

template <class T> std::unique_ptr<Op<T>> make_constant(const OpDescription& d) { return std::make_unique<Constant<T>>(d); }
template std::unique_ptr<Op<float>> make_constant(const OpDescription&);
template std::unique_ptr<Op<double>> make_constant(const OpDescription&);

}  // namespace chainrule
