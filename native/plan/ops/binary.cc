// Ops of two operands element by element: products, quotients and extremes of two values, and any of them, sums too, of a
// value and numbers that are the same for each row (constants, or parameters).
#include "ops.h"

namespace chainrule {
namespace {

/// Calls f(n, kernel arguments) over all elements: to = a ∘ b.
template <class T>
void combine(const Pass<T>& pass, Binary kind, std::size_t n, const T* a, const T* b, T* to) {
  const auto kernel = pass.kernels().binary[static_cast<int>(kind)];
  pass.over_elements(n, [&](std::size_t begin, std::size_t end) { kernel(end - begin, a + begin, 1, b + begin, 1, to + begin); });
}

/// What dy the operand a of max(a, b), or of min(a, b), receives: equals get half each, and a NaN hides which is larger (as PyTorch).
template <class T>
T share(Binary kind, T dy, T a, T b) {
  const bool loses = kind == Binary::maximum ? a < b : a > b;
  return loses ? T(0) * dy : a == b ? T(0.5) * dy : dy;
}

/// y = x₀·x₁; dx₀ = dy·x₁, dx₁ = dy·x₀. Keeps both.
template <class T>
class Product final : public Op<T> {
 public:
  using Op<T>::Op;

  Status forward(const Pass<T>& pass) override {
    combine(pass, Binary::multiply, pass.rows * this->out->width, this->in[0].data(), this->in[1].data(), this->out->data);
    return {};
  }

  Status backward(const Pass<T>& pass) override {
    for (std::size_t i = 2; i-- > 0;) {
      const Input<T>& x = this->in[i];
      if (!x.gradient()) continue;
      combine(pass, Binary::multiply, pass.rows * this->out->width, this->out->gradient, this->in[1 - i].data(), x.target());
      this->add_spare(pass, x);
    }
    return {};
  }

  bool keeps_input() const override { return true; }
};

/// y = x₀/x₁; dx₀ = dy/x₁, dx₁ = −dx₀·x₀/x₁. Keeps both.
template <class T>
class Quotient final : public Op<T> {
 public:
  using Op<T>::Op;

  Status forward(const Pass<T>& pass) override {
    combine(pass, Binary::divide, pass.rows * this->out->width, this->in[0].data(), this->in[1].data(), this->out->data);
    return {};
  }

  Status backward(const Pass<T>& pass) override {
    const std::size_t n = pass.rows * this->out->width;
    const Input<T>&x = this->in[0], &by = this->in[1];
    if (by.gradient()) {
      T* const to = by.target();
      combine(pass, Binary::divide, n, this->out->gradient, by.data(), to);
      combine(pass, Binary::multiply, n, to, x.data(), to);
      combine(pass, Binary::divide, n, to, by.data(), to);
      pass.over_elements(n, [&](std::size_t b, std::size_t e) { pass.kernels().scale(e - b, -1.0, to + b); });
      this->add_spare(pass, by);
    }
    if (!x.gradient()) return {};
    combine(pass, Binary::divide, n, this->out->gradient, by.data(), x.target());
    this->add_spare(pass, x);
    return {};
  }

  bool keeps_input() const override { return true; }
};

/// y = max(x₀, x₁) or min(x₀, x₁). Keeps both.
template <class T>
class Extreme final : public Op<T> {
 public:
  using Op<T>::Op;

  Status forward(const Pass<T>& pass) override {
    combine(pass, kind(), pass.rows * this->out->width, this->in[0].data(), this->in[1].data(), this->out->data);
    return {};
  }

  Status backward(const Pass<T>& pass) override {
    for (std::size_t i = 2; i-- > 0;) {
      const Input<T>& x = this->in[i];
      if (!x.gradient()) continue;
      const T *const own = x.data(), *const other = this->in[1 - i].data(), *const dy = this->out->gradient;
      T* const to = x.target();
      pass.over_elements(pass.rows * this->out->width, [&](std::size_t b, std::size_t e) {
        for (std::size_t at = b; at < e; at++) to[at] = share(kind(), dy[at], own[at], other[at]);
      });
      this->add_spare(pass, x);
    }
    return {};
  }

  bool keeps_input() const override { return true; }

 private:
  Binary kind() const { return this->d_.kind == OpKind::maximum ? Binary::maximum : Binary::minimum; }
};

/// y = x ∘ c or c ∘ x, c one number or one for each column: the op's weight, or its buffer. Keeps x.
template <class T>
class Bound final : public Op<T> {
 public:
  using Op<T>::Op;

  Status forward(const Pass<T>& pass) override {
    const T *const x = this->in[0].data(), *const c = constants(pass);
    if (second()) rowwise(pass, kind(), x, true, c, false, this->out->data);
    else rowwise(pass, kind(), c, false, x, true, this->out->data);
    return {};
  }

  Status backward(const Pass<T>& pass) override {
    if (this->learns()) own_gradient(pass);
    const Input<T>& in = this->in[0];
    if (!in.gradient()) return {};
    const T *const x = in.data(), *const c = constants(pass), *const dy = this->out->gradient;
    T* const dx = in.target();
    const std::size_t n = pass.rows * this->out->width;
    const auto scaled = [&](double factor) { pass.over_elements(n, [&](std::size_t b, std::size_t e) { pass.kernels().scale(e - b, factor, dx + b); }); };
    switch (kind()) {
      case Binary::multiply: rowwise(pass, Binary::multiply, dy, true, c, false, dx); break;
      case Binary::divide:
        if (second()) {
          rowwise(pass, Binary::divide, dy, true, c, false, dx);
        } else {  // dx = −dy/x·c/x
          rowwise(pass, Binary::divide, dy, true, x, true, dx);
          rowwise(pass, Binary::multiply, dx, true, c, false, dx);
          rowwise(pass, Binary::divide, dx, true, x, true, dx);
          scaled(-1);
        }
        break;
      case Binary::maximum:
      case Binary::minimum: shares(pass, true, dx); break;
      default:
        if (dx != dy) pass.over_elements(n, [&](std::size_t b, std::size_t e) { std::copy(dy + b, dy + e, dx + b); });
        if (kind() == Binary::subtract && !second()) scaled(-1);
    }
    this->add_spare(pass, in);
    return {};
  }

  bool keeps_input() const override { return true; }

  void needs(std::size_t batch, bool trains, std::vector<Need<T>>* list) override {
    if (trains && this->learns()) list->push_back({batch * this->out->width + this->out->width, Span::backward, &scratch_});
  }

 private:
  Binary kind() const { return static_cast<Binary>(this->d_.unary); }
  /// Whether c is the second operand.
  bool second() const { return this->d_.column == 1; }
  const T* constants(const Pass<T>& pass) const { return this->d_.weight != kNone ? pass.parameters + this->d_.weight : pass.buffers[this->d_.buffer]; }

  /// to = a ∘ b, each a value (its rows one below the other) or the numbers that are the same for each row.
  void rowwise(const Pass<T>& pass, Binary kind, const T* a, bool a_value, const T* b, bool b_value, T* to) const {
    const auto kernel = pass.kernels().binary[static_cast<int>(kind)];
    const std::size_t cols = this->out->width, wide = this->d_.weight_length > 1;
    if (!wide || (a_value && b_value)) {
      pass.over_elements(pass.rows * cols, [&](std::size_t begin, std::size_t end) {
        kernel(end - begin, a_value ? a + begin : a, a_value, b_value ? b + begin : b, b_value, to + begin);
      });
      return;
    }
    pass.over_rows(cols, [&](std::size_t begin, std::size_t end) {
      for (std::size_t r = begin; r < end; r++) kernel(cols, a_value ? a + r * cols : a, 1, b_value ? b + r * cols : b, 1, to + r * cols);
    });
  }

  /// What x, or c, receives of dy where the larger or smaller of them passed.
  void shares(const Pass<T>& pass, bool of_x, T* to) const {
    const T *const x = this->in[0].data(), *const c = constants(pass), *const dy = this->out->gradient;
    const std::size_t cols = this->out->width, step = this->d_.weight_length > 1;
    pass.over_rows(cols, [&](std::size_t begin, std::size_t end) {
      for (std::size_t r = begin; r < end; r++)
        for (std::size_t j = 0, at = r * cols; j < cols; j++, at++)
          to[at] = of_x ? share(kind(), dy[at], x[at], c[j * step]) : share(kind(), dy[at], c[j * step], x[at]);
    });
  }

  /// dc (= or +=): what each element of c would receive, summed over the rows, and over the columns if c is one number.
  void own_gradient(const Pass<T>& pass) const {
    const T *const x = this->in[0].data(), *const c = constants(pass), *const dy = this->out->gradient;
    const std::size_t cols = this->out->width, n = pass.rows * cols;
    const T* each = scratch_;
    double factor = 1;
    switch (kind()) {
      case Binary::multiply: combine(pass, Binary::multiply, n, dy, x, scratch_); break;
      case Binary::divide:
        if (second()) {  // −dy/c·x/c
          rowwise(pass, Binary::divide, dy, true, c, false, scratch_);
          rowwise(pass, Binary::multiply, scratch_, true, x, true, scratch_);
          rowwise(pass, Binary::divide, scratch_, true, c, false, scratch_);
          factor = -1;
        } else {
          combine(pass, Binary::divide, n, dy, x, scratch_);
        }
        break;
      case Binary::maximum:
      case Binary::minimum: shares(pass, false, scratch_); break;
      default:
        each = dy;
        if (kind() == Binary::subtract && second()) factor = -1;
    }
    T* const sums = scratch_ + n;
    pass.kernels().column_sums(pass.rows, cols, each, cols, sums, 0);
    T* const dc = pass.gradients + this->d_.weight;
    if (this->d_.weight_length == 1) sums[0] = static_cast<T>(pass.kernels().sum(cols, sums));
    for (std::size_t j = 0; j < this->d_.weight_length; j++) dc[j] = (this->writes(pass) ? T(0) : dc[j]) + static_cast<T>(factor) * sums[j];
  }

  T* scratch_ = nullptr;  // [rows, cols], then [cols]
};

}  // namespace

template <class T>
std::unique_ptr<Op<T>> make_binary(const OpDescription& d) {
  if (d.kind == OpKind::multiply) return std::make_unique<Product<T>>(d);
  if (d.kind == OpKind::divide) return std::make_unique<Quotient<T>>(d);
  if (d.kind == OpKind::bound) return std::make_unique<Bound<T>>(d);
  return std::make_unique<Extreme<T>>(d);
}
template std::unique_ptr<Op<float>> make_binary(const OpDescription&);
template std::unique_ptr<Op<double>> make_binary(const OpDescription&);

}  // namespace chainrule
