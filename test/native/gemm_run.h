// One product between guard pages, with any form, strides, epilogue and number of threads, held against its reference.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "../../native/gemm/gemm.h"
#include "check.h"
#include "gemm_fixture.h"

namespace chainrule::test {

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
  size_t misalign = 0;   ///< elements, of all operands,
  size_t more[3] = {};   ///< and more of A, B and C
  bool at_start = false; ///< the guard page stands before the data rather than behind it
};

inline std::string describe(const KernelTable& table, const char* type, size_t m, size_t n, size_t k, const Setting& s) {
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
  Operand(size_t rows, size_t cols, bool transposed, size_t step, const Setting& s, const std::vector<T>& values, size_t more = 0)
      : memory(extent(rows, cols, transposed, step, s), s.misalign + more, s.at_start) {
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

/// Runs one setting and compares every element of C (and of `before`) with the reference: exactly where that is of whole numbers,
/// as alpha and beta then must be too. The gaps must stay as they were.
template <class T>
void check_run(const KernelTable& table, const Reference<T>& r, const Setting& s) {
  const char* type = sizeof(T) == 4 ? "float32" : "float64";
  const Operand<T> a(r.m, r.k, s.transpose_a, s.step, s, r.a, s.more[0]), b(r.k, r.n, s.transpose_b, s.step, s, r.b, s.more[1]);
  const Operand<T> c(r.m, r.n, false, 1, s, s.beta == 0 ? std::vector<T>{} : r.c, s.more[2]), before(r.m, r.n, false, 1, s, {});
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

  const double u = r.whole ? 0 : std::numeric_limits<T>::epsilon() / 2;
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

}  // namespace chainrule::test
