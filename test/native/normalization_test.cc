// Layer and batch normalisation against long double: with and without scale and shift, means large beside the deviations,
// aliasing, guard pages, and the same bits for every number of threads.
#include "../../native/ops/normalization.h"

#include <algorithm>

#include "check.h"
#include "guarded.h"
#include "numeric.h"

namespace chainrule::test {
namespace {

using Real = long double;

/// Mean, 1/√(variance + ε) and the normalised values of one series.
struct Normal {
  Real mean = 0, variance = 0, rstd = 0;
  std::vector<Real> z;
  Normal(const std::vector<Real>& x, double epsilon) {
    const Real n = static_cast<Real>(x.size());
    Real deviation = 0;  // of the mean from the first: taken off exactly, as a large mean would cost long double its digits too
    for (Real v : x) deviation += (v - x[0]) / n;
    for (Real v : x) z.push_back((v - x[0]) - deviation);
    mean = x[0] + deviation;
    for (Real d : z) variance += d * d / n;
    rstd = 1 / std::sqrt(variance + epsilon);
    for (Real& v : z) v *= rstd;
  }
};

template <class T>
struct Fixture {
  static constexpr double epsilon = std::numeric_limits<T>::epsilon(), variance_epsilon = 1e-5;
  const KernelTable* table;
  size_t rows, cols, n;
  GuardedArray<T> gx, gd, gy, gg, gb;
  T *x, *dy, *y, *gamma, *beta;
  std::vector<T> mean, rstd, dgamma, dbeta, running_mean, running_variance;
  std::vector<double> scratch;
  std::string where;
  Fixture(const KernelTable* t, size_t r, size_t c, double level, bool affine, size_t statistics)
      : table(t), rows(r), cols(c), n(r * c), gx(n), gd(n), gy(n), gg(c), gb(c), x(gx.at_end(n)), dy(gd.at_end(n)), y(gy.at_end(n)),
        gamma(gg.at_end(c)), beta(gb.at_end(c)), mean(statistics), rstd(statistics), dgamma(c, 1), dbeta(c, 2), running_mean(c, 3), running_variance(c, 4),
        scratch(normalization_scratch(r, c)),
        where(std::string(t->isa) + " " + dtype_name<T>() + " [" + std::to_string(r) + ", " + std::to_string(c) + "] level " + std::to_string(level) + (affine ? " affine" : "")) {
    Bits bits{n};
    for (size_t i = 0; i < n; i++) x[i] = static_cast<T>(level + bits.uniform(-2, 2)), dy[i] = static_cast<T>(bits.uniform(-1, 1.5));
    for (size_t i = 0; i < c; i++) gamma[i] = static_cast<T>(bits.uniform(0.5, 2)), beta[i] = static_cast<T>(bits.uniform(-1, 1));
    if (!affine) gamma = beta = nullptr;
  }
  const Kernels<T>& kernels() const { return table->of<T>(); }
  BatchNorm<T> batch_norm() { return {gamma, beta, variance_epsilon, 0.1, running_mean.data(), running_variance.data()}; }
  Real scale(size_t c) const { return gamma ? gamma[c] : 1; }
  Real shift(size_t c) const { return beta ? beta[c] : 0; }
};

/// Both directions along one series: the elements `at(i)`, whose columns are `column(i)`.
template <class T, class At, class Column>
void check_series(const Fixture<T>& f, size_t length, T mean, T rstd, const std::vector<T>& y, const std::vector<T>& dx, At at, Column column, double* worst) {
  const Real e = f.epsilon;
  std::vector<Real> x;
  for (size_t i = 0; i < length; i++) x.push_back(f.x[at(i)]);
  const Normal normal(x, f.variance_epsilon);
  const auto note = [&](int what, Real error, Real unit) { worst[what] = std::max(worst[what], static_cast<double>(error / unit)); };
  note(0, std::fabs(mean - normal.mean), e * std::max<Real>(1, std::fabs(normal.mean)));
  note(1, std::fabs(rstd - normal.rstd), e * normal.rstd);
  Real sum = 0, product = 0, size = 0, product_size = 0;
  for (size_t i = 0; i < length; i++) {
    const Real g = f.dy[at(i)] * f.scale(column(i)), n = static_cast<Real>(length);
    sum += g / n, product += g * normal.z[i] / n, size += std::fabs(g) / n, product_size += std::fabs(g * normal.z[i]) / n;
  }
  for (size_t i = 0; i < length; i++) {
    const size_t c = column(i);
    const Real z = normal.z[i], g = f.dy[at(i)] * f.scale(c);
    note(2, std::fabs(y[at(i)] - (z * f.scale(c) + f.shift(c))), e * ((1 + std::fabs(z)) * f.scale(c) + std::fabs(f.shift(c))));
    note(3, std::fabs(dx[at(i)] - normal.rstd * (g - sum - z * product)), e * normal.rstd * (std::fabs(g) + size + (1 + std::fabs(z)) * product_size));
  }
}

template <class T>
void report(const Fixture<T>& f, const double* worst, const char* kind) {
  const char* names[] = {"mean", "rstd", "y", "dx", "dgamma", "dbeta"};
  for (int i = 0; i < 6; i++) CHECK_MESSAGE(worst[i] <= 8, f.where + " " + kind + " " + names[i] + ": " + std::to_string(worst[i]) + " epsilons");
}

/// dγ = 1 + Σ dy·z and dβ = 2 + Σ dy, z being that of the element's series.
template <class T, class Z>
void check_sums(const Fixture<T>& f, Z z, double* worst) {
  for (size_t c = 0; c < f.cols; c++) {
    Real gamma = 1, beta = 2, gamma_size = 1, beta_size = 2;
    for (size_t r = 0; r < f.rows; r++) {
      const Real d = f.dy[r * f.cols + c], v = z(r, c);
      gamma += d * v, beta += d, gamma_size += std::fabs(d * v), beta_size += std::fabs(d);
    }
    worst[4] = std::max(worst[4], static_cast<double>(std::fabs(f.dgamma[c] - gamma) / (f.epsilon * gamma_size)));
    worst[5] = std::max(worst[5], static_cast<double>(std::fabs(f.dbeta[c] - beta) / (f.epsilon * beta_size)));
  }
}

template <class T>
void check_layer_norm(const KernelTable* table, size_t rows, size_t cols, double level, bool affine) {
  Fixture<T> f(table, rows, cols, level, affine, rows);
  ThreadPool pool(1);
  f.kernels().layer_norm_forward(rows, cols, f.x, f.gamma, f.beta, f.variance_epsilon, f.y, f.mean.data(), f.rstd.data());
  const std::vector<T> y(f.y, f.y + f.n);
  layer_norm_backward<T>(f.kernels(), pool, rows, cols, f.x, f.gamma, f.mean.data(), f.rstd.data(), f.dy, f.y, f.dgamma.data(), f.dbeta.data(), f.scratch.data());
  const std::vector<T> dx(f.y, f.y + f.n);
  double worst[6] = {};
  std::vector<std::vector<Real>> z;
  for (size_t r = 0; r < rows; r++) {
    check_series(f, cols, f.mean[r], f.rstd[r], y, dx, [=](size_t i) { return r * cols + i; }, [](size_t i) { return i; }, worst);
    z.push_back(Normal(std::vector<Real>(f.x + r * cols, f.x + (r + 1) * cols), f.variance_epsilon).z);
  }
  check_sums(f, [&](size_t r, size_t c) { return z[r][c]; }, worst);
  report(f, worst, "layer norm");
  layer_norm_backward<T>(f.kernels(), pool, rows, cols, f.x, f.gamma, f.mean.data(), f.rstd.data(), f.dy, f.dy, nullptr, nullptr, f.scratch.data());
  CHECK_MESSAGE(same_bits<T>(f.dy, dx.data(), f.n), f.where + ": layer norm backward in place, without the sums");
}

template <class T>
void check_batch_norm(const KernelTable* table, size_t rows, size_t cols, double level, bool affine) {
  Fixture<T> f(table, rows, cols, level, affine, cols);
  ThreadPool pool(1);
  batch_norm_forward<T>(f.kernels(), pool, rows, cols, f.x, f.batch_norm(), f.y, f.mean.data(), f.rstd.data(), f.scratch.data());
  const std::vector<T> y(f.y, f.y + f.n);
  batch_norm_backward<T>(f.kernels(), pool, rows, cols, f.x, f.gamma, f.mean.data(), f.rstd.data(), f.dy, f.y, f.dgamma.data(), f.dbeta.data(), f.scratch.data());
  const std::vector<T> dx(f.y, f.y + f.n);
  double worst[6] = {};
  std::vector<Normal> normals;
  for (size_t c = 0; c < cols; c++) {
    check_series(f, rows, f.mean[c], f.rstd[c], y, dx, [=](size_t i) { return i * cols + c; }, [=](size_t) { return c; }, worst);
    std::vector<Real> column;
    for (size_t r = 0; r < rows; r++) column.push_back(f.x[r * cols + c]);
    normals.emplace_back(column, f.variance_epsilon);
    const Real mean = 0.9L * 3 + 0.1L * normals[c].mean, unbiased = normals[c].variance * static_cast<Real>(rows) / static_cast<Real>(rows - 1);
    CHECK_MESSAGE(std::fabs(f.running_mean[c] - mean) <= 4 * f.epsilon * (3 + std::fabs(mean)), f.where + " running mean");
    CHECK_MESSAGE(std::fabs(f.running_variance[c] - (0.9L * 4 + 0.1L * unbiased)) <= 16 * f.epsilon, f.where + " running variance");
  }
  check_sums(f, [&](size_t r, size_t c) { return normals[c].z[r]; }, worst);
  report(f, worst, "batch norm");
  batch_norm_infer<T>(f.kernels(), pool, rows, cols, f.x, f.batch_norm(), f.y, f.scratch.data());
  for (size_t i = 0; i < f.n; i++) {
    const size_t c = i % cols;
    const Real d = (f.x[i] - static_cast<Real>(f.running_mean[c])) / std::sqrt(static_cast<Real>(f.running_variance[c]) + f.variance_epsilon) * f.scale(c);
    CHECK_MESSAGE(std::fabs(f.y[i] - (d + f.shift(c))) <= 4 * f.epsilon * (std::fabs(d) + 1), f.where + " infer");
  }
  const std::vector<T> x(f.x, f.x + f.n);
  batch_norm_backward<T>(f.kernels(), pool, rows, cols, f.x, f.gamma, f.mean.data(), f.rstd.data(), f.dy, f.dy, nullptr, nullptr, f.scratch.data());
  CHECK_MESSAGE(same_bits<T>(f.dy, dx.data(), f.n), f.where + ": batch norm backward in place");
  batch_norm_forward<T>(f.kernels(), pool, rows, cols, f.x, f.batch_norm(), f.x, f.mean.data(), f.rstd.data(), f.scratch.data());
  CHECK_MESSAGE(same_bits<T>(f.x, y.data(), f.n), f.where + ": batch norm in place");
}

TEST(normalization) {
  for (const KernelTable* table : all_tables())
    for (size_t rows : {2, 3, 17, 33})
      for (size_t cols : {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 257})
        for (double level : {0.0, 1000.0})
          for (bool affine : {false, true}) {
            check_layer_norm<float>(table, rows, cols, level, affine);
            check_layer_norm<double>(table, rows, cols, 1000 * level, affine);
            check_batch_norm<float>(table, rows, cols, level, affine);
            check_batch_norm<double>(table, rows, cols, 1000 * level, affine);
          }
}

template <class T>
void check_threads(const KernelTable* table, size_t rows, size_t cols) {
  std::vector<T> first;
  for (int threads : {1, 2, 3, 5}) {
    ThreadPool pool(threads);
    Fixture<T> f(table, rows, cols, 1, true, cols);
    std::vector<T> row_mean(rows), row_rstd(rows), all;
    const auto keep = [&](const T* p, size_t n) { all.insert(all.end(), p, p + n); };
    batch_norm_forward<T>(f.kernels(), pool, rows, cols, f.x, f.batch_norm(), f.y, f.mean.data(), f.rstd.data(), f.scratch.data());
    keep(f.y, f.n), keep(f.running_variance.data(), cols);
    batch_norm_backward<T>(f.kernels(), pool, rows, cols, f.x, f.gamma, f.mean.data(), f.rstd.data(), f.dy, f.y, f.dgamma.data(), f.dbeta.data(), f.scratch.data());
    keep(f.y, f.n), keep(f.dgamma.data(), cols), keep(f.dbeta.data(), cols);
    f.kernels().layer_norm_forward(rows, cols, f.x, f.gamma, f.beta, 1e-5, f.y, row_mean.data(), row_rstd.data());
    layer_norm_backward<T>(f.kernels(), pool, rows, cols, f.x, f.gamma, row_mean.data(), row_rstd.data(), f.dy, f.y, f.dgamma.data(), f.dbeta.data(), f.scratch.data());
    keep(f.y, f.n), keep(f.dgamma.data(), cols), keep(f.dbeta.data(), cols);
    if (first.empty()) first = all;
    CHECK_MESSAGE(first == all, f.where + ": other bits with " + std::to_string(threads) + " threads");
  }
}
TEST(normalization_is_the_same_for_any_threads) {
  for (const KernelTable* table : all_tables()) {
    check_threads<float>(table, 3001, 37);
    check_threads<double>(table, 101, 1024);
  }
}

TEST(normalization_of_constants_and_nan) {
  for (const KernelTable* table : all_tables()) {
    const float x[6] = {5, 5, 5, 1, NAN, 2};
    float y[6], mean[2], rstd[2];
    table->f32.layer_norm_forward(2, 3, x, nullptr, nullptr, 0.25, y, mean, rstd);
    CHECK(y[0] == 0 && y[2] == 0 && mean[0] == 5 && rstd[0] == 2);
    CHECK(std::isnan(y[3]) && std::isnan(y[5]) && std::isnan(mean[1]) && std::isnan(rstd[1]));
  }
}

}  // namespace
}  // namespace chainrule::test
