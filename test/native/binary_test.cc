// Ops of two inputs with every stride, PReLU with its trained slope, axpy and scale; lengths, alignments, guard pages.
#include <functional>

#include "../../native/ops/prelu.h"
#include "check.h"
#include "guarded.h"
#include "numeric.h"

namespace chainrule::test {
namespace {

template <class T>
struct Case2 {
  Binary op;
  const char* name;
  T (*f)(T, T);
};
template <class T> const std::vector<Case2<T>>& cases2() {
  static const std::vector<Case2<T>> all = {
      {Binary::add, "add", [](T a, T b) { return a + b; }},
      {Binary::subtract, "subtract", [](T a, T b) { return a - b; }},
      {Binary::multiply, "multiply", [](T a, T b) { return a * b; }},
      {Binary::divide, "divide", [](T a, T b) { return a / b; }},
      {Binary::maximum, "maximum", [](T a, T b) { return std::isnan(a) || a > b ? a : b; }},
      {Binary::minimum, "minimum", [](T a, T b) { return std::isnan(a) || a < b ? a : b; }},
  };
  return all;
}

template <class T>
void check_binary(const KernelTable* table) {
  constexpr size_t longest = 131;
  std::vector<T> a(longest), b(longest);
  Bits bits{5};
  for (size_t i = 0; i < longest; i++) a[i] = static_cast<T>(bits.uniform(-3, 3)), b[i] = static_cast<T>(bits.uniform(-3, 3));
  a[1] = b[0] = a[77] = std::numeric_limits<T>::quiet_NaN();
  a[2] = std::numeric_limits<T>::infinity();
  GuardedArray<T> ga(longest + 8), gb(longest + 8), go(longest + 8);
  for (const Case2<T>& c : cases2<T>())
    for (size_t strides = 0; strides < 4; strides++)
      for (size_t n : {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 97, 131})
        for (size_t offset = 0; offset <= 8; offset++) {
          const size_t sa = strides & 1, sb = strides >> 1, na = sa ? n : 1, nb = sb ? n : 1;
          const bool end = offset == 8;
          const T* pa = ga.place(a.data(), na, offset, end);
          const T* pb = gb.place(b.data(), nb, offset, end);
          T* out = end ? go.at_end(n) : go.at_start(offset);
          table->of<T>().binary[static_cast<int>(c.op)](n, pa, sa, pb, sb, out);
          bool same = true;
          for (size_t i = 0; i < n; i++) {
            const T expected = c.f(pa[i * sa], pb[i * sb]);
            same = same && (out[i] == expected || (std::isnan(out[i]) && std::isnan(expected)));
          }
          CHECK_MESSAGE(same, std::string(table->isa) + " " + dtype_name<T>() + " " + c.name + " n = " + std::to_string(n));
        }
}
TEST(binary_ops) {
  for (const KernelTable* table : all_tables()) {
    check_binary<float>(table);
    check_binary<double>(table);
  }
}

template <class T>
void check_prelu(const KernelTable* table) {
  constexpr double epsilon = std::numeric_limits<T>::epsilon();
  const Kernels<T>& k = table->of<T>();
  for (size_t rows : {1, 2, 5, 37})
    for (size_t channels : {1, 3, 8, 17, 40})
      for (size_t sa : {0, 1}) {
        const size_t n = rows * channels;
        GuardedArray<T> gx(n), gdy(n), gy(n), ga(channels), gda(channels);
        T *x = gx.at_end(n), *dy = gdy.at_end(n), *y = gy.at_end(n), *alpha = ga.at_end(sa ? channels : 1), *da = gda.at_end(sa ? channels : 1);
        Bits bits{n};
        for (size_t i = 0; i < n; i++) x[i] = static_cast<T>(bits.uniform(-2, 2)), dy[i] = static_cast<T>(bits.uniform(-2, 2));
        for (size_t c = 0; c < (sa ? channels : 1); c++) alpha[c] = static_cast<T>(bits.uniform(-1, 1)), da[c] = static_cast<T>(c);
        k.prelu_forward(rows, channels, x, alpha, sa, y);
        std::vector<double> sums(channels), bound(channels);
        for (size_t i = 0; i < n; i++) {
          const size_t c = i % channels * sa;
          CHECK(y[i] == (x[i] > 0 ? x[i] : alpha[c] * x[i]));
          if (x[i] < 0) sums[c] += static_cast<double>(dy[i]) * static_cast<double>(x[i]), bound[c] += std::fabs(static_cast<double>(dy[i] * x[i]));
        }
        const std::vector<T> upstream(dy, dy + n);
        k.prelu_backward(rows, channels, channels, x, alpha, sa, dy, dy, da);
        for (size_t i = 0; i < n; i++) CHECK(dy[i] == (x[i] > 0 ? upstream[i] : alpha[i % channels * sa] * upstream[i]));
        for (size_t c = 0; c < (sa ? channels : 1); c++)
          CHECK(std::fabs(static_cast<double>(da[c]) - (sums[c] + static_cast<double>(c))) <= 2 * epsilon * (bound[c] + static_cast<double>(c)));
      }
}
TEST(prelu) {
  for (const KernelTable* table : all_tables()) {
    check_prelu<float>(table);
    check_prelu<double>(table);
  }
}

TEST(prelu_backward_same_bits_for_every_number_of_threads) {
  const size_t rows = 701, channels = 193;
  std::vector<float> x(rows * channels), dy(x.size()), alpha(channels), whole(x.size()), dx(x.size());
  Bits bits{1};
  for (size_t i = 0; i < x.size(); i++) x[i] = static_cast<float>(bits.uniform(-2, 2)), dy[i] = static_cast<float>(bits.uniform(-2, 2));
  for (float& a : alpha) a = static_cast<float>(bits.uniform(-1, 1));
  for (const KernelTable* table : all_tables())
    for (bool by_channel : {false, true}) {
      std::vector<float> first(channels, 1), sums;
      for (int threads : {1, 2, 5}) {
        ThreadPool pool(threads);
        sums.assign(channels, 1);
        prelu_backward<float>(table->f32, pool, rows, channels, x.data(), alpha.data(), by_channel, dy.data(), threads == 1 ? whole.data() : dx.data(), sums.data());
        if (threads == 1) first = sums;
        else CHECK(sums == first && dx == whole);
      }
      double sum = 1, bound = 1;
      for (size_t i = 0; i < x.size(); i += by_channel ? channels : 1) {
        sum += x[i] < 0 ? static_cast<double>(dy[i]) * static_cast<double>(x[i]) : 0;
        bound += std::fabs(static_cast<double>(dy[i] * x[i]));
      }
      CHECK(std::fabs(static_cast<double>(first[0]) - sum) <= 1e-6 * bound);
    }
}

template <class T>
void check_in_place(const KernelTable* table) {
  for (size_t n : {0, 1, 7, 16, 33, 100}) {
    GuardedArray<T> gx(n + 1), gy(n + 1);
    T *x = gx.at_end(n), *y = gy.at_end(n);
    for (size_t i = 0; i < n; i++) x[i] = static_cast<T>(i + 1), y[i] = static_cast<T>(2 * i);
    table->of<T>().axpy(n, -0.5, x, y);
    table->of<T>().scale(n, 4, y);
    for (size_t i = 0; i < n; i++) CHECK(y[i] == static_cast<T>(8 * i) - static_cast<T>(2 * (i + 1)));
  }
}
TEST(axpy_and_scale) {
  for (const KernelTable* table : all_tables()) {
    check_in_place<float>(table);
    check_in_place<double>(table);
  }
}

}  // namespace
}  // namespace chainrule::test
