// y = act(x·Wᵀ + b), the activation computed while the product's tiles are in cache.
#include "../../gemm/gemm.h"
#include "ops.h"

namespace chainrule {
namespace {

template <class T>
class Linear final : public Op<T> {
 public:
  using Op<T>::Op;

  Status forward(const Pass<T>& pass) override {
    const Input<T>& x = this->in[0];
    Epilogue<T> epilogue;
    if (this->d_.bias != kNone) epilogue.bias = pass.parameters + this->d_.bias;
    epilogue.activation = activation_;
    epilogue.parameters = constants_;
    epilogue.before = before_;
    epilogue.before_stride = outputs();
    return gemm<T>(pass.table, pass.pool, pass.rows, outputs(), x.width(), T(1), {x.data(), x.width(), 1}, {pass.parameters + this->d_.weight, 1, x.width()},
                   T(0), {this->out->data, outputs(), 1}, epilogue);
  }

  Status backward(const Pass<T>& pass) override {
    const Input<T>& x = this->in[0];
    T* const dz = this->out->gradient;  // [rows, out], of what comes before the activation once that has gone back
    const std::size_t in = x.width();
    if (activation_) {
      const T* const kept = keeps_ == Keeps::output ? this->out->data : before_;
      pass.over_elements(pass.rows * outputs(), [&](std::size_t b, std::size_t e) { activation_->backward(e - b, kept ? kept + b : nullptr, dz + b, dz + b, constants_); });
    }
    if (this->d_.frozen) return input_gradient(pass, dz);
    if (this->d_.bias != kNone)
      parallel_ranges(pass.pool, outputs(), grain_of(pass.rows), kElementUnit, [&](std::size_t b, std::size_t e) {
        pass.kernels().column_sums(pass.rows, e - b, dz + b, outputs(), pass.gradients + this->d_.bias + b, !this->writes(pass));
      });
    const Status status = input_gradient(pass, dz);
    if (!status.ok()) return status;
    // dW[out, in] = dzᵀ·x
    const Matrix<const T> left{dz, 1, outputs()}, right{x.data(), in, 1};
    if (const OptimizerStep* step = updates(pass, left, right)) {
      const Blocks<T>& blocks = *pass.blocks;
      T* states[3];
      for (int i = 0; i < 3; i++) states[i] = blocks.state[i] ? blocks.state[i] + this->d_.weight : nullptr;
      const BlockUpdate<T> update(pass.kernels(), pass.update->rule, *step, in, blocks.parameters + this->d_.weight, states);
      Epilogue<T> epilogue;
      epilogue.sink = &update.sink();
      pass.updated->push_back({this->d_.weight, this->d_.weight + outputs() * in});
      return gemm<T>(pass.table, pass.pool, outputs(), in, pass.rows, T(1), left, right, T(0), {nullptr, in, 1}, epilogue);
    }
    return gemm<T>(pass.table, pass.pool, outputs(), in, pass.rows, T(1), left, right, this->writes(pass) ? T(0) : T(1), {pass.gradients + this->d_.weight, in, 1});
  }

  bool keeps_input() const override { return true; }
  bool keeps_output() const override { return activation_ && keeps_ == Keeps::output; }
  bool adds() const override { return true; }

  bool fuse(const OpDescription& unary, const KernelTable& table) override {
    if (activation_) return false;
    fused_ = unary.unary;
    activation_ = &table.of<T>().unary[unary.unary];
    keeps_ = table.unary_info[unary.unary].keeps;
    constants_[0] = unary.parameters[0];
    constants_[1] = unary.parameters[1];
    return true;
  }

  int32_t fused() const override { return fused_; }

  void needs(std::size_t batch, bool trains, std::vector<Need<T>>* list) override {
    if (trains && activation_ && keeps_ == Keeps::input) list->push_back({batch * outputs(), Span::kept, &before_});
  }

  double flops(bool trains) const override {
    const double product = 2.0 * static_cast<double>(outputs()) * static_cast<double>(this->in[0].width());
    return product * (!trains ? 1 : 1 + (this->learns() ? 1 : 0) + (this->in[0].gradient() ? 1 : 0));
  }

 private:
  std::size_t outputs() const { return this->out->width; }

  /// dx[rows, in] = dz·W, where it is wanted.
  Status input_gradient(const Pass<T>& pass, const T* dz) {
    const Input<T>& x = this->in[0];
    if (!x.gradient()) return {};
    return gemm<T>(pass.table, pass.pool, pass.rows, x.width(), outputs(), T(1), {dz, outputs(), 1}, {pass.parameters + this->d_.weight, x.width(), 1},
                   x.add ? T(1) : T(0), {x.gradient(), x.width(), 1});
  }

  /// How the weight moves with this pass, block by block of its gradient; null if its gradient is to be written.
  const OptimizerStep* updates(const Pass<T>& pass, const Matrix<const T>& left, const Matrix<const T>& right) const {
    if (!this->early || !pass.update || !gemm_sinks<T>(pass.table, outputs(), this->in[0].width(), pass.rows, left, right)) return nullptr;
    return pass.update->step_of(this->d_.weight, this->d_.weight + this->d_.weight_length);
  }
  int32_t fused_ = -1;
  const UnaryKernel<T>* activation_ = nullptr;
  Keeps keeps_ = Keeps::nothing;
  double constants_[2] = {0, 0};
  T* before_ = nullptr;  // [batch, out], the activation's input where its backward reads that
};

}  // namespace

template <class T> std::unique_ptr<Op<T>> make_linear(const OpDescription& d) { return std::make_unique<Linear<T>>(d); }
template std::unique_ptr<Op<float>> make_linear(const OpDescription&);
template std::unique_ptr<Op<double>> make_linear(const OpDescription&);

}  // namespace chainrule
