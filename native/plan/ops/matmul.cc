// Products of matrices: C = A·B, [m, n] = [m, k]·[k, n], where a row holds a stack of each, or one operand is bound: the op's
// weight, or its buffer, the same for every row.
#include <atomic>

#include "../../gemm/gemm.h"
#include "ops.h"

namespace chainrule {
namespace {

/// dA = dC·Bᵀ, dB = Aᵀ·dC (= or +=); of a bound operand summed over the rows. Keeps the operands that are values.
template <class T>
class MatMul final : public Op<T> {
 public:
  using Op<T>::Op;

  Status forward(const Pass<T>& pass) override {
    const Sizes s = sizes(pass.rows);
    const T *const a = left(pass), *const b = right(pass);
    return over_products(pass, s, [&, c = this->out->data](std::size_t i) {
      return gemm<T>(pass.table, pass.pool, s.m, s.n, s.k, T(1), {a + i * s.left, s.k, 1}, {b + i * s.right, s.n, 1}, T(0), {c + i * s.m * s.n, s.n, 1});
    });
  }

  Status backward(const Pass<T>& pass) override {
    const Sizes s = sizes(pass.rows);
    const T *const a = left(pass), *const b = right(pass), *const dc = this->out->gradient;
    const auto of_left = [&](std::size_t i, T* da, bool add) {
      return gemm<T>(pass.table, pass.pool, s.m, s.k, s.n, T(1), {dc + i * s.m * s.n, s.n, 1}, {b + i * s.right, 1, s.n}, add ? T(1) : T(0), {da, s.k, 1});
    };
    const auto of_right = [&](std::size_t i, T* db, bool add) {
      return gemm<T>(pass.table, pass.pool, s.k, s.n, s.m, T(1), {a + i * s.left, 1, s.k}, {dc + i * s.m * s.n, s.n, 1}, add ? T(1) : T(0), {db, s.n, 1});
    };
    if (this->learns()) {
      // Product by product: the order of the sums is the same for any number of threads.
      T* const own = pass.gradients + this->d_.weight;
      for (std::size_t i = 0; i < s.count; i++) {
        const bool add = i > 0 || !this->writes(pass);
        const Status status = bound() == 0 ? of_left(i, own, add) : of_right(i, own, add);
        if (!status.ok()) return status;
      }
    }
    for (std::size_t which = this->in.size(); which-- > 0;) {
      const Input<T>& x = this->in[which];
      if (!x.gradient()) continue;
      const bool first = bound() < 0 ? which == 0 : bound() == 1;
      const Status status = over_products(pass, s, [&](std::size_t i) {
        return first ? of_left(i, x.gradient() + i * s.left, x.add) : of_right(i, x.gradient() + i * s.right, x.add);
      });
      if (!status.ok()) return status;
    }
    return {};
  }

  bool keeps_input() const override { return true; }
  bool adds() const override { return true; }

  double flops(bool trains) const override {
    double products = 1;
    if (trains && this->learns()) products++;
    if (trains)
      for (const Input<T>& x : this->in) products += x.gradient() ? 1 : 0;
    return 2.0 * static_cast<double>(this->out->width) * static_cast<double>(this->d_.extent) * products;
  }

 private:
  /// `count` products [m, k]·[k, n]; from one to the next the operands move by `left` and `right` elements.
  struct Sizes {
    std::size_t count, m, k, n, left, right;
  };

  /// -1 if both are values.
  int bound() const { return this->d_.column; }

  Sizes sizes(std::size_t rows) const {
    const std::size_t k = this->d_.extent, n = this->d_.inner;
    // All rows are rows of one matrix before a bound right operand.
    if (bound() == 1) return {1, rows * (this->in[0].width() / k), k, n, 0, 0};
    const std::size_t stack = this->in.back().width() / (k * n), m = this->out->width / (stack * n);
    return {rows * stack, m, k, n, bound() == 0 ? 0 : m * k, k * n};
  }

  const T* left(const Pass<T>& pass) const { return bound() == 0 ? this->numbers(pass) : this->in[0].data(); }
  const T* right(const Pass<T>& pass) const { return bound() == 1 ? this->numbers(pass) : this->in.back().data(); }

  template <class Product>
  static Status over_products(const Pass<T>& pass, const Sizes& s, Product&& product) {
    if (s.count == 1) return product(0);
    std::atomic<bool> failed{false};
    const std::size_t work = s.m * s.n * s.k;
    parallel_ranges(pass.pool, s.count, grain_of(work), 1, [&](std::size_t b, std::size_t e) {
      for (std::size_t i = b; i < e; i++) {
        if (!product(i).ok()) failed.store(true, std::memory_order_relaxed);
      }
    });
    return failed.load() ? Status{Code::out_of_memory, "no memory for the packed operands of a product"} : Status{};
  }
};

}  // namespace

template <class T> std::unique_ptr<Op<T>> make_matmul(const OpDescription& d) { return std::make_unique<MatMul<T>>(d); }
template std::unique_ptr<Op<float>> make_matmul(const OpDescription&);
template std::unique_ptr<Op<double>> make_matmul(const OpDescription&);

}  // namespace chainrule
