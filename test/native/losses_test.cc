// Losses against long double: elements of every kind with edges and weights, cross-entropy with weights, smoothing, ignored
// rows and probabilities as targets; guard pages, and the same bits for every number of threads.
#include "../../native/ops/losses.h"

#include <algorithm>

#include "check.h"
#include "guarded.h"
#include "numeric.h"

namespace chainrule::test {
namespace {

using Real = long double;
struct Exact { Real value, slope; };

Real softplus(Real x) { return std::log1p(std::exp(-std::fabs(x))) + std::max<Real>(x, 0); }
Real logistic(Real x) { return 1 / (1 + std::exp(-x)); }

/// One row per kind: its reference, and where x and t come from.
struct Row {
  const char* name;
  Loss kind;
  double parameter;
  Exact (*exact)(Real x, Real t, Real p);
  enum { number, probability, sign } target;
};
const Row kRows[] = {
    {"absolute", Loss::absolute, 0, [](Real x, Real t, Real) -> Exact { return {std::fabs(x - t), static_cast<Real>((x > t) - (x < t))}; }, Row::number},
    {"squared", Loss::squared, 0, [](Real x, Real t, Real) -> Exact { return {(x - t) * (x - t), 2 * (x - t)}; }, Row::number},
    {"huber", Loss::huber, 0.75,
     [](Real x, Real t, Real p) -> Exact {
       const Real d = x - t, a = std::fabs(d);
       return a <= p ? Exact{d * d / 2, d} : Exact{p * (a - p / 2), std::copysign(p, d)};
     }, Row::number},
    {"smooth L1", Loss::smooth_l1, 0.75,
     [](Real x, Real t, Real p) -> Exact {
       const Real d = x - t, a = std::fabs(d);
       return a < p ? Exact{d * d / p / 2, d / p} : Exact{a - p / 2, std::copysign(Real(1), d)};
     }, Row::number},
    {"smooth L1 of beta 0", Loss::smooth_l1, 0, [](Real x, Real t, Real) -> Exact { return {std::fabs(x - t), static_cast<Real>((x > t) - (x < t))}; }, Row::number},
    {"binary cross-entropy", Loss::binary_cross_entropy, 1,
     [](Real x, Real t, Real) -> Exact { return {t * softplus(-x) + (1 - t) * softplus(x), (1 - t) * logistic(x) - t * logistic(-x)}; }, Row::probability},
    {"binary cross-entropy, weighted", Loss::binary_cross_entropy, 2.5,
     [](Real x, Real t, Real p) -> Exact { return {p * t * softplus(-x) + (1 - t) * softplus(x), (1 - t) * logistic(x) - p * t * logistic(-x)}; }, Row::probability},
    {"hinge", Loss::hinge, 1, [](Real x, Real t, Real p) -> Exact { return {std::max<Real>(0, p - t * x), p - t * x > 0 ? -t : 0}; }, Row::sign},
    {"squared hinge", Loss::squared_hinge, 1,
     [](Real x, Real t, Real p) -> Exact { const Real h = std::max<Real>(0, p - t * x); return {h * h, -2 * t * h}; }, Row::sign},
    {"poisson", Loss::poisson, 0, [](Real x, Real t, Real) -> Exact { return {std::exp(x) - t * x, std::exp(x) - t}; }, Row::probability},
    {"KL divergence", Loss::kl_divergence, 0, [](Real x, Real t, Real) -> Exact { return {t > 0 ? t * (std::log(t) - x) : 0, -t}; }, Row::probability},
};

template <class T>
void check_elements(const KernelTable* table, const Row& row, size_t n, int weights) {
  const double epsilon = std::numeric_limits<T>::epsilon(), scale = 0.375;
  GuardedArray<T> gx(n), gt(n), gw(n + 1), gd(n);
  T *x = gx.at_end(n), *t = gt.at_end(n), *w = gw.at_end(weights == 1 ? 1 : n), *dx = gd.at_end(n);
  Bits bits{n + 5};
  for (size_t i = 0; i < n; i++) {
    x[i] = static_cast<T>(bits.uniform(-4, 4)) * (i % 5 == 4 ? 10 : 1);
    t[i] = static_cast<T>(row.target == Row::number ? bits.uniform(-4, 4) : row.target == Row::sign ? (bits.next() & 1 ? 1 : -1) : bits.uniform(0, 1));
    if (row.target == Row::probability && i % 3 == 0) t[i] = i % 2;
    if (row.target == Row::number && i % 7 == 6) t[i] = x[i];
    if (weights == 2) w[i] = static_cast<T>(bits.uniform(0, 2));
  }
  if (weights == 1) w[0] = T(1.5);
  Real total = 0, size = 0;
  double worst = 0;
  double sums[2], without = 0;
  for (int threads : {1, 3}) {
    ThreadPool pool(threads);
    sums[threads / 2] = element_loss<T>(table->of<T>(), pool, row.kind, n, x, t, weights ? w : nullptr, weights == 2, row.parameter, scale, dx);
    without = element_loss<T>(table->of<T>(), pool, row.kind, n, x, t, weights ? w : nullptr, weights == 2, row.parameter, scale, nullptr);
  }
  for (size_t i = 0; i < n; i++) {
    const Real weight = weights ? w[weights == 2 ? i : 0] : 1;
    const Exact e = row.exact(x[i], t[i], row.parameter);
    // The arguments of kinks and differences are rounded once: their error is in the unit of what they are made of.
    const Real unit = row.kind == Loss::poisson ? std::exp(static_cast<Real>(x[i])) * (1 + std::fabs(static_cast<Real>(x[i]))) : 1;
    total += weight * e.value, size += weight * (std::fabs(e.value) + unit * (1 + std::fabs(x[i])));
    const Real slope_unit = row.kind == Loss::poisson ? unit + 1 : row.kind == Loss::squared || row.kind == Loss::squared_hinge ? 1 + std::fabs(e.slope) : std::fabs(e.slope) + Real(0.1) * (t[i] != 0 && t[i] != 1);
    worst = std::max(worst, static_cast<double>(std::fabs(dx[i] - scale * weight * e.slope) / (scale * (weight + Real(1e-3)) * (slope_unit + Real(1e-30)) * epsilon)));
  }
  const std::string where = std::string(table->isa) + " " + dtype_name<T>() + " " + row.name + " n = " + std::to_string(n) + " weights " + std::to_string(weights);
  CHECK_MESSAGE(std::fabs(sums[0] - total) <= 4 * epsilon * size, where + ": " + std::to_string(sums[0]) + " for " + std::to_string(static_cast<double>(total)));
  CHECK_MESSAGE(worst <= 8, where + " dx: " + std::to_string(worst) + " epsilons");
  CHECK_MESSAGE(sums[0] == sums[1] && sums[0] == without, where + ": other bits");
}
TEST(element_losses) {
  for (const KernelTable* table : all_tables())
    for (const Row& row : kRows)
      for (size_t n : {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 257})
        for (int weights : {0, 1, 2}) {
          check_elements<float>(table, row, n, weights);
          check_elements<double>(table, row, n, weights);
        }
  for (const Row& row : kRows) check_elements<float>(all_tables().back(), row, 100003, 2);
}

template <class T>
void check_edges(const KernelTable* table) {
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  struct Edge { Loss kind; T x, t; double value; T slope; };
  const Edge edges[] = {
      {Loss::binary_cross_entropy, inf, 1, 0, 0},        {Loss::binary_cross_entropy, -inf, 0, 0, 0},
      {Loss::binary_cross_entropy, inf, 0, INFINITY, 1}, {Loss::binary_cross_entropy, -inf, 1, INFINITY, -1},
      {Loss::binary_cross_entropy, nan, 1, NAN, nan},    {Loss::binary_cross_entropy, 0, T(0.5), 0.6931471805599453, 0},
      {Loss::absolute, nan, 1, NAN, 0},                  {Loss::absolute, 2, 2, 0, 0},
      {Loss::huber, inf, 0, INFINITY, 1},                {Loss::huber, nan, 0, NAN, nan},
      {Loss::hinge, nan, 1, NAN, 0},                     {Loss::hinge, 1, 1, 0, 0},
      {Loss::poisson, -inf, 0, 0, 0},                    {Loss::poisson, -inf, 2, INFINITY, -2},
      {Loss::kl_divergence, -inf, 0, 0, 0},              {Loss::kl_divergence, -inf, 1, INFINITY, -1},
      {Loss::squared, sizeof(T) == 4 ? T(1e30) : T(1e150), 0, sizeof(T) == 4 ? static_cast<double>(1e30f) * static_cast<double>(1e30f) : 1e300, sizeof(T) == 4 ? T(2e30) : T(2e150)},
  };
  for (const Edge& e : edges) {
    T dx = 7;
    const double value = table->of<T>().element_loss[static_cast<int>(e.kind)](1, &e.x, &e.t, nullptr, 0, 1, 1, &dx);
    const std::string where = std::string(table->isa) + " " + dtype_name<T>() + " loss " + std::to_string(static_cast<int>(e.kind)) + " at " + std::to_string(e.x) + ", " + std::to_string(e.t);
    CHECK_MESSAGE(std::isnan(e.value) ? std::isnan(value) : value == e.value || std::fabs(value - e.value) <= 2 * std::numeric_limits<T>::epsilon() * e.value, where + ": " + std::to_string(value));
    if (!std::isnan(e.value)) CHECK_MESSAGE(dx == e.slope, where + " dx: " + std::to_string(dx));
  }
}
TEST(edges_of_element_losses) {
  for (const KernelTable* table : all_tables()) {
    check_edges<float>(table);
    check_edges<double>(table);
  }
}

struct Setting { bool classes, rows; double smoothing; int ignored; };

template <class T>
void check_rows(const KernelTable* table, size_t rows, size_t cols, const Setting& s) {
  const double epsilon = std::numeric_limits<T>::epsilon(), scale = 0.25;
  const size_t n = rows * cols;
  GuardedArray<T> gx(n), gt(n), gd(n), gc(cols), gr(rows);
  T *x = gx.at_end(n), *t = gt.at_end(n), *dx = gd.at_end(n), *classes = gc.at_end(cols), *weights = gr.at_end(rows);
  Bits bits{n + 3};
  std::vector<int32_t> labels(rows);
  for (size_t i = 0; i < n; i++) x[i] = static_cast<T>(bits.uniform(-6, 6)), t[i] = static_cast<T>(bits.uniform(0, 1));
  for (size_t c = 0; c < cols; c++) classes[c] = static_cast<T>(bits.uniform(0.1, 2));
  for (size_t r = 0; r < rows; r++) {
    weights[r] = static_cast<T>(bits.uniform(0.1, 2));
    labels[r] = s.ignored != -1 && r % 3 == 1 ? s.ignored : static_cast<int32_t>(bits.next() % cols);
  }
  const CrossEntropyWeights<T> w{s.classes ? classes : nullptr, s.rows ? weights : nullptr, s.smoothing, s.ignored == -1 ? kNoLabel : s.ignored};
  std::vector<char> scratch(cross_entropy_scratch(rows));
  const std::string where = std::string(table->isa) + " " + dtype_name<T>() + " [" + std::to_string(rows) + ", " + std::to_string(cols) + "] " + (s.classes ? "classes " : "") + (s.rows ? "rows " : "") + "smoothing " + std::to_string(s.smoothing) + " ignored " + std::to_string(s.ignored);
  ThreadPool pool(1);
  for (bool soft : {false, true}) {
    WeightedLoss loss{};
    const auto run = [&](T* out) {
      if (soft) loss.loss = soft_cross_entropy<T>(table->of<T>(), pool, rows, cols, x, t, w.rows, scale, out, scratch.data());
      else CHECK(weighted_cross_entropy<T>(table->of<T>(), pool, rows, cols, x, labels.data(), w, scale, out, &loss, scratch.data()).ok());
    };
    run(dx);
    const double with_gradient = loss.loss;
    run(nullptr);
    CHECK_MESSAGE(loss.loss == with_gradient, where + ": the loss depends on whether its gradient is asked for");
    Real total = 0, weight = 0, size = 0;
    double worst = 0;
    for (size_t r = 0; r < rows; r++) {
      const T* row = x + r * cols;
      const Real m = *std::max_element(row, row + cols), own = s.rows ? weights[r] : 1;
      const bool ignored = !soft && s.ignored != -1 && labels[r] == s.ignored;
      Real sum = 0, mass = 0;
      for (size_t c = 0; c < cols; c++) sum += std::exp(row[c] - m);
      std::vector<Real> target(cols, 0);  // the row's loss is -Σ target·log p
      for (size_t c = 0; c < cols && !ignored; c++) {
        const Real w_c = s.classes ? classes[c] : 1, label = static_cast<int32_t>(c) == labels[r];
        target[c] = soft ? own * t[r * cols + c] : own * w_c * (s.smoothing / static_cast<Real>(cols) + (1 - static_cast<Real>(s.smoothing)) * label);
        mass += target[c];
        total -= target[c] * (row[c] - m - std::log(sum));
        size += target[c] * (std::log(sum) + (m - row[c]));
        weight += own * w_c * label;
      }
      for (size_t c = 0; c < cols; c++) {
        const Real p = std::exp(row[c] - m) / sum;
        worst = std::max(worst, static_cast<double>(std::fabs(dx[r * cols + c] - scale * (p * mass - target[c])) / (epsilon * scale * (p * mass * (1 + m - row[c]) + target[c] + 1e-30L))));
      }
    }
    CHECK_MESSAGE(worst <= 12, where + (soft ? " soft" : "") + " dx: " + std::to_string(worst) + " epsilons");
    CHECK_MESSAGE(std::fabs(loss.loss - total) <= 8 * epsilon * (size + 1e-30L), where + (soft ? " soft" : "") + " loss " + std::to_string(static_cast<double>((loss.loss - total) / size / epsilon)));
    if (!soft) CHECK_MESSAGE(std::fabs(loss.weight - weight) <= 1e-6 * static_cast<double>(weight), where + " weight");
  }
}
TEST(weighted_and_soft_cross_entropy) {
  const Setting settings[] = {{false, false, 0, -1}, {true, false, 0, -1}, {false, true, 0, 0}, {true, true, 0.1, -100}, {true, false, 1, 255}, {false, false, 0.3, -1}};
  for (const KernelTable* table : all_tables())
    for (size_t rows : {0, 1, 3, 16, 21})
      for (size_t cols : {1, 2, 3, 7, 8, 9, 10, 15, 16, 17, 31, 32, 33, 64, 65, 257})
        for (const Setting& s : settings) {
          check_rows<float>(table, rows, cols, s);
          check_rows<double>(table, rows, cols, s);
        }
}

TEST(cross_entropy_of_impossible_classes) {
  const float inf = std::numeric_limits<float>::infinity();
  for (const KernelTable* table : all_tables())
    for (size_t cols : {3, 40}) {  // a class with p = 0 and no weight on it adds nothing
      std::vector<float> x(cols, 0), t(cols, 0), dx(cols);
      x[1] = -inf;
      t[0] = 1;
      float loss = -1;
      const int32_t label = 0;
      table->f32.soft_cross_entropy(1, cols, x.data(), t.data(), nullptr, 1, &loss, dx.data());
      CHECK(std::fabs(loss - std::log(static_cast<float>(cols - 1))) < 1e-6f && dx[1] == 0);
      table->f32.weighted_cross_entropy(1, cols, x.data(), &label, nullptr, nullptr, 0, 1, &loss, dx.data());
      CHECK(std::fabs(loss - std::log(static_cast<float>(cols - 1))) < 1e-6f && dx[1] == 0);
      x[1] = std::numeric_limits<float>::quiet_NaN();
      const int32_t ignored = -1;
      table->f32.weighted_cross_entropy(1, cols, x.data(), &ignored, nullptr, nullptr, 0.1, 1, &loss, dx.data());
      CHECK(loss == 0 && std::all_of(dx.begin(), dx.end(), [](float v) { return v == 0; }));
    }
}

}  // namespace
}  // namespace chainrule::test
