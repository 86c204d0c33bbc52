// What a training step can be told: frozen layers and ranges, rows of bounded norm, averages, batches that make one update
// together, weights of rows, and an end on the way.
#include <atomic>
#include <cmath>
#include <string>

#include "../../native/dispatch/dispatch.h"
#include "../../native/plan/plan.h"
#include "check.h"

using namespace chainrule;

namespace {

double noise(std::size_t i) { return std::sin(12.9898 * static_cast<double>(i + 1)); }

// 5-7-3; places of weights and biases.
constexpr std::size_t kWeight0 = 0, kBias0 = 48, kWeight1 = 64, kBias1 = 96, kParameters = 112, kRows = 12;

PlanDescription network(LossKind loss) {
  PlanDescription d;
  d.batch = kRows;
  d.widths = {5, 7, 3};
  d.parameters = kParameters;
  d.loss = loss;
  const std::size_t weights[] = {kWeight0, kWeight1}, biases[] = {kBias0, kBias1};
  for (std::size_t l = 0; l < 2; l++) {
    OpDescription op;
    op.kind = OpKind::linear;
    op.x = {static_cast<int32_t>(l)};
    op.y = static_cast<int32_t>(l) + 1;
    op.weight = weights[l];
    op.weight_length = d.widths[l] * d.widths[l + 1];
    op.bias = biases[l];
    d.ops.push_back(op);
  }
  return d;
}

/// A plan with its vectors and data.
struct Bench {
  explicit Bench(const PlanDescription& d, const KernelTable& table = *active_table(), int threads = 1) : pool(threads) {
    CHECK(Plan<double>::build(table, d, &plan).ok());
    for (std::size_t i = 0; i < kParameters; i++) p.push_back(noise(i));
    for (std::size_t i = 0; i < kRows * 5; i++) x.push_back(noise(i + 300));
    for (std::size_t i = 0; i < kRows * 3; i++) y.push_back(noise(i + 700));
    for (std::size_t i = 0; i < kRows; i++) labels.push_back(static_cast<int32_t>(i % 3));
    for (std::size_t i = 0; i < kRows; i++) weights.push_back(0.5 + static_cast<double>(i % 4));
    g.assign(kParameters, 7);
    update.ends = {kParameters};
    update.options = {0.1, 0.01, 0, 0, 0, 0, 0};  // plain descent with decay
  }

  void start() { CHECK(update.start(Optimizer::sgd, 1, {false, false, false}).ok()); }

  BatchResult step(std::size_t first = 0, std::size_t rows = kRows, bool weighted = false) {
    Batch<double> batch{rows, x.data() + first * 5};
    batch.targets = {labels.data() + first, y.data() + first * 3, weighted ? weights.data() + first : nullptr};
    batch.stop = &stop;
    Blocks<double> blocks;
    blocks.parameters = p.data();
    blocks.gradients = g.data();
    blocks.average = average.empty() ? nullptr : average.data();
    BatchResult result;
    CHECK(plan->train(pool, blocks, batch, update, &result).ok());
    update.advance();
    return result;
  }

  ThreadPool pool;
  std::unique_ptr<Plan<double>> plan;
  std::vector<double> p, g, x, y, weights, average;
  std::vector<int32_t> labels;
  Update update;
  std::atomic<bool> stop{false};
};

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); i++) most = std::max(most, std::fabs(a[i] - b[i]));
  return most;
}

bool equal(const std::vector<double>& a, const std::vector<double>& b, std::size_t begin, std::size_t end) {
  return std::equal(a.begin() + static_cast<std::ptrdiff_t>(begin), a.begin() + static_cast<std::ptrdiff_t>(end), b.begin() + static_cast<std::ptrdiff_t>(begin));
}

}  // namespace

TEST(plan_leaves_frozen_layers_and_ranges_as_they_are) {
  for (std::size_t frozen : {0, 1}) {
    PlanDescription d = network(LossKind::squared_error);
    d.ops[frozen].frozen = true;
    Bench bench(d);
    bench.update.ends = {kWeight1, kParameters};
    bench.update.frozen = {frozen == 0, frozen == 1};
    bench.update.options.insert(bench.update.options.end(), {0.1, 0.01, 0, 0, 0, 0, 0});
    bench.average = std::vector<double>(kParameters, 0);
    bench.update.averaging = {0.3, true};
    bench.start();
    const std::vector<double> before = bench.p;
    for (int i = 0; i < 3; i++) bench.step();
    const std::size_t begin = frozen == 0 ? 0 : kWeight1, end = frozen == 0 ? kWeight1 : kParameters;
    CHECK(equal(bench.p, before, begin, end) && equal(bench.average, before, begin, end));
    CHECK(equal(bench.g, std::vector<double>(kParameters, 7), begin, end));
    CHECK(!equal(bench.p, before, frozen == 0 ? kWeight1 : 0, frozen == 0 ? kParameters : kWeight1));
  }
}

TEST(plan_bounds_the_norms_of_rows) {
  Bench bench(network(LossKind::squared_error));
  bench.update.bounds = {{kWeight0, 7, 5, 0.5}, {kWeight1, 3, 7, 1e9}};
  bench.start();
  bench.step();
  Bench free(network(LossKind::squared_error));
  free.start();
  free.step();
  for (std::size_t r = 0; r < 7; r++) {
    double squares = 0, factor = 0;
    for (std::size_t c = 0; c < 5; c++) squares += free.p[r * 5 + c] * free.p[r * 5 + c];
    factor = std::sqrt(squares) > 0.5 ? 0.5 / (std::sqrt(squares) + 1e-7) : 1;
    for (std::size_t c = 0; c < 5; c++) CHECK(std::fabs(bench.p[r * 5 + c] - factor * free.p[r * 5 + c]) < 1e-15);
  }
  CHECK(equal(bench.p, free.p, kBias0, kParameters));
}

TEST(plan_averages_parameters_after_each_update) {
  Bench bench(network(LossKind::cross_entropy));
  bench.average = std::vector<double>(kParameters, 99);
  bench.update.averaging = {0.25, true};
  bench.start();
  std::vector<double> expected;
  for (int i = 0; i < 4; i++) {
    bench.step();
    if (i == 0) expected = bench.p;
    for (std::size_t k = 0; i > 0 && k < kParameters; k++) expected[k] = 0.75 * expected[k] + 0.25 * bench.p[k];
  }
  CHECK(distance(bench.average, expected) < 1e-15);
}

TEST(plan_makes_one_update_of_several_batches) {
  for (LossKind loss : {LossKind::squared_error, LossKind::cross_entropy, LossKind::weighted_cross_entropy, LossKind::soft_cross_entropy, LossKind::element})
    for (bool weighted : {false, true})
      for (bool sum : {false, true}) {
        if (sum && (loss == LossKind::squared_error || loss == LossKind::cross_entropy)) continue;
        PlanDescription d = network(loss);
        d.loss_options.sum = sum;
        Bench whole(d), parts(d);
        whole.g.assign(kParameters, 0);  // between the parameters
        parts.g.assign(kParameters, 0);
        whole.start();
        double weight = weighted ? 0 : 12;
        for (std::size_t i = 0; weighted && i < kRows; i++) weight += whole.weights[i];
        parts.update.divisors = {0, 0, sum ? 1 : weight, 0};
        parts.start();
        const double expected = whole.step(0, kRows, weighted).loss;
        const std::vector<double> before = parts.p;
        double found = 0, counted = 0;
        for (const auto& [first, rows] : {std::pair<std::size_t, std::size_t>{0, 5}, {5, 1}, {6, 6}}) {
          CHECK(parts.p == before);
          double own = weighted ? 0 : static_cast<double>(rows);
          for (std::size_t i = first; weighted && i < first + rows; i++) own += parts.weights[i];
          found += parts.step(first, rows, weighted).loss * (sum ? 1 : own);
          counted += own;
        }
        CHECK_MESSAGE(distance(parts.p, whole.p) < 1e-13, "loss " + std::to_string(static_cast<int>(loss)));
        CHECK(std::fabs(found / (sum ? 1 : counted) - expected) < 1e-12);
        // The next group begins with new gradients.
        CHECK(!parts.update.waiting && parts.update.number == 2);
        parts.step(0, 4, weighted);
        CHECK(parts.update.waiting && parts.update.number == 2);
      }
}

TEST(plan_ends_a_batch_on_the_way) {
  Bench bench(network(LossKind::squared_error));
  bench.start();
  const std::vector<double> before = bench.p;
  bench.stop = true;
  CHECK(bench.step().stopped && bench.p == before);
  bench.stop = false;
  CHECK(!bench.step().stopped && bench.p != before);
}
