// Rows of a table by index: of all columns of an input of indices, or of a column of whole numbers.
#include "../../ops/embedding.h"

#include "ops.h"

namespace chainrule {
namespace {

/// How many elements have room for so many indices.
template <class T>
constexpr std::size_t room_for(std::size_t indices) { return (indices * sizeof(int32_t) + sizeof(T) - 1) / sizeof(T); }

/// y[r, f, :] = W[x[r, f], :]; reads the input as indices. dW[x[r, f], :] = Σ dy[r, f, :]; indices have no gradient.
template <class T>
class Embedding final : public Op<T> {
 public:
  using Op<T>::Op;

  Status forward(const Pass<T>& pass) override {
    const std::size_t fields = this->in[0].width(), width = this->out->width / fields;
    pass.over_rows(this->out->width, [&](std::size_t b, std::size_t e) {
      pass.kernels().embedding_forward((e - b) * fields, width, entries(width), pass.parameters + this->d_.weight, pass.indices + b * fields,
                                       this->out->data + b * this->out->width);
    });
    return {};
  }

  Status backward(const Pass<T>& pass) override {
    const std::size_t fields = this->in[0].width(), width = this->out->width / fields;
    T* const dtable = this->cleared(pass, this->d_.weight, this->d_.weight_length);
    const Status status = embedding_backward(pass.kernels(), pass.pool, pass.rows * fields, width, entries(width), pass.indices, this->out->gradient, dtable,
                                             reinterpret_cast<int32_t*>(scratch_));
    if (this->d_.padding >= 0)
      for (std::size_t i = 0; i < width; i++) dtable[static_cast<std::size_t>(this->d_.padding) * width + i] = T(0);
    return status;
  }

  void needs(std::size_t batch, bool trains, std::vector<Need<T>>* list) override {
    if (trains) list->push_back({room_for<T>(embedding_scratch(batch * this->in[0].width())), Span::backward, &scratch_});
  }

 private:
  std::size_t entries(std::size_t width) const { return this->d_.weight_length / width; }
  T* scratch_ = nullptr;
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
    list->push_back({room_for<T>(batch), Span::kept, &indices_});
    if (trains) list->push_back({room_for<T>(embedding_scratch(batch)), Span::backward, &scratch_});
  }

 private:
  static int64_t reported(T index) { return index > T(-1e15) && index < T(1e15) ? static_cast<int64_t>(index) : -1; }
  std::size_t entries() const { return this->d_.weight_length / this->out->width; }
  T* indices_ = nullptr;
  T* scratch_ = nullptr;
};

}  // namespace

template <class T>
std::unique_ptr<Op<T>> make_embedding(const OpDescription& d) {
  if (d.kind == OpKind::lookup) return std::make_unique<Lookup<T>>(d);
  return std::make_unique<Embedding<T>>(d);
}
template std::unique_ptr<Op<float>> make_embedding(const OpDescription&);
template std::unique_ptr<Op<double>> make_embedding(const OpDescription&);

}  // namespace chainrule
