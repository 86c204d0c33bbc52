// Dropout: y = x·mask/(1 − p) in training, y = x otherwise. The mask is drawn from a counter, so backward draws it again.
#include <cstring>

#include "ops.h"

namespace chainrule {
namespace {

template <class T>
class Dropout final : public Op<T> {
 public:
  using Op<T>::Op;

  Status forward(const Pass<T>& pass) override {
    const std::size_t n = pass.rows * this->out->width;
    const T* const x = this->in[0].data();
    if (!pass.training) {
      std::memcpy(this->out->data, x, n * sizeof(T));
      return {};
    }
    begin_ = static_cast<uint64_t>(pass.counters[this->d_.counter]);
    pass.counters[this->d_.counter] += static_cast<double>(n);
    mask(pass, x, this->out->data);
    return {};
  }

  Status backward(const Pass<T>& pass) override {
    const Input<T>& x = this->in[0];
    mask(pass, this->out->gradient, x.target());
    this->add_spare(pass, x);
    return {};
  }

  bool in_place() const override { return true; }

 private:
  void mask(const Pass<T>& pass, const T* from, T* to) {
    pass.over_elements(pass.rows * this->out->width, [&](std::size_t b, std::size_t e) {
      pass.kernels().dropout(e - b, from + b, to + b, this->d_.parameters[0], this->d_.seed, this->d_.stream, begin_ + b);
    });
  }
  uint64_t begin_ = 0;  // where the mask of this batch begins
};

}  // namespace

template <class T> std::unique_ptr<Op<T>> make_dropout(const OpDescription& d) { return std::make_unique<Dropout<T>>(d); }
template std::unique_ptr<Op<float>> make_dropout(const OpDescription&);
template std::unique_ptr<Op<double>> make_dropout(const OpDescription&);

}  // namespace chainrule
