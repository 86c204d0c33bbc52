// Softmax, log-softmax and cross-entropy: short rows (turned over in registers) and long ones, forward and backward,
// against long double; infinite logits, aliasing and guard pages.
#include <algorithm>

#include "check.h"
#include "guarded.h"
#include "numeric.h"

namespace chainrule::test {
namespace {

/// Softmax and log Σ e^x of a row.
template <class T>
struct RowReference {
  std::vector<long double> y;
  long double log_sum;
  RowReference(const T* x, size_t cols) : y(cols) {
    const long double m = *std::max_element(x, x + cols);
    long double sum = 0;
    for (size_t c = 0; c < cols; c++) sum += y[c] = std::exp(static_cast<long double>(x[c]) - m);
    for (long double& v : y) v /= sum;
    log_sum = m + std::log(sum);
  }
};

template <class T>
struct Fixture {
  static constexpr double epsilon = std::numeric_limits<T>::epsilon();
  const KernelTable* table;
  size_t rows, cols, n;
  GuardedArray<T> gx, gd, gy, gl;
  T *x, *dy, *y, *losses;
  std::vector<int32_t> labels;
  std::string where;
  Fixture(const KernelTable* t, size_t r, size_t c, double spread)
      : table(t), rows(r), cols(c), n(r * c), gx(n), gd(n), gy(n), gl(r), x(gx.at_end(n)), dy(gd.at_end(n)), y(gy.at_end(n)), losses(gl.at_end(r)), labels(r),
        where(std::string(t->isa) + " " + dtype_name<T>() + " [" + std::to_string(r) + ", " + std::to_string(c) + "] spread " + std::to_string(spread)) {
    Bits bits{n};
    for (size_t i = 0; i < n; i++) x[i] = static_cast<T>(bits.uniform(-spread, spread)), dy[i] = static_cast<T>(bits.uniform(-1, 1));
    for (size_t i = 0; i < r; i++) labels[i] = static_cast<int32_t>(bits.next() % c);
  }
};

template <class T>
void check_rows(Fixture<T>& f) {
  const Kernels<T>& k = f.table->template of<T>();
  const size_t cols = f.cols, n = f.n;
  const double e = f.epsilon;
  k.softmax_forward(f.rows, cols, f.x, f.y);
  const std::vector<T> softmax(f.y, f.y + n);
  k.softmax_backward(f.rows, cols, softmax.data(), f.dy, f.y);
  const std::vector<T> softmax_dx(f.y, f.y + n);
  k.log_softmax_forward(f.rows, cols, f.x, f.y);
  const std::vector<T> log_softmax(f.y, f.y + n);
  k.log_softmax_backward(f.rows, cols, log_softmax.data(), f.dy, f.y);
  const std::vector<T> log_softmax_dx(f.y, f.y + n);
  const double scale = 0.125;
  k.cross_entropy(f.rows, cols, f.x, f.labels.data(), scale, f.losses, f.y);
  const std::vector<T> loss_dx(f.y, f.y + n), losses(f.losses, f.losses + f.rows);
  k.cross_entropy(f.rows, cols, f.x, f.labels.data(), scale, f.losses, nullptr);
  double worst[6] = {};
  const auto note = [&](int what, double error, double unit) { worst[what] = error <= worst[what] * unit ? worst[what] : error / unit; };
  for (size_t r = 0; r < f.rows; r++) {
    const T *x = f.x + r * cols, *dy = f.dy + r * cols;
    const RowReference<T> reference(x, cols);
    long double dot = 0, sum = 0, absolute = 0, magnitude = std::fabs(reference.log_sum);
    for (size_t c = 0; c < cols; c++) {
      dot += dy[c] * static_cast<long double>(softmax[r * cols + c]), sum += dy[c], absolute += std::fabs(dy[c]);
      magnitude = std::max(magnitude, std::fabs(static_cast<long double>(x[c])));
    }
    for (size_t c = 0; c < cols; c++) {
      const size_t i = r * cols + c;
      const long double y = reference.y[c], label = static_cast<int32_t>(c) == f.labels[r];
      note(0, static_cast<double>(std::fabs(softmax[i] - y)), e * static_cast<double>(y * (1 + magnitude)) + 1e-37);
      note(1, static_cast<double>(std::fabs(softmax_dx[i] - softmax[i] * (dy[c] - dot))), e * static_cast<double>(softmax[i]) + 1e-37);
      note(2, static_cast<double>(std::fabs(log_softmax[i] - (x[c] - reference.log_sum))), e * static_cast<double>(1 + magnitude));
      note(3, static_cast<double>(std::fabs(log_softmax_dx[i] - (dy[c] - std::exp(static_cast<long double>(log_softmax[i])) * sum))), e * static_cast<double>(1 + absolute));
      note(4, static_cast<double>(std::fabs(loss_dx[i] - scale * (y - label))), e * scale * static_cast<double>(1 + magnitude * y));
    }
    note(5, static_cast<double>(std::fabs(losses[r] - (reference.log_sum - x[f.labels[r]]))), e * static_cast<double>(1 + magnitude));
    CHECK_MESSAGE(f.losses[r] == losses[r], f.where + ": the loss depends on whether its gradient is asked for");
  }
  const char* names[] = {"softmax", "softmax backward", "log_softmax", "log_softmax backward", "cross_entropy dx", "cross_entropy loss"};
  for (int i = 0; i < 6; i++) CHECK_MESSAGE(worst[i] <= 6, f.where + " " + names[i] + ": " + std::to_string(worst[i]) + " epsilons");
  const std::vector<T> x(f.x, f.x + n);
  k.cross_entropy(f.rows, cols, f.x, f.labels.data(), scale, f.losses, f.x);
  CHECK_MESSAGE(same_bits<T>(f.x, loss_dx.data(), n), f.where + ": cross_entropy in place");
  std::copy(x.begin(), x.end(), f.x);
  k.softmax_forward(f.rows, cols, f.x, f.x);
  CHECK_MESSAGE(same_bits<T>(f.x, softmax.data(), n), f.where + ": softmax in place");
}
TEST(softmax_and_cross_entropy) {
  for (const KernelTable* table : all_tables())
    for (size_t rows : {1, 3, 16, 21})
      for (size_t cols : {1, 2, 3, 7, 8, 9, 10, 15, 16, 17, 31, 32, 33, 64, 65, 100, 257})
        for (double spread : {1.0, 20.0, 90.0}) {
          Fixture<float> f(table, rows, cols, spread);
          check_rows(f);
          Fixture<double> d(table, rows, cols, spread);
          check_rows(d);
        }
}

/// Groups of a few rows, and rows that are a group of their own.
TEST(softmax_of_long_rows) {
  for (const KernelTable* table : all_tables())
    for (size_t cols : {1000, 5003}) {
      Fixture<float> f(table, 6, cols, 20);
      check_rows(f);
      Fixture<double> d(table, 6, cols, 20);
      check_rows(d);
    }
}

/// Infinite and NaN logits, as PyTorch treats them.
template <class T>
void check_infinite(const KernelTable* table, size_t cols) {
  const Kernels<T>& k = table->of<T>();
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  constexpr size_t rows = 4;
  std::vector<T> x(rows * cols, 0), y(x), l(x), dx(x), losses(rows);
  std::fill(x.begin() + 1, x.begin() + static_cast<long>(cols), -inf);               // row 0: only column 0 is possible
  std::fill(x.begin() + static_cast<long>(cols), x.begin() + 2 * static_cast<long>(cols), -inf);  // row 1: none is
  x[2 * cols + 1] = inf;
  x[3 * cols + 1] = nan;
  const int32_t labels[rows] = {0, 0, 0, 0}, impossible[rows] = {1, 1, 1, 1};
  k.softmax_forward(rows, cols, x.data(), y.data());
  k.log_softmax_forward(rows, cols, x.data(), l.data());
  k.cross_entropy(rows, cols, x.data(), labels, 1, losses.data(), dx.data());
  CHECK(y[0] == 1 && y[1] == 0 && y[cols - 1] == 0);
  CHECK(l[0] == 0 && l[1] == -inf && losses[0] == 0 && dx[0] == 0 && dx[1] == 0);
  for (size_t r = 1; r < rows; r++) CHECK(std::isnan(y[r * cols]) || (r == 2 && y[r * cols] == 0));
  CHECK(std::isnan(y[cols]) && std::isnan(l[cols]) && std::isnan(losses[1]) && std::isnan(losses[3]) && std::isnan(y[3 * cols]));
  CHECK(std::isnan(y[2 * cols + 1]) && std::isnan(y[3 * cols + 1]));
  k.cross_entropy(rows, cols, x.data(), impossible, 1, losses.data(), dx.data());
  CHECK(losses[0] == inf && dx[0] == 1 && dx[1] == -1);
}
TEST(softmax_of_infinite_logits) {
  for (const KernelTable* table : all_tables())
    for (size_t cols : {2, 10, 100}) {
      check_infinite<float>(table, cols);
      check_infinite<double>(table, cols);
    }
}

}  // namespace
}  // namespace chainrule::test
