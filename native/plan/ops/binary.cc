// Ops of two operands element by element: products, quotients, extremes and powers of two values, and any of them, sums too, of a
// value and numbers that are the same for each row (constants, or parameters).
#include <cmath>

#include "ops.h"

namespace chainrule {
namespace {

/// One operand: a value, its rows one below the other, or numbers for every row: one for each column, or one for all.
template <class T>
struct Operand {
  const T* data;
  bool value, wide;

  std::size_t row_step(std::size_t cols) const { return value ? cols : 0; }
  std::size_t column_step() const { return value || wide ? 1 : 0; }
};

/// to = a ∘ b, [rows, cols]; `to` may be a value among the operands.
template <class T>
void combine(const Pass<T>& pass, Binary kind, std::size_t cols, const Operand<T>& a, const Operand<T>& b, T* to) {
  const auto kernel = pass.kernels().binary[static_cast<int>(kind)];
  const auto in_one = [](const Operand<T>& o) { return o.value || !o.wide; };
  if (in_one(a) && in_one(b)) {
    pass.over_elements(pass.rows * cols, [&](std::size_t begin, std::size_t end) {
      kernel(end - begin, a.value ? a.data + begin : a.data, a.value, b.value ? b.data + begin : b.data, b.value, to + begin);
    });
    return;
  }
  pass.over_rows(cols, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; r++)
      kernel(cols, a.data + r * a.row_step(cols), a.column_step(), b.data + r * b.row_step(cols), b.column_step(), to + r * cols);
  });
}

/// to = f(dy, a, b) for every element; dy may be null.
template <class T, class F>
void map(const Pass<T>& pass, std::size_t cols, const T* dy, const Operand<T>& a, const Operand<T>& b, T* to, F f) {
  pass.over_rows(cols, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; r++) {
      const T *x = a.data + r * a.row_step(cols), *y = b.data + r * b.row_step(cols);
      for (std::size_t at = r * cols; at < (r + 1) * cols; at++, x += a.column_step(), y += b.column_step()) to[at] = f(dy ? dy[at] : T(0), *x, *y);
    }
  });
}

/// What dy the operand a of max(a, b), or of min(a, b), receives: equals get half each, and a NaN hides which is larger (as PyTorch).
template <class T>
T share(bool largest, T dy, T a, T b) {
  const bool loses = largest ? a < b : a > b;
  return loses ? T(0) * dy : a == b ? T(0.5) * dy : dy;
}

/// The derivatives of x^y.
template <class T>
T by_base(T x, T y) { return y == 0 ? T(0) : static_cast<T>(static_cast<double>(y) * std::pow(static_cast<double>(x), static_cast<double>(y) - 1)); }
template <class T>
T by_exponent(T x, T y) {
  return x == 0 && y >= 0 ? T(0) : static_cast<T>(std::pow(static_cast<double>(x), static_cast<double>(y)) * std::log(static_cast<double>(x)));
}

/// z = a ∘ b and what dz means for each of them. `kind` is a Binary, or kPower.
template <class T>
class Operation {
 public:
  Operation(int32_t kind, std::size_t cols) : kind_(kind), cols_(cols) {}

  void forward(const Pass<T>& pass, const Operand<T>& a, const Operand<T>& b, T* z) const {
    if (kind_ != kPower) return combine(pass, static_cast<Binary>(kind_), cols_, a, b, z);
    map(pass, cols_, static_cast<const T*>(nullptr), a, b, z, [](T, T x, T y) { return static_cast<T>(std::pow(static_cast<double>(x), static_cast<double>(y))); });
  }

  /// to = the gradient of a, or of b, element by element; `to` may be dz.
  ///   a·b: dz·b, dz·a    a/b: dz/b, −dz·a/b²    a^b: dz·b·a^(b−1), dz·a^b·log a    a + b: dz, dz    a − b: dz, −dz
  void pull(const Pass<T>& pass, bool of_a, const T* dz, const Operand<T>& a, const Operand<T>& b, T* to) const {
    const Operand<T> upstream{dz, true, false}, so_far{to, true, false};
    if (kind_ == kPower) {
      if (of_a) map(pass, cols_, dz, a, b, to, [](T d, T x, T y) { return d * by_base(x, y); });
      else map(pass, cols_, dz, a, b, to, [](T d, T x, T y) { return d * by_exponent(x, y); });
      return;
    }
    const auto kind = static_cast<Binary>(kind_);
    switch (kind) {
      case Binary::multiply: return combine(pass, kind, cols_, upstream, of_a ? b : a, to);
      case Binary::divide:
        combine(pass, kind, cols_, upstream, b, to);
        if (of_a) return;
        combine(pass, Binary::multiply, cols_, so_far, a, to);
        combine(pass, kind, cols_, so_far, b, to);
        return scale(pass, -1, to);
      case Binary::maximum:
      case Binary::minimum: {
        const bool largest = kind == Binary::maximum;
        return map(pass, cols_, dz, of_a ? a : b, of_a ? b : a, to, [largest](T d, T own, T other) { return share(largest, d, own, other); });
      }
      default:
        if (to != dz) pass.over_elements(pass.rows * cols_, [&](std::size_t b, std::size_t e) { std::copy(dz + b, dz + e, to + b); });
        if (kind == Binary::subtract && !of_a) scale(pass, -1, to);
    }
  }

 private:
  void scale(const Pass<T>& pass, double factor, T* to) const {
    pass.over_elements(pass.rows * cols_, [&](std::size_t b, std::size_t e) { pass.kernels().scale(e - b, factor, to + b); });
  }

  int32_t kind_;
  std::size_t cols_;
};

/// z = x₀ ∘ x₁ of two values. Keeps both.
template <class T>
class Pair final : public Op<T> {
 public:
  using Op<T>::Op;

  Status forward(const Pass<T>& pass) override {
    operation().forward(pass, operand(0), operand(1), this->out->data);
    return {};
  }

  Status backward(const Pass<T>& pass) override {
    for (std::size_t i = 2; i-- > 0;) {
      const Input<T>& x = this->in[i];
      if (!x.gradient()) continue;
      operation().pull(pass, i == 0, this->out->gradient, operand(0), operand(1), x.target());
      this->add_spare(pass, x);
    }
    return {};
  }

  bool keeps_input() const override { return true; }

 private:
  Operand<T> operand(std::size_t i) const { return {this->in[i].data(), true, false}; }
  Operation<T> operation() const {
    switch (this->d_.kind) {
      case OpKind::multiply: return of(Binary::multiply);
      case OpKind::divide: return of(Binary::divide);
      case OpKind::maximum: return of(Binary::maximum);
      case OpKind::minimum: return of(Binary::minimum);
      default: return {kPower, this->out->width};
    }
  }
  Operation<T> of(Binary kind) const { return {static_cast<int32_t>(kind), this->out->width}; }
};

/// z = x ∘ c or c ∘ x, c one number or one for each column: the op's weight, or its buffer. Keeps x.
template <class T>
class Bound final : public Op<T> {
 public:
  using Op<T>::Op;

  Status forward(const Pass<T>& pass) override {
    operation().forward(pass, operand(pass, true), operand(pass, false), this->out->data);
    return {};
  }

  Status backward(const Pass<T>& pass) override {
    if (this->learns()) own_gradient(pass);
    const Input<T>& x = this->in[0];
    if (!x.gradient()) return {};
    operation().pull(pass, second(), this->out->gradient, operand(pass, true), operand(pass, false), x.target());
    this->add_spare(pass, x);
    return {};
  }

  bool keeps_input() const override { return true; }

  void needs(std::size_t batch, bool trains, std::vector<Need<T>>* list) override {
    if (trains && this->learns()) list->push_back({batch * this->out->width + this->out->width, Span::backward, &scratch_});
  }

 private:
  Operation<T> operation() const { return {this->d_.unary, this->out->width}; }
  /// Whether c is the second operand.
  bool second() const { return this->d_.column == 1; }
  Operand<T> operand(const Pass<T>& pass, bool first) const {
    if (first == second()) return {this->in[0].data(), true, false};
    return {this->numbers(pass), false, this->d_.weight_length > 1};
  }

  /// dc (= or +=): what each element of c would receive, summed over the rows, and over the columns if c is one number.
  void own_gradient(const Pass<T>& pass) const {
    const std::size_t cols = this->out->width;
    operation().pull(pass, !second(), this->out->gradient, operand(pass, true), operand(pass, false), scratch_);
    T* const sums = scratch_ + pass.rows * cols;
    pass.kernels().column_sums(pass.rows, cols, scratch_, cols, sums, 0);
    if (this->d_.weight_length == 1) sums[0] = static_cast<T>(pass.kernels().sum(cols, sums));
    T* const dc = pass.gradients + this->d_.weight;
    for (std::size_t j = 0; j < this->d_.weight_length; j++) dc[j] = this->writes(pass) ? sums[j] : dc[j] + sums[j];
  }

  T* scratch_ = nullptr;  // [rows, cols], then [cols]
};

}  // namespace

template <class T>
std::unique_ptr<Op<T>> make_binary(const OpDescription& d) {
  if (d.kind == OpKind::bound) return std::make_unique<Bound<T>>(d);
  return std::make_unique<Pair<T>>(d);
}
template std::unique_ptr<Op<float>> make_binary(const OpDescription&);
template std::unique_ptr<Op<double>> make_binary(const OpDescription&);

}  // namespace chainrule
