// Weights that move while their gradients are computed: the same bits as after a pass over whole gradients, for every rule,
// number of threads and cut of the options; and Adam's root at the edges.
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "../../native/base/subnormals.h"
#include "../../native/dispatch/dispatch.h"
#include "../../native/plan/plan.h"
#include "check.h"

using namespace chainrule;

namespace {

float noise(std::size_t i) { return static_cast<float>(std::sin(12.9898 * static_cast<double>(i + 1))) * 0.3f; }

/// 150-131-130-3: two weights large enough to move early, one that is not; ends of tiles in both directions.
PlanDescription network() {
  const std::size_t sizes[] = {150, 131, 130, 3};
  PlanDescription d;
  d.batch = 70;
  d.widths = {sizes[0]};
  std::size_t at = 0;
  for (std::size_t l = 1; l < 4; l++) {
    OpDescription op;
    op.kind = OpKind::linear;
    op.x = {static_cast<int32_t>(l) - 1};
    op.y = static_cast<int32_t>(l);
    op.weight = at;
    op.weight_length = sizes[l] * sizes[l - 1];
    op.bias = at + op.weight_length;
    at = op.bias + sizes[l] + 5;
    d.widths.push_back(sizes[l]);
    d.ops.push_back(op);
  }
  d.parameters = at;
  d.early_weight = 16384;
  d.loss = LossKind::squared_error;
  return d;
}

struct Run {
  std::vector<double> ends_at;          // of ranges with options of their own, apart from the last
  GradientClip clip;
  int threads = 1;
};

/// Parameters and states after three steps.
template <class T>
std::vector<T> trained(const KernelTable& table, Optimizer rule, const std::vector<double>& options, const bool (&states)[3], const Run& run) {
  const PlanDescription d = network();
  std::unique_ptr<Plan<T>> plan;
  CHECK(Plan<T>::build(table, d, &plan).ok());
  ThreadPool pool(run.threads);
  const std::size_t n = d.parameters;
  std::vector<T> all(4 * n, T(0)), gradients(n, T(7)), x(70 * 150), y(70 * 3);
  for (std::size_t i = 0; i < n; i++) all[i] = noise(i);
  for (std::size_t i = 0; i < x.size(); i++) x[i] = noise(i + 77);
  for (std::size_t i = 0; i < y.size(); i++) y[i] = noise(i + 7777);
  Blocks<T> blocks;
  blocks.parameters = all.data();
  blocks.gradients = gradients.data();
  for (std::size_t i = 0; i < 3; i++)
    if (states[i]) blocks.state[i] = all.data() + (i + 1) * n;
  Update update;
  for (double end : run.ends_at) update.ends.push_back(static_cast<std::size_t>(end));
  update.ends.push_back(n);
  for (std::size_t range = 0; range < update.ends.size(); range++)
    for (std::size_t i = 0; i < options.size(); i++) update.options.push_back(i == 0 && range > 0 ? options[0] * 2 : options[i]);
  update.clip = run.clip;
  CHECK(update.start(rule, 1, states).ok());
  for (int step = 0; step < 3; step++) {
    Batch<T> batch{step == 2 ? std::size_t{9} : std::size_t{70}, x.data()};  // the last one is not full
    batch.targets.values = y.data();
    BatchResult result;
    CHECK(plan->train(pool, blocks, batch, update, &result).ok());
    update.advance();
  }
  return all;
}

struct Rule {
  const char* name;
  Optimizer rule;
  std::vector<double> options;
  bool states[3];
};
const Rule rules[] = {
    {"sgd", Optimizer::sgd, {0.1, 0.01, 0, 0.001, 0, 0, 0}, {}},
    {"momentum", Optimizer::sgd, {0.01, 0.01, 0, 0, 0.9, 0, 1}, {true}},
    {"adam", Optimizer::adam, {0.01, 0.01, 1, 0, 0.9, 0.99, 1e-8}, {true, true}},
    {"amsgrad", Optimizer::amsgrad, {0.01, 0, 0, 0, 0.9, 0.99, 1e-8}, {true, true, true}},
    {"rmsprop", Optimizer::rmsprop, {0.01, 0, 0, 0, 0.9, 1e-8, 0}, {true, false, true}},
    {"lion", Optimizer::lion, {0.01, 0.1, 0, 0, 0.9, 0.99}, {true}},
};

template <class T>
void check_rule(const std::string& what, const KernelTable& table, const Rule& rule) {
  // A norm that no gradient reaches changes nothing, but wants all gradients first.
  const GradientClip out_of_reach{0, 1e30};
  const std::vector<T> whole = trained<T>(table, rule.rule, rule.options, rule.states, {{}, out_of_reach});
  for (int threads : {1, 2, 3}) CHECK_MESSAGE(trained<T>(table, rule.rule, rule.options, rule.states, {{}, {}, threads}) == whole, what);
  // The first cut is at the end of the first weight, the second goes through the second weight, which then waits.
  const std::vector<double> cuts = {150 * 131, 150 * 131 + 9000};
  CHECK_MESSAGE(trained<T>(table, rule.rule, rule.options, rule.states, {cuts, {}, 2}) == trained<T>(table, rule.rule, rule.options, rule.states, {cuts, out_of_reach}),
                what + " with ranges");
}

}  // namespace

TEST(plan_updates_of_single_tiles_equal_those_of_whole_gradients) {
  for (Isa isa : {Isa::scalar, Isa::avx2, Isa::avx512, Isa::neon})
    if (const KernelTable* table = kernel_table(isa))
      for (const Rule& rule : rules) {
        check_rule<float>(std::string(isa_name(isa)) + " float32 " + rule.name, *table, rule);
        check_rule<double>(std::string(isa_name(isa)) + " float64 " + rule.name, *table, rule);
      }
}

TEST(plan_leaves_gradients_of_early_weights_alone) {
  const PlanDescription d = network();
  std::unique_ptr<Plan<float>> plan;
  CHECK(Plan<float>::build(*kernel_table(Isa::scalar), d, &plan).ok());
  ThreadPool pool(1);
  std::vector<float> p(d.parameters, 0.1f), g(d.parameters, 7), x(300, 1), y(6, 0);
  Blocks<float> blocks;
  blocks.parameters = p.data();
  blocks.gradients = g.data();
  Update update;
  update.ends = {d.parameters};
  update.options = {0.1, 0, 0, 0, 0, 0, 0};
  CHECK(update.start(Optimizer::sgd, 1, {false, false, false}).ok());
  Batch<float> batch{2, x.data()};  // one row's gradient is an outer product
  batch.targets.values = y.data();
  BatchResult result;
  CHECK(plan->train(pool, blocks, batch, update, &result).ok());
  CHECK(g[0] == 7 && g[d.ops[2].weight] != 7 && p[0] != 0.1f);
}

TEST(adam_roots_at_the_edges) {
  const float inf = std::numeric_limits<float>::infinity(), tiny = 1e-40f;
  for (Isa isa : {Isa::scalar, Isa::avx2, Isa::avx512, Isa::neon}) {
    const KernelTable* table = kernel_table(isa);
    if (!table) continue;
    // β2 = 1: v stays; g = 0 and β1 = 1: m stays 1. So p = -1/(√v + ε).
    std::vector<float> v = {0, -0.0f, 1, 4, inf, 3.4e38f, 1.2e-38f, tiny};
    for (int i = 0; i < 2000; i++) v.push_back(std::exp2(static_cast<float>(i) * 0.12f - 120));
    const std::size_t n = v.size();
    const std::vector<float> kept = v;
    std::vector<float> p(n, 0), g(n, 0), m(n, 1);
    const OptimizerStep step{0, 0, 1, {1, 0, 1, 0, 1, 1, 1e-8}};
    {
      const FlushSubnormals flush;
      table->f32.optimize[static_cast<int>(Optimizer::adam)](1, n, 0, p.data(), g.data(), 0, m.data(), v.data(), nullptr, &step);
    }
    for (std::size_t i = 0; i < n; i++) {
      const double root = kept[i] == tiny ? 0 : std::sqrt(static_cast<double>(kept[i])), expected = -1 / (root + 1e-8);
      CHECK_MESSAGE(std::fabs(p[i] - expected) <= 3e-7 * std::fabs(expected), std::string(isa_name(isa)) + " v = " + std::to_string(kept[i]) + ": " + std::to_string(p[i]));
    }
  }
}
