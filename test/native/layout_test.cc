// Reductions over an axis, broadcasting, transposition, clipping and sums of squares against plain loops, with guard pages.
#include "../../native/ops/layout.h"

#include "check.h"
#include "guarded.h"
#include "numeric.h"

namespace chainrule::test {
namespace {

template <class T>
void check_reduce_axis(const KernelTable* table, size_t outer, size_t extent, size_t inner) {
  const size_t n = outer * extent * inner;
  GuardedArray<T> gx(n), go(outer * inner);
  T *x = gx.at_end(n), *out = go.at_end(outer * inner);
  Bits bits{n + inner};
  for (size_t i = 0; i < n; i++) x[i] = static_cast<T>(bits.uniform(-3, 1));
  if (n > 2) x[n / 2] = std::numeric_limits<T>::quiet_NaN();
  const std::string where = std::string(table->isa) + " " + dtype_name<T>() + " [" + std::to_string(outer) + ", " + std::to_string(extent) + ", " + std::to_string(inner) + "] ";
  for (int threads : {1, 3}) {
    ThreadPool pool(threads);
    for (Reduction kind : {Reduction::sum, Reduction::maximum, Reduction::minimum}) {
      const bool sum = kind == Reduction::sum, smallest = kind == Reduction::minimum;
      reduce_axis<T>(table->of<T>(), pool, kind, outer, extent, inner, x, out);
      for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < inner; i++) {
          const long double infinity = std::numeric_limits<long double>::infinity();
          long double expected = sum ? 0 : smallest ? infinity : -infinity, size = 0;
          for (size_t e = 0; e < extent; e++) {
            const long double v = x[(o * extent + e) * inner + i];
            if (sum) expected += v, size += std::fabs(v);
            else if (std::isnan(v) || (smallest ? v < expected : v > expected)) expected = v;
          }
          const T got = out[o * inner + i];
          const bool right = std::isnan(expected) ? std::isnan(got) : sum ? std::fabs(got - expected) <= (sizeof(T) == 4 ? 1 : 8) * std::numeric_limits<T>::epsilon() * size : got == expected;
          CHECK_MESSAGE(right, where + std::to_string(static_cast<int>(kind)) + ": " + std::to_string(got));
        }
    }
  }
}
TEST(reduce_axis) {
  for (const KernelTable* table : all_tables())
    for (size_t outer : {0, 1, 2, 5})
      for (size_t extent : {0, 1, 2, 9, 64})
        for (size_t inner : {0, 1, 2, 7, 8, 15, 16, 17, 33, 700}) {
          check_reduce_axis<float>(table, outer, extent, inner);
          check_reduce_axis<double>(table, outer, extent, inner);
        }
  for (const KernelTable* table : all_tables()) {
    check_reduce_axis<float>(table, 1, 300, 257);
    check_reduce_axis<double>(table, 257, 300, 1);
  }
}

struct Shape {
  std::vector<int32_t> lengths, strides;
  size_t elements;  // of x
};
template <class T>
void check_expand(const KernelTable* table, const Shape& s) {
  size_t n = 1;
  for (int32_t length : s.lengths) n *= static_cast<size_t>(length);
  GuardedArray<T> gx(s.elements), go(n);
  T *x = gx.at_end(s.elements), *out = go.at_end(n);
  for (size_t i = 0; i < s.elements; i++) x[i] = static_cast<T>(i) + T(0.5);
  for (int threads : {1, 3}) {
    ThreadPool pool(threads);
    std::fill_n(out, n, T(-1));
    expand<T>(table->of<T>(), pool, simplified(s.lengths.size(), s.lengths.data(), s.strides.data()), x, out);
    bool right = true;
    for (size_t i = 0; i < n; i++) {
      size_t from = 0, rest = i;
      for (size_t a = s.lengths.size(); a-- > 0; rest /= static_cast<size_t>(s.lengths[a])) from += rest % static_cast<size_t>(s.lengths[a]) * static_cast<size_t>(s.strides[a]);
      right = right && out[i] == x[from];
    }
    CHECK_MESSAGE(right, std::string(table->isa) + " expand to " + std::to_string(n));
  }
}
TEST(expand) {
  const Shape shapes[] = {
      {{}, {}, 1},           {{1}, {0}, 1},          {{17}, {0}, 1},           {{17}, {1}, 17},          {{5, 17}, {0, 1}, 17},   {{5, 17}, {1, 0}, 5},
      {{3, 5, 7}, {0, 1, 0}, 5}, {{3, 5, 7}, {35, 7, 1}, 105}, {{7, 5, 3}, {1, 7, 35}, 105}, {{2, 1, 9}, {9, 100, 1}, 18}, {{2, 3, 4}, {0, 0, 0}, 1},
      {{2, 2, 2, 2, 3}, {0, 6, 0, 3, 1}, 12}, {{0, 4}, {0, 1}, 4},    {{4, 0}, {1, 0}, 4},      {{300, 257}, {0, 1}, 257}, {{300, 257}, {1, 0}, 300}, {{9, 33}, {66, 2}, 594},
  };
  for (const KernelTable* table : all_tables())
    for (const Shape& s : shapes) {
      check_expand<float>(table, s);
      check_expand<double>(table, s);
    }
}

template <class T>
void check_transpose(const KernelTable* table, size_t rows, size_t cols) {
  const size_t n = rows * cols;
  GuardedArray<T> gx(n), go(n);
  T *x = gx.at_end(n), *out = go.at_end(n);
  for (size_t i = 0; i < n; i++) x[i] = static_cast<T>(i + 1);
  for (int threads : {1, 3}) {
    ThreadPool pool(threads);
    std::fill_n(out, n, T(0));
    transpose<T>(table->of<T>(), pool, rows, cols, x, out);
    bool right = true;
    for (size_t r = 0; r < rows; r++)
      for (size_t c = 0; c < cols; c++) right = right && out[c * rows + r] == x[r * cols + c];
    CHECK_MESSAGE(right, std::string(table->isa) + " " + dtype_name<T>() + " transpose " + std::to_string(rows) + " × " + std::to_string(cols));
  }
}
TEST(transpose) {
  for (const KernelTable* table : all_tables())
    for (size_t rows : {0, 1, 2, 7, 8, 16, 17, 64, 65, 130, 257})
      for (size_t cols : {0, 1, 3, 8, 15, 16, 33, 64, 65, 257}) {
        check_transpose<float>(table, rows, cols);
        check_transpose<double>(table, rows, cols);
      }
}

template <class T>
void check_passes(const KernelTable* table) {
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  for (size_t n : {0, 1, 7, 16, 17, 100, 70001}) {
    GuardedArray<T> g(n);
    T* x = g.at_end(n);
    Bits bits{n};
    long double square = 0;
    for (size_t i = 0; i < n; i++) x[i] = static_cast<T>(bits.uniform(-2, 2)), square += static_cast<long double>(x[i]) * x[i];
    double sums[2];
    for (int threads : {1, 3}) {
      ThreadPool pool(threads);
      sums[threads / 2] = sum_parts(pool, n, [&](size_t b, size_t e) { return table->of<T>().dot(e - b, x + b, x + b); });
    }
    CHECK(sums[0] == sums[1] && std::fabs(sums[0] - square) <= 1e-13L * square);
    if (n < 7) continue;
    x[0] = inf, x[1] = -inf, x[2] = nan, x[3] = 0, x[4] = T(-0.25);
    const std::vector<T> before(x, x + n);
    table->of<T>().clip_values(n, 0.5, x);
    CHECK(x[0] == T(0.5) && x[1] == T(-0.5) && std::isnan(x[2]) && x[3] == 0 && x[4] == T(-0.25));
    bool right = true;
    for (size_t i = 3; i < n; i++) right = right && x[i] == std::min(T(0.5), std::max(T(-0.5), before[i]));
    CHECK(right);
  }
}
TEST(clipping_and_sums_of_squares) {
  for (const KernelTable* table : all_tables()) {
    check_passes<float>(table);
    check_passes<double>(table);
  }
}

}  // namespace
}  // namespace chainrule::test
