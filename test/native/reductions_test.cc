// Sums, dot products, maxima, searches and column sums against long double, with NaN, infinities and guard pages.
#include <algorithm>

#include "check.h"
#include "guarded.h"
#include "numeric.h"

namespace chainrule::test {
namespace {

const size_t kLengths[] = {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 97, 257, 1000};

template <class T>
void check_reductions(const KernelTable* table) {
  const Kernels<T>& k = table->of<T>();
  const T nan = std::numeric_limits<T>::quiet_NaN(), inf = std::numeric_limits<T>::infinity();
  GuardedArray<T> gx(1008), gy(1008), gd(1008);
  for (size_t n : kLengths)
    for (size_t offset = 0; offset <= 8; offset++) {
      const bool end = offset == 8;
      std::vector<T> vx(n), vy(n);
      Bits bits{n + 1};
      for (size_t i = 0; i < n; i++) vx[i] = static_cast<T>(bits.uniform(-3, 1)), vy[i] = static_cast<T>(bits.uniform(-2, 2));
      T *x = gx.place(vx.data(), n, offset, end), *y = gy.place(vy.data(), n, offset, end), *d = end ? gd.at_end(n) : gd.at_start(offset);
      long double sum = 0, dot = 0, square = 0, bound = 0, dot_bound = 0;
      double largest = -std::numeric_limits<double>::infinity();
      for (size_t i = 0; i < n; i++) {
        const T difference = x[i] - y[i];
        sum += x[i], bound += std::fabs(x[i]);
        dot += static_cast<long double>(x[i]) * y[i], dot_bound += std::fabs(static_cast<long double>(x[i]) * y[i]);
        square += static_cast<long double>(difference) * difference;
        largest = std::max(largest, static_cast<double>(x[i]));
      }
      const std::string where = std::string(table->isa) + " " + dtype_name<T>() + " n = " + std::to_string(n);
      CHECK_MESSAGE(std::fabs(k.sum(n, x) - sum) <= 1e-15L * bound, where + " sum");
      CHECK_MESSAGE(std::fabs(k.dot(n, x, y) - dot) <= 1e-15L * dot_bound, where + " dot");
      CHECK_MESSAGE(std::fabs(k.squared_error(n, x, y, 0.5, d) - square) <= 2e-15L * square, where + " squared_error");
      for (size_t i = 0; i < n; i++) CHECK(d[i] == T(0.5) * (x[i] - y[i]));
      CHECK_MESSAGE(k.squared_error(n, x, y, 0.5, nullptr) == k.squared_error(n, x, y, 0.5, d), where + " squared_error without gradient");
      CHECK_MESSAGE(k.maximum(n, x) == largest, where + " maximum");
      CHECK_MESSAGE(k.first_non_finite(n, x) == n, where + " first_non_finite");
      if (n == 0) continue;
      for (size_t at : {size_t{0}, n / 2, n - 1})
        for (T bad : {nan, inf, -inf}) {
          const T kept = x[at];
          x[at] = bad;
          CHECK_MESSAGE(k.first_non_finite(n, x) == at, where + " first_non_finite at " + std::to_string(at));
          const double m = k.maximum(n, x);
          if (std::isnan(bad)) CHECK_MESSAGE(std::isnan(m), where + " maximum of NaN");
          if (bad == inf) CHECK_MESSAGE(m == static_cast<double>(inf), where + " maximum of inf");
          x[at] = kept;
        }
    }
}
TEST(reductions) {
  for (const KernelTable* table : all_tables()) {
    check_reductions<float>(table);
    check_reductions<double>(table);
  }
}

template <class T>
void check_argmax(const KernelTable* table) {
  const Kernels<T>& k = table->of<T>();
  const T nan = std::numeric_limits<T>::quiet_NaN(), inf = std::numeric_limits<T>::infinity();
  for (size_t cols : {1, 2, 3, 8, 10, 16, 17, 100}) {
    constexpr size_t rows = 9;
    GuardedArray<T> g(rows * cols);
    T* x = g.at_end(rows * cols);
    Bits bits{cols};
    for (size_t i = 0; i < rows * cols; i++) x[i] = static_cast<T>(-std::floor(bits.uniform(1, 6)));
    for (size_t c = 0; c < cols; c++) x[cols + c] = -inf;
    x[2 * cols + cols / 2] = nan;
    x[3 * cols + cols - 1] = inf;
    x[4 * cols] = x[4 * cols + cols - 1] = nan;
    int32_t out[rows], labels[rows];
    k.argmax_rows(rows, cols, x, out);
    for (size_t label = 0; label <= cols; label++) {  // one beyond the classes: never hit
      size_t hits = 0;
      for (size_t r = 0; r < rows; r++) {
        labels[r] = static_cast<int32_t>((label + r) % (cols + 1)) - 1;
        hits += labels[r] == out[r];
      }
      CHECK_MESSAGE(k.count_hits(rows, cols, x, labels) == hits, std::string(table->isa) + " " + dtype_name<T>() + " hits of cols = " + std::to_string(cols));
    }
    for (size_t r = 0; r < rows; r++) {
      size_t best = 0;
      for (size_t c = 1; c < cols && !std::isnan(x[r * cols + best]); c++)
        if (x[r * cols + c] > x[r * cols + best] || std::isnan(x[r * cols + c])) best = c;
      CHECK_MESSAGE(out[r] == static_cast<int32_t>(best), std::string(table->isa) + " " + dtype_name<T>() + " cols = " + std::to_string(cols) + " row " + std::to_string(r));
    }
  }
}
TEST(argmax_rows) {
  for (const KernelTable* table : all_tables()) {
    check_argmax<float>(table);
    check_argmax<double>(table);
  }
}

template <class T>
void check_column_sums(const KernelTable* table) {
  for (size_t rows : {0, 1, 2, 5, 64})
    for (size_t cols : {1, 3, 8, 10, 16, 17, 50})
      for (size_t extra : {0, 3})
        for (int accumulate : {0, 1}) {
          const size_t stride = cols + extra, n = rows ? (rows - 1) * stride + cols : 0;
          GuardedArray<T> gx(n + 1), go(cols);
          T *x = gx.at_end(n), *out = go.at_end(cols);
          Bits bits{n};
          for (size_t i = 0; i < n; i++) x[i] = static_cast<T>(bits.uniform(-1, 1));
          for (size_t c = 0; c < cols; c++) out[c] = 2;
          table->of<T>().column_sums(rows, cols, x, stride, out, accumulate);
          for (size_t c = 0; c < cols; c++) {
            long double sum = accumulate ? 2 : 0;
            for (size_t r = 0; r < rows; r++) sum += x[r * stride + c];
            CHECK(std::fabs(static_cast<double>(out[c] - sum)) <= std::numeric_limits<T>::epsilon() * (sizeof(T) == 4 ? 2.0 + std::fabs(static_cast<double>(sum)) : 20.0));
          }
        }
}
TEST(column_sums) {
  for (const KernelTable* table : all_tables()) {
    check_column_sums<float>(table);
    check_column_sums<double>(table);
  }
}

TEST(float32_sums_are_as_good_as_float64) {
  const std::vector<float> tenth(1 << 20, 0.1f);
  for (const KernelTable* table : all_tables()) {
    const double exact = static_cast<double>(0.1f) * (1 << 20);
    CHECK(std::fabs(table->f32.sum(tenth.size(), tenth.data()) - exact) <= 1e-9);
    float column = 0;
    table->f32.column_sums(tenth.size(), 1, tenth.data(), 1, &column, 0);
    CHECK(column == static_cast<float>(exact));
  }
}

}  // namespace
}  // namespace chainrule::test
