// GEMM against an exactly summed reference: every instruction set, form, stride, epilogue and number of threads, with
// guard pages around each operand.
#include "../../native/gemm/gemm.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include "../../native/dispatch/dispatch.h"
#include "check.h"
#include "gemm_fixture.h"

namespace chainrule::test {
namespace {

// f(x) = x² + 1: no fixed point, so that a segment skipped or done twice shows.
template <class T>
void square_plus_one(size_t n, const T* x, T* y, const double*) {
  for (size_t i = 0; i < n; i++) y[i] = x[i] * x[i] + T(1);
}
template <class T>
const UnaryKernel<T> kSquarePlusOne = {square_plus_one<T>, nullptr};

/// What one run of gemm gets besides the shape.
struct Setting {
  bool transpose_a = false, transpose_b = false;
  size_t pad = 0;        ///< elements between rows
  size_t step = 1;       ///< distance of neighbours in a row (A and B)
  double alpha = 1, beta = 0;
  bool bias = false, activation = false, before = false;
  int threads = 1;
  size_t misalign = 0;   ///< elements
  bool at_start = false; ///< the guard page stands before the data rather than behind it
};

std::string describe(const KernelTable& table, const char* type, size_t m, size_t n, size_t k, const Setting& s) {
  char text[256];
  std::snprintf(text, sizeof text, "%s %s %c%c %zux%zux%zu pad %zu step %zu alpha %g beta %g%s%s%s threads %d offset %zu", table.isa, type, s.transpose_a ? 'T' : 'N',
                s.transpose_b ? 'T' : 'N', m, n, k, s.pad, s.step, s.alpha, s.beta, s.bias ? " bias" : "", s.activation ? " act" : "", s.before ? " before" : "",
                s.threads, s.misalign);
  return text;
}

/// An operand with the strides that a setting asks for, in guarded memory filled with NaN between the elements.
template <class T>
struct Operand {
  Guarded<T> memory;
  size_t row, col;
  Operand(size_t rows, size_t cols, bool transposed, size_t step, const Setting& s, const std::vector<T>& values)
      : memory(extent(rows, cols, transposed, step, s), s.misalign, s.at_start) {
    std::fill(memory.data(), memory.data() + memory.size(), std::numeric_limits<T>::quiet_NaN());
    const size_t lead = (transposed ? rows : cols) * step + s.pad;
    row = transposed ? step : lead;
    col = transposed ? lead : step;
    if (!values.empty())
      for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++) memory.data()[i * row + j * col] = values[i * cols + j];
  }
  static size_t extent(size_t rows, size_t cols, bool transposed, size_t step, const Setting& s) {
    if (rows == 0 || cols == 0) return 0;
    const size_t outer = transposed ? cols : rows, inner = transposed ? rows : cols;
    return (outer - 1) * (inner * step + s.pad) + (inner - 1) * step + 1;
  }
};

/// Runs one setting and compares every element of C (and of `before`) with the reference; the gaps must stay as they were.
template <class T>
void check_run(const KernelTable& table, const Reference<T>& r, const Setting& s) {
  const char* type = sizeof(T) == 4 ? "float32" : "float64";
  const Operand<T> a(r.m, r.k, s.transpose_a, s.step, s, r.a), b(r.k, r.n, s.transpose_b, s.step, s, r.b);
  const Operand<T> c(r.m, r.n, false, 1, s, s.beta == 0 ? std::vector<T>{} : r.c), before(r.m, r.n, false, 1, s, {});
  Setting dense = s;
  dense.pad = 0;
  const Operand<T> bias(1, r.n, false, 1, dense, r.bias);
  Epilogue<T> e;
  if (s.bias) e.bias = bias.memory.data();
  if (s.activation) e.activation = &kSquarePlusOne<T>;
  if (s.before) {
    e.before = before.memory.data();
    e.before_stride = before.row;
  }
  const Status status = gemm<T>(table, pool_of(s.threads), r.m, r.n, r.k, T(s.alpha), {a.memory.data(), a.row, a.col}, {b.memory.data(), b.row, b.col}, T(s.beta),
                                {c.memory.data(), c.row, 1}, e);
  CHECK_MESSAGE(status.ok(), describe(table, type, r.m, r.n, r.k, s) + ": " + status.what);

  constexpr double u = std::numeric_limits<T>::epsilon() / 2;
  int wrong = 0;
  char text[160] = "";
  for (size_t i = 0; i < r.m; i++)
    for (size_t j = 0; j < r.n; j++) {
      const size_t at = i * r.n + j;
      const double own = s.beta == 0 ? 0 : s.beta * static_cast<double>(r.c[at]), bias_value = s.bias ? static_cast<double>(r.bias[j]) : 0;
      const double sum = s.alpha * r.product[at] + own + bias_value;
      const double scale = std::fabs(s.alpha) * r.absolute[at];
      const double bound = (static_cast<double>(r.k) + 2) * u * scale + 3 * u * (scale + std::fabs(own) + std::fabs(bias_value));
      const double kept = s.before ? static_cast<double>(before.memory.data()[i * before.row + j]) : sum;
      double want = sum, room = bound;
      if (s.activation) {
        want = sum * sum + 1;
        room = (2 * std::fabs(sum) + bound) * bound + 3 * u * want;
      }
      const double got = static_cast<double>(c.memory.data()[i * c.row + j]);
      if (!(std::fabs(got - want) <= room && std::fabs(kept - sum) <= bound) && wrong++ == 0)
        std::snprintf(text, sizeof text, " (%zu,%zu): got %.17g, expected %.17g ± %.3g, kept %.17g", i, j, got, want, room, kept);
    }
  for (size_t i = 0; i + 1 < r.m && r.n != 0; i++)
    for (size_t j = r.n; j < c.row; j++)
      if (!std::isnan(c.memory.data()[i * c.row + j]) && wrong++ == 0) std::snprintf(text, sizeof text, " wrote behind row %zu", i);
  CHECK_MESSAGE(wrong == 0, describe(table, type, r.m, r.n, r.k, s) + text + " and " + std::to_string(wrong - 1) + " more");
}

constexpr double kAlphas[] = {1, -0.5, 1, 2.25}, kBetas[] = {0, 1, -0.5, 0, 1.75};

/// The `turn`-th of a sequence in which every setting meets every other sooner or later (the periods are coprime-ish).
Setting rotate(size_t turn) {
  Setting s;
  s.alpha = kAlphas[turn % 4];
  s.beta = kBetas[turn % 5];
  s.bias = turn / 3 % 2;
  s.activation = turn % 3 == 1;
  s.before = turn % 7 < 2;
  s.threads = 1 + static_cast<int>(turn % 11 % 4);
  s.misalign = turn % 9 % 8;
  s.at_start = turn / 2 % 2;
  return s;
}

template <class T>
void check_shape(size_t m, size_t n, size_t k, size_t* turn) {
  const Reference<T> r(m, n, k, false);
  for (const KernelTable* table : tables())
    for (int form = 0; form < 4; form++)
      for (int stride = 0; stride < 3; stride++) {
        Setting s = rotate((*turn)++);
        s.transpose_a = form & 1;
        s.transpose_b = form & 2;
        s.pad = stride == 0 ? 0 : 3;
        s.step = stride == 2 ? 2 : 1;
        check_run(*table, r, s);
      }
}

}  // namespace

TEST(gemm_every_form_of_small_shapes) {
  size_t turn = 0;
  const size_t sizes[] = {0, 1, 2, 7, 8, 17};
  for (size_t m : sizes)
    for (size_t n : sizes)
      for (size_t k : sizes) {
        check_shape<float>(m, n, k, &turn);
        check_shape<double>(m, n, k, &turn);
      }
}

TEST(gemm_sizes_around_tiles_and_vectors) {
  size_t turn = 0;
  for (const KernelTable* table : tables()) {
    const auto sizes_of = [](const auto& g) {
      const size_t mr = static_cast<size_t>(g.rows[g.vectors]), lanes = static_cast<size_t>(g.lanes), nr = lanes * static_cast<size_t>(g.vectors);
      return std::vector<std::array<size_t, 3>>{{mr - 1, lanes - 1, 5}, {mr, lanes + 1, 16}, {mr + 1, nr - 1, 31}, {2 * mr - 1, nr, 33}, {2 * mr, nr + 1, 13}, {2 * mr + 1, 2 * nr - 1, 9},
                                                {13, 3 * lanes, 64}, {16, 2 * lanes + 1, 65}, {17, 5 * lanes, 3}, {4, 6 * lanes - 1, 10}, {1, 97, 40}, {2, 129, 7}, {3, 10, 100}, {97, 1, 41}, {97, 2, 12}, {50, 10, 30}};
    };
    for (const auto& [m, n, k] : sizes_of(table->f32.gemm)) check_shape<float>(m, n, k, &turn);
    for (const auto& [m, n, k] : sizes_of(table->f64.gemm)) check_shape<double>(m, n, k, &turn);
  }
}

TEST(gemm_larger_shapes) {
  size_t turn = 0;
  const size_t shapes[][3] = {{101, 103, 107}, {1, 300, 700}, {8, 211, 301}, {32, 70, 1201}, {128, 10, 256}, {256, 10, 8},  {37, 256, 10},
                              {64, 64, 1},     {199, 1, 257}, {66, 530, 1025}, {130, 67, 2050}, {5, 5, 4099}, {23, 400, 2}, {64, 128, 512}};
  for (const auto& [m, n, k] : shapes) {
    check_shape<float>(m, n, k, &turn);
    check_shape<double>(m, n, k, &turn);
  }
}

TEST(gemm_misalignment) {
  const Reference<float> f(19, 77, 23, false);
  const Reference<double> d(19, 77, 23, false);
  for (const KernelTable* table : tables())
    for (size_t offset = 0; offset < 8; offset++)
      for (int form = 0; form < 4; form++) {
        Setting s;
        s.transpose_a = form & 1;
        s.transpose_b = form & 2;
        s.misalign = offset;
        s.at_start = true;
        check_run(*table, f, s);
        check_run(*table, d, s);
      }
}

template <class T>
static void check_exact(size_t m, size_t n, size_t k) {
  const Reference<T> r(m, n, k, true);
  for (const KernelTable* table : tables())
    for (int form = 0; form < 4; form++) {
      std::vector<T> a(m * k), b(k * n), c(m * n, T(3));
      const bool ta = form & 1, tb = form & 2;
      for (size_t i = 0; i < m; i++)
        for (size_t p = 0; p < k; p++) a[ta ? p * m + i : i * k + p] = r.a[i * k + p];
      for (size_t p = 0; p < k; p++)
        for (size_t j = 0; j < n; j++) b[tb ? j * k + p : p * n + j] = r.b[p * n + j];
      gemm<T>(*table, pool_of(2), m, n, k, T(-2), {a.data(), ta ? 1 : k, ta ? m : 1}, {b.data(), tb ? 1 : n, tb ? k : 1}, T(5), {c.data(), n, 1});
      size_t wrong = 0;
      for (size_t i = 0; i < m * n; i++) wrong += static_cast<double>(c[i]) != -2 * r.product[i] + 15;
      CHECK_MESSAGE(wrong == 0, std::string(table->isa) + " integers " + std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k) + ": " + std::to_string(wrong) + " wrong");
    }
}
TEST(gemm_of_integers_is_exact) {
  const size_t shapes[][3] = {{16, 16, 16}, {65, 131, 300}, {8, 200, 784}, {128, 10, 256}, {1, 64, 500}, {120, 100, 1}, {300, 10, 77}};
  for (const auto& [m, n, k] : shapes) {
    check_exact<float>(m, n, k);
    check_exact<double>(m, n, k);
  }
}

template <class T>
static void check_threads(size_t m, size_t n, size_t k) {
  const Reference<T> r(m, n, k, false, false);
  for (const KernelTable* table : tables()) {
    if (table->lanes32 == 1 && m * n * k > (size_t{1} << 24)) continue;
    for (int form = 0; form < 4; form++) {
      const bool ta = form & 1, tb = form & 2;
      std::vector<T> first;
      for (int threads = 1; threads <= 4; threads++) {
        std::vector<T> c(m * n);
        gemm<T>(*table, pool_of(threads), m, n, k, T(1), {r.a.data(), ta ? 1 : k, ta ? m : 1}, {r.b.data(), tb ? 1 : n, tb ? k : 1}, T(0), {c.data(), n, 1});
        if (threads == 1) first = c;
        else CHECK_MESSAGE(std::memcmp(first.data(), c.data(), c.size() * sizeof(T)) == 0,
                           std::string(table->isa) + " differs with " + std::to_string(threads) + " threads, form " + std::to_string(form) + " " + std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k));
      }
    }
  }
}
TEST(gemm_same_bits_for_every_number_of_threads) {
  const size_t shapes[][3] = {{128, 256, 257}, {300, 10, 401}, {8, 1000, 784}, {1, 2000, 800}, {2000, 1, 700}, {257, 513, 600}, {32, 512, 784}, {784, 512, 8}, {100, 700, 2100}};
  for (const auto& [m, n, k] : shapes) {
    check_threads<float>(m, n, k);
    check_threads<double>(m, n, k);
  }
}

template <class T>
static void check_never_reads() {
  const T nan = std::numeric_limits<T>::quiet_NaN();
  for (const KernelTable* table : tables()) {
    const std::vector<T> bias = {T(1), T(-2), T(3)};
    Epilogue<T> e;
    e.bias = bias.data();
    for (const size_t k : {size_t{0}, size_t{5}}) {  // alpha = 0 with k = 5
      std::vector<T> c(6, nan);
      CHECK(gemm<T>(*table, pool_of(1), 2, 3, k, T(k == 0), {nullptr, 5, 1}, {nullptr, 3, 1}, T(0), {c.data(), 3, 1}, e).ok());
      for (size_t i = 0; i < 6; i++) CHECK(c[i] == bias[i % 3]);
      e.activation = &kSquarePlusOne<T>;
      std::vector<T> before(6, nan);
      e.before = before.data();
      e.before_stride = 3;
      CHECK(gemm<T>(*table, pool_of(1), 2, 3, k, T(k == 0), {nullptr, 5, 1}, {nullptr, 3, 1}, T(2), {c.data(), 3, 1}, e).ok());
      for (size_t i = 0; i < 6; i++) CHECK(before[i] == 3 * bias[i % 3] && c[i] == before[i] * before[i] + 1);
      e = {};
      e.bias = bias.data();
    }
    CHECK(gemm<T>(*table, pool_of(1), 0, 3, 5, T(1), {nullptr, 5, 1}, {nullptr, 3, 1}, T(0), {nullptr, 3, 1}).ok());
    CHECK(gemm<T>(*table, pool_of(1), 3, 0, 5, T(1), {nullptr, 5, 1}, {nullptr, 0, 1}, T(0), {nullptr, 0, 1}).ok());
    CHECK(!gemm<T>(*table, pool_of(1), 3, 2, 1, T(1), {nullptr, 5, 1}, {nullptr, 0, 1}, T(0), {nullptr, 4, 2}).ok());
  }
}
TEST(gemm_without_a_product) {
  check_never_reads<float>();
  check_never_reads<double>();
}

}  // namespace chainrule::test
