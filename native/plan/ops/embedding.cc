// Embedding: y[r, f, :] = W[x[r, f], :]; reads the input as indices. dW[x[r, f], :] = Σ dy[r, f, :]; indices have no gradient.
#include "../../ops/embedding.h"

#include "ops.h"

namespace chainrule {
namespace {

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
    const std::size_t integers = embedding_scratch(batch * this->in[0].width());
    if (trains) list->push_back({(integers * sizeof(int32_t) + sizeof(T) - 1) / sizeof(T), Span::backward, &scratch_});
  }

 private:
  std::size_t entries(std::size_t width) const { return this->d_.weight_length / width; }
  T* scratch_ = nullptr;
};

}  // namespace

template <class T> std::unique_ptr<Op<T>> make_embedding(const OpDescription& d) { return std::make_unique<Embedding<T>>(d); }
template std::unique_ptr<Op<float>> make_embedding(const OpDescription&);
template std::unique_ptr<Op<double>> make_embedding(const OpDescription&);

}  // namespace chainrule
