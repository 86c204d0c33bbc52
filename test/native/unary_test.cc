// Every elementwise op: accuracy over the whole range, derivatives, edges of memory; per dtype and instruction set.
#include <algorithm>

#include "check.h"
#include "guarded.h"
#include "unary_rows.h"

namespace chainrule::test {
namespace {

template <class T>
void check_forward() {
  const std::vector<T> x = whole_range<T>(20000 / thinning(), 1);
  std::vector<T> y(x.size());
  std::vector<long double> expected(x.size());
  for (const Row& original : rows()) {
    const Row r = rounded<T>(original);
    for (size_t i = 0; i < x.size(); i++) expected[i] = r.f(x[i], r.parameters);
    for (const KernelTable* table : all_tables()) {
      const int op = index_of(table, r.name);
      CHECK_MESSAGE(op >= 0, std::string("no op ") + r.name);
      if (op < 0) continue;
      table->of<T>().unary[op].forward(x.size(), x.data(), y.data(), r.parameters);
      double worst = 0;
      size_t at = 0;
      for (size_t i = 0; i < x.size(); i++) {
        const double e = ulp_error(y[i], expected[i]);
        if (e > worst) worst = e, at = i;
      }
      if (verbose()) std::printf("    %-7s %s %-12s %g: %.2f ULP at %g\n", table->isa, dtype_name<T>(), r.name, r.parameters[0], worst, static_cast<double>(x[at]));
      CHECK_MESSAGE(worst <= r.ulp, where(table->isa, dtype_name<T>(), r, x[at], y[at], static_cast<double>(expected[at]), worst));
    }
  }
}
TEST(unary_forward_ulp) {
  check_forward<float>();
  check_forward<double>();
}

template <class T>
void check_backward() {
  constexpr double epsilon = std::numeric_limits<T>::epsilon();
  const size_t n = 4000 / thinning();
  std::vector<T> x(n), y(n), dy(n), dx(n);
  for (const Row& original : rows()) {
    const Row r = rounded<T>(original);
    Bits bits{7};
    for (size_t i = 0; i < n; i++) {
      x[i] = static_cast<T>(bits.uniform(r.low, r.high) * (i % 2 ? 1 : 0.1));
      if (static_cast<double>(x[i]) < r.low) x[i] = static_cast<T>(r.low);
      dy[i] = static_cast<T>(bits.uniform(-2, 2));
    }
    for (const KernelTable* table : all_tables()) {
      const int op = index_of(table, r.name);
      if (op < 0) continue;
      const UnaryKernel<T>& kernel = table->of<T>().unary[op];
      const Keeps keeps = table->unary_info[op].keeps;
      kernel.forward(n, x.data(), y.data(), r.parameters);
      kernel.backward(n, keeps == Keeps::nothing ? nullptr : keeps == Keeps::input ? x.data() : y.data(), dy.data(), dx.data(), r.parameters);
      double worst = 0;
      size_t at = 0;
      for (size_t i = 0; i < n; i++) {
        const long double d = r.d(x[i], r.parameters), expected = static_cast<long double>(dy[i]) * d;
        const double unit = epsilon * std::max<double>(1, std::fabs(static_cast<double>(d))) * std::fabs(static_cast<double>(dy[i]));
        const double e = std::fabs(static_cast<double>(dx[i] - expected)) / unit;
        if (!(e <= worst)) worst = e, at = i;
      }
      if (verbose()) std::printf("    %-7s %s %-12s derivative: %.2f epsilons at %g\n", table->isa, dtype_name<T>(), r.name, worst, static_cast<double>(x[at]));
      CHECK_MESSAGE(worst <= r.derivative_epsilons + 0.5, where(table->isa, dtype_name<T>(), r, x[at], dx[at], static_cast<double>(dy[at] * r.d(x[at], r.parameters)), worst));
    }
  }
}
TEST(unary_backward) {
  check_backward<float>();
  check_backward<double>();
}

/// Derivatives at kinks and limits, for dy = 1.
struct Point {
  const char* name;
  double parameter, x, derivative;
};
template <class T>
void check_points() {
  const double inf = std::numeric_limits<double>::infinity();
  const Point points[] = {
      {"relu", 0, 0, 0}, {"relu", 0, -0.0, 0}, {"relu", 0, inf, 1}, {"relu", 0, -inf, 0}, {"hardTanh", 0, 1, 0}, {"hardTanh", 0, -1, 0},
      {"hardTanh", 0, 0.5, 1}, {"relu6", 0, 0, 0}, {"relu6", 0, 6, 0}, {"relu6", 0, 5, 1}, {"leakyRelu", 0.5, 0, 0.5}, {"leakyRelu", -2, -1, -2},
      {"elu", 2, 0, 1}, {"elu", 2, -inf, 0}, {"elu", 0, -1, 0}, {"hardSigmoid", 0, 3, 0}, {"hardSigmoid", 0, -3, 0}, {"hardSwish", 0, -3, 0},
      {"hardSwish", 0, 3, 1}, {"abs", 0, 0, 0}, {"abs", 0, -0.0, 0}, {"abs", 0, -3, -1}, {"sigmoid", 0, 0, 0.25}, {"sigmoid", 0, inf, 0},
      {"tanh", 0, 0, 1}, {"tanh", 0, -inf, 0}, {"gelu", 0, 0, 0.5}, {"gelu", 0, inf, 1}, {"gelu", 0, -inf, 0}, {"geluTanh", 0, -inf, 0},
      {"geluTanh", 0, inf, 1}, {"silu", 0, -inf, 0}, {"silu", 0, inf, 1}, {"mish", 0, -inf, 0}, {"mish", 0, inf, 1}, {"softplus", 0, inf, 1},
      {"softplus", 0, -inf, 0}, {"logSigmoid", 0, -inf, 1}, {"softsign", 0, inf, 0}, {"power", 0, 0, 0}, {"power", 2, 0, 0}, {"power", 1, 0, 1},
  };
  for (const KernelTable* table : all_tables())
    for (const Point& p : points) {
      const int op = index_of(table, p.name);
      const UnaryKernel<T>& kernel = table->of<T>().unary[op];
      const T x = static_cast<T>(p.x), dy = 1;
      T y, dx = -7;
      kernel.forward(1, &x, &y, &p.parameter);
      kernel.backward(1, table->unary_info[op].keeps == Keeps::input ? &x : &y, &dy, &dx, &p.parameter);
      CHECK_MESSAGE(dx == static_cast<T>(p.derivative), where(table->isa, dtype_name<T>(), row<reference::identity>(p.name, 0, 0), p.x, dx, p.derivative, 0));
    }
}
TEST(unary_kinks_and_limits) {
  check_points<float>();
  check_points<double>();
}

/// Any length at any alignment gives the bits of one long call, and touches nothing else.
template <class T>
void check_lengths(const KernelTable* table) {
  constexpr size_t longest = 257;
  const size_t lanes = static_cast<size_t>(sizeof(T) == 4 ? table->lanes32 : table->lanes64);
  const size_t lengths[] = {0, 1, 2, 3, lanes - 1, lanes, lanes + 1, 2 * lanes - 1, 2 * lanes + 1, 31, 97, longest};
  const double parameters[2] = {0.7, 0.3};
  std::vector<T> x(longest), dy(longest), y(longest), dx(longest);
  Bits bits{3};
  for (size_t i = 0; i < longest; i++) x[i] = static_cast<T>(bits.uniform(0.1, 4)), dy[i] = static_cast<T>(bits.uniform(-1, 1));
  GuardedArray<T> in(longest + 8), upstream(longest + 8), out(longest + 8);
  for (int op = 0; op < table->unary_count; op++) {
    const UnaryKernel<T>& kernel = table->of<T>().unary[op];
    const Keeps keeps = table->unary_info[op].keeps;
    kernel.forward(longest, x.data(), y.data(), parameters);
    const std::vector<T>& kept = keeps == Keeps::input ? x : y;
    kernel.backward(longest, kept.data(), dy.data(), dx.data(), parameters);
    bool same = true;
    for (size_t n : lengths)
      for (size_t offset = 0; offset <= 8; offset++) {
        const bool end = offset == 8;
        const auto equal = [&](const T* got, const std::vector<T>& expected) { return same_bits(got, expected.data(), n); };
        T* a = in.place(x.data(), n, offset, end);
        T* o = end ? out.at_end(n) : out.at_start(offset);
        kernel.forward(n, a, o, parameters);
        same = same && equal(o, y);
        kernel.forward(n, a, a, parameters);
        same = same && equal(a, y);
        a = in.place(kept.data(), n, offset, end);
        T* g = upstream.place(dy.data(), n, offset, end);
        kernel.backward(n, keeps == Keeps::nothing ? nullptr : a, g, o, parameters);
        same = same && equal(o, dx);
        kernel.backward(n, keeps == Keeps::nothing ? nullptr : a, g, g, parameters);
        same = same && equal(g, dx);
      }
    CHECK_MESSAGE(same, std::string(table->isa) + " " + dtype_name<T>() + " " + table->unary_info[op].name);
  }
}
TEST(unary_lengths_and_alignments) {
  for (const KernelTable* table : all_tables()) {
    check_lengths<float>(table);
    check_lengths<double>(table);
  }
}

}  // namespace
}  // namespace chainrule::test
