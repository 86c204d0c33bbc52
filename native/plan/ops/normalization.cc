// Layer and batch normalisation: y = (x − mean)/√(variance + ε)·γ + β, by row or by column. Both keep x, means and 1/√….
#include "../../ops/normalization.h"

#include <algorithm>
#include <mutex>

#include "ops.h"

namespace chainrule {
namespace {

/// What both have: γ is the op's weight, β its bias, ε its first constant.
template <class T>
class Normalization : public Op<T> {
 public:
  using Op<T>::Op;
  bool keeps_input() const override { return true; }
  bool in_place() const override { return true; }
  double flops(bool trains) const override { return static_cast<double>(this->out->width) * (trains ? 14 : 5); }

  void needs(std::size_t batch, bool trains, std::vector<Need<T>>* list) override {
    const std::size_t cols = columns(), n = statistics(batch * parts());
    // The most parts that rows are cut into, and one more: enough for any number of rows.
    const std::size_t doubles = (kMostParts + 1) * 3 * ((cols + kColumnPad - 1) / kColumnPad * kColumnPad);
    list->push_back({n, Span::kept, &mean_});
    list->push_back({n, Span::kept, &rstd_});
    list->push_back({doubles * sizeof(double) / sizeof(T), Span::forward, &forward_});
    if (trains) list->push_back({doubles * sizeof(double) / sizeof(T), Span::backward, &backward_});
  }

 protected:
  virtual std::size_t statistics(std::size_t rows) const = 0;
  /// Rows may be several of `columns` elements.
  std::size_t columns() const { return this->d_.columns(this->out->width); }
  std::size_t parts() const { return this->out->width / columns(); }
  const T* gamma(const Pass<T>& pass) const { return at(pass.parameters, this->d_.weight); }
  const T* beta(const Pass<T>& pass) const { return at(pass.parameters, this->d_.bias); }
  T* dgamma(const Pass<T>& pass) const { return this->cleared(pass, this->d_.weight, columns()); }
  T* dbeta(const Pass<T>& pass) const { return this->cleared(pass, this->d_.bias, columns()); }
  /// Where dx goes: without a wish for it over dy, which is done with.
  T* target() const { return this->in[0].gradient() ? this->in[0].target() : this->out->gradient; }
  static const T* at(const T* parameters, std::size_t offset) { return offset == kNone ? nullptr : parameters + offset; }

  T *mean_ = nullptr, *rstd_ = nullptr;
  T *forward_ = nullptr, *backward_ = nullptr;  // scratch, of doubles
};

template <class T>
class LayerNorm final : public Normalization<T> {
 public:
  using Normalization<T>::Normalization;

  Status forward(const Pass<T>& pass) override {
    const std::size_t cols = this->columns();
    const T* const x = this->in[0].data();
    pass.over_parts(this->out->width, cols, [&](std::size_t b, std::size_t e) {
      pass.kernels().layer_norm_forward(e - b, cols, x + b * cols, this->gamma(pass), this->beta(pass), this->d_.parameters[0],
                                        this->out->data + b * cols, this->mean_ + b, this->rstd_ + b);
    });
    return {};
  }

  Status backward(const Pass<T>& pass) override {
    layer_norm_backward(pass.kernels(), pass.pool, pass.rows * this->parts(), this->columns(), this->in[0].data(), this->gamma(pass), this->mean_, this->rstd_,
                        this->out->gradient, this->target(), this->dgamma(pass), this->dbeta(pass), reinterpret_cast<double*>(this->backward_));
    this->add_spare(pass, this->in[0]);
    return {};
  }

 protected:
  std::size_t statistics(std::size_t rows) const override { return rows; }
};

/// In training with the statistics of the batch, which move the running ones (two buffers of the plan, mean and variance); or with
/// those, as in inference.
template <class T>
class BatchNormalization final : public Normalization<T> {
 public:
  using Normalization<T>::Normalization;

  Status forward(const Pass<T>& pass) override {
    const OpDescription& d = this->d_;
    const BatchNorm<T> norm{this->gamma(pass), this->beta(pass), d.parameters[0], d.parameters[1], pass.buffers[d.buffer], pass.buffers[d.buffer + 1]};
    double* const scratch = reinterpret_cast<double*>(this->forward_);
    const std::size_t cols = this->columns(), rows = pass.rows * this->parts();
    if (!pass.training || d.running) {
      batch_norm_infer(pass.kernels(), pass.pool, rows, cols, this->in[0].data(), norm, this->out->data, scratch);
      return {};
    }
    std::unique_lock<ParameterLock> alone;
    if (pass.lock) alone = std::unique_lock(*pass.lock);
    batch_norm_forward(pass.kernels(), pass.pool, rows, cols, this->in[0].data(), norm, this->out->data, this->mean_, this->rstd_, scratch);
    return {};
  }

  Status backward(const Pass<T>& pass) override {
    if (this->d_.running) {
      running_backward(pass);
      return {};
    }
    batch_norm_backward(pass.kernels(), pass.pool, pass.rows * this->parts(), this->columns(), this->in[0].data(), this->gamma(pass), this->mean_, this->rstd_,
                        this->out->gradient, this->target(), this->dgamma(pass), this->dbeta(pass), reinterpret_cast<double*>(this->backward_));
    this->add_spare(pass, this->in[0]);
    return {};
  }

  void needs(std::size_t batch, bool trains, std::vector<Need<T>>* list) override {
    Normalization<T>::needs(batch, trains, list);
    if (trains && this->d_.running && this->learns()) list->push_back({batch * this->out->width, Span::backward, &products_});
  }

 protected:
  std::size_t statistics(std::size_t) const override { return this->columns(); }

 private:
  /// The statistics do not depend on x: dγ = Σ dy·(x − mean)·rstd, dβ = Σ dy, dx = dy·rstd·γ.
  void running_backward(const Pass<T>& pass) {
    const std::size_t cols = this->columns(), rows = pass.rows * this->parts(), n = rows * cols;
    T *const mean = pass.buffers[this->d_.buffer], *const variance = pass.buffers[this->d_.buffer + 1], *const dy = this->out->gradient;
    double* const scratch = reinterpret_cast<double*>(this->backward_);
    if (this->learns()) {
      const auto add_columns = [&](const T* of, T* to) {
        if (to) pass.kernels().column_sums(rows, cols, of, cols, to, 1);
      };
      batch_norm_infer(pass.kernels(), pass.pool, rows, cols, this->in[0].data(), BatchNorm<T>{nullptr, nullptr, this->d_.parameters[0], 0, mean, variance}, products_, scratch);
      pass.over_elements(n, [&](std::size_t b, std::size_t e) {
        pass.kernels().binary[static_cast<int>(Binary::multiply)](e - b, products_ + b, 1, dy + b, 1, products_ + b);
      });
      add_columns(products_, this->dgamma(pass));
      add_columns(dy, this->dbeta(pass));
    }
    if (!this->in[0].gradient()) return;
    std::fill(this->mean_, this->mean_ + cols, T(0));
    batch_norm_infer(pass.kernels(), pass.pool, rows, cols, dy, BatchNorm<T>{this->gamma(pass), nullptr, this->d_.parameters[0], 0, this->mean_, variance}, this->target(), scratch);
    this->add_spare(pass, this->in[0]);
  }

  T* products_ = nullptr;  // [rows, cols]
};

}  // namespace

template <class T>
std::unique_ptr<Op<T>> make_normalization(const OpDescription& d) {
  if (d.kind == OpKind::batch_norm) return std::make_unique<BatchNormalization<T>>(d);
  return std::make_unique<LayerNorm<T>>(d);
}
template std::unique_ptr<Op<float>> make_normalization(const OpDescription&);
template std::unique_ptr<Op<double>> make_normalization(const OpDescription&);

}  // namespace chainrule
