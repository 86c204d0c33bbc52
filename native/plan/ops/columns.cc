// Ops that read some columns of their input: a range of them, or one that holds indices to look up.
#include <cstring>

#include "../../ops/embedding.h"
#include "ops.h"

namespace chainrule {
namespace {

/// y = x[:, column : column + width]; dx is dy there and 0 elsewhere.
template <class T>
class Columns final : public Op<T> {
 public:
  using Op<T>::Op;

  Status forward(const Pass<T>& pass) override {
    const std::size_t cols = this->out->width, stride = this->in[0].width(), first = static_cast<std::size_t>(this->d_.column);
    pass.over_rows(cols, [&](std::size_t b, std::size_t e) {
      for (std::size_t r = b; r < e; r++) std::memcpy(this->out->data + r * cols, this->in[0].data() + r * stride + first, cols * sizeof(T));
    });
    return {};
  }

  Status backward(const Pass<T>& pass) override {
    const Input<T>& x = this->in[0];
    if (!x.gradient()) return {};
    const std::size_t cols = this->out->width, stride = x.width(), first = static_cast<std::size_t>(this->d_.column);
    pass.over_rows(stride, [&](std::size_t b, std::size_t e) {
      for (std::size_t r = b; r < e; r++) {
        const T* const dy = this->out->gradient + r * cols;
        T* const dx = x.gradient() + r * stride;
        if (x.add) {
          pass.kernels().axpy(cols, 1.0, dy, dx + first);
        } else {
          std::fill(dx, dx + stride, T(0));
          std::memcpy(dx + first, dy, cols * sizeof(T));
        }
      }
    });
    return {};
  }

  bool adds() const override { return true; }
};

/// y = W[x[:, column], :], the column of whole numbers; dW[x[r, column], :] = Σ dy[r, :]; dx is 0. Keeps the indices.
template <class T>
class Lookup final : public Op<T> {
 public:
  using Op<T>::Op;

  Status forward(const Pass<T>& pass) override {
    const std::size_t stride = this->in[0].width(), width = this->out->width;
    const T* from = this->in[0].data() + this->d_.column;
    int32_t* const indices = reinterpret_cast<int32_t*>(indices_);
    for (std::size_t r = 0; r < pass.rows; r++, from += stride) {
      const T index = *from;
      // NaN fails the first comparison; entries stay below 2^31.
      if (!(index >= 0 && index < static_cast<T>(entries()))) return {Code::out_of_range, "index out of range", static_cast<int64_t>(r), reported(index)};
      indices[r] = static_cast<int32_t>(index);
      if (static_cast<T>(indices[r]) != index) return {Code::out_of_range, "index out of range", static_cast<int64_t>(r), reported(index)};
    }
    pass.over_rows(width, [&](std::size_t b, std::size_t e) {
      pass.kernels().embedding_forward(e - b, width, entries(), pass.parameters + this->d_.weight, indices + b, this->out->data + b * width);
    });
    return {};
  }

  Status backward(const Pass<T>& pass) override {
    T* const dtable = this->cleared(pass, this->d_.weight, this->d_.weight_length);
    const Input<T>& x = this->in[0];
    if (x.gradient() && !x.add)
      pass.over_elements(pass.rows * x.width(), [&](std::size_t b, std::size_t e) { std::fill(x.gradient() + b, x.gradient() + e, T(0)); });
    if (!dtable) return {};
    return embedding_backward(pass.kernels(), pass.pool, pass.rows, this->out->width, entries(), reinterpret_cast<int32_t*>(indices_), this->out->gradient, dtable,
                              reinterpret_cast<int32_t*>(scratch_));
  }

  bool adds() const override { return true; }

  void needs(std::size_t batch, bool trains, std::vector<Need<T>>* list) override {
    list->push_back({elements(batch), Span::kept, &indices_});
    if (trains) list->push_back({elements(embedding_scratch(batch)), Span::backward, &scratch_});
  }

 private:
  static std::size_t elements(std::size_t integers) { return (integers * sizeof(int32_t) + sizeof(T) - 1) / sizeof(T); }
  static int64_t reported(T index) { return index > T(-1e15) && index < T(1e15) ? static_cast<int64_t>(index) : -1; }
  std::size_t entries() const { return this->d_.weight_length / this->out->width; }
  T* indices_ = nullptr;
  T* scratch_ = nullptr;
};

}  // namespace

template <class T>
std::unique_ptr<Op<T>> make_columns(const OpDescription& d) {
  if (d.kind == OpKind::lookup) return std::make_unique<Lookup<T>>(d);
  return std::make_unique<Columns<T>>(d);
}
template std::unique_ptr<Op<float>> make_columns(const OpDescription&);
template std::unique_ptr<Op<double>> make_columns(const OpDescription&);

}  // namespace chainrule
