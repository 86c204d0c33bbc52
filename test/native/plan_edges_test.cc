// Plans at their edges: ops whose neighbours learn nothing, losses of networks that learn nothing, gradients that are added,
// powers of zero, updates of stretches, and evaluations that end on the way.
#include <atomic>
#include <cmath>
#include <string>

#include "../../native/dispatch/dispatch.h"
#include "../../native/plan/plan.h"
#include "check.h"
#include "plan_single.h"

namespace chainrule::test {
namespace {

/// 6 → linear 6 → the op → 6 (or what it makes) → linear 2, with all parameters; `frozen`: how many of the three ops learn nothing.
PlanDescription around(PlanDescription middle, std::size_t frozen, LossKind loss) {
  PlanDescription d = middle;
  OpDescription first, last;
  first.kind = last.kind = OpKind::linear;
  first.x = {0};
  first.y = 1;
  first.weight = 40;
  first.weight_length = 6 * middle.widths[0];
  d.ops[0].y = 2;
  for (int32_t& x : d.ops[0].x) x = 1;
  last.x = {2};
  last.y = 3;
  last.weight = 100;
  last.weight_length = middle.widths[1] * 2;
  if (middle.ops[0].kind == OpKind::constant) {  // nothing else would read value 1
    last.kind = OpKind::concat;
    last.weight = kNone;
    last.weight_length = 0;
    last.x = {2, 1};
  }
  d.ops = {first, d.ops[0], last};
  for (std::size_t i = 0; i < frozen; i++) d.ops[i].frozen = true;
  d.widths = {6, middle.widths[0], middle.widths[1], last.kind == OpKind::concat ? middle.widths[0] + middle.widths[1] : 2};
  d.parameters = 140;
  d.loss = loss;
  return d;
}

template <class T>
double step(const PlanDescription& d, std::vector<T>* gradients, std::vector<OpReport>* report) {
  const KernelTable& table = *active_table();
  ThreadPool pool(1);
  std::unique_ptr<Plan<T>> plan;
  const Status built = Plan<T>::build(table, d, &plan);
  CHECK_MESSAGE(built.ok(), built.what);
  if (!built.ok()) return 0;
  std::vector<T> p(d.parameters), x(4 * 6), y(4 * d.widths.back()), own[2];
  for (std::size_t i = 0; i < p.size(); i++) p[i] = static_cast<T>(noise(i));
  for (std::size_t i = 0; i < x.size(); i++) x[i] = static_cast<T>(noise(i + 500));
  for (std::vector<T>& buffer : own) buffer.assign(6, 1);
  double counter = 0;
  plan->attach({{own[0].data(), own[1].data()}, &counter});
  *report = plan->report();
  if (d.loss == LossKind::none) {
    CHECK(plan->predict(pool, p.data(), {4, x.data()}, y.data()).ok());
    return 0;
  }
  Blocks<T> blocks;
  blocks.parameters = p.data();
  blocks.gradients = gradients->data();
  BatchResult result;
  CHECK(plan->train(pool, blocks, {4, x.data(), nullptr, {nullptr, y.data()}}, {}, &result).ok());
  return result.loss;
}

}  // namespace

// Whatever is frozen, the loss is the same, gradients of what learns are the same, and the others are not written.
TEST(plan_ops_whose_neighbours_learn_nothing) {
  PlanDescription reduced = single(OpKind::reduce, 6, 3), running = single(OpKind::batch_norm, 6, 6, 6), looked_up = single(OpKind::columns, 6, 4);
  running.ops[0].running = true;
  running.ops[0].bias = 6;
  PlanDescription gamma_only = running;
  gamma_only.ops[0].bias = kNone;
  PlanDescription plain = single(OpKind::batch_norm, 6, 6, 6);
  plain.ops[0].bias = 6;
  for (const PlanDescription& middle : {reduced, running, gamma_only, plain, looked_up, matmul(0, 6, 4, 6), matmul(1, 6, 4, 6), single(OpKind::constant, 6, 6, 6), single(OpKind::prelu, 6, 6, 3),
                                        single(OpKind::bound, 6, 6, 6), single(OpKind::bound, 6, 6, 1), single(OpKind::layer_norm, 6, 6, 6), single(OpKind::softmax, 6, 6), single(OpKind::unary, 6, 6),
                                        single(OpKind::dropout, 6, 6), single(OpKind::add, 6, 6)}) {
    const std::string what = "op " + std::to_string(static_cast<int>(middle.ops[0].kind));
    std::vector<double> whole(140, 7);
    std::vector<OpReport> report;
    const double loss = step<double>(around(middle, 0, LossKind::squared_error), &whole, &report);
    std::vector<double> flops;
    for (const OpReport& r : report) flops.push_back(r.flops);
    for (std::size_t frozen : {1, 2, 3}) {
      std::vector<double> g(140, 7);
      CHECK_MESSAGE(step<double>(around(middle, frozen, LossKind::squared_error), &g, &report) == loss, what);
      for (std::size_t i = 0; i < 140; i++) {
        const std::size_t op = i < 40 ? 1 : i < 100 ? 0 : 2;
        if (op < frozen) CHECK_MESSAGE(g[i] == 7 || (g[i] == 0 && middle.ops[0].kind == OpKind::prelu), what + " wrote the gradient of parameter " + std::to_string(i));
        else CHECK_MESSAGE(g[i] == whole[i], what + " parameter " + std::to_string(i));
      }
      for (std::size_t i = 0; i < report.size(); i++) CHECK_MESSAGE(report[i].flops <= flops[i] && report[i].width > 0, what);
    }
    std::vector<double> none;
    step<double>(around(middle, 0, LossKind::none), &none, &report);
    for (std::size_t i = 0; i < report.size(); i++) CHECK_MESSAGE(report[i].flops <= flops[i], what + " costs no more to predict");
  }
}

namespace {

struct Judged {
  BatchResult result;
  Status status;
};

/// The loss of a linear op 6 → 3, weighted by row or not; frozen or not.
Judged judged(LossKind kind, const LossDescription& options, bool weighted, bool frozen, const std::vector<int32_t>& labels, std::vector<double>* gradients) {
  PlanDescription d = single(OpKind::linear, 6, 3, 18);
  d.loss = kind;
  d.loss_options = options;
  d.ops[0].frozen = frozen;
  ThreadPool pool(1);
  std::unique_ptr<Plan<double>> plan;
  CHECK(Plan<double>::build(*active_table(), d, &plan).ok());
  std::vector<double> p(40), x(4 * 6), y(4 * 3), weights = {0.5, 2, 0, 1};
  for (std::size_t i = 0; i < p.size(); i++) p[i] = noise(i);
  for (std::size_t i = 6; i < x.size(); i++) x[i] = noise(i + 500);  // the first row is 0
  for (std::size_t i = 3; i < y.size(); i++) y[i] = std::fabs(noise(i + 900));
  gradients->assign(40, 7);
  Blocks<double> blocks;
  blocks.parameters = p.data();
  blocks.gradients = gradients->data();
  Judged found;
  if (kind == LossKind::none) CHECK(plan->evaluate(pool, p.data(), {4, x.data()}, &found.result).code == Code::invalid_argument);
  found.status = plan->train(pool, blocks, {4, x.data(), nullptr, {labels.data(), y.data(), weighted ? weights.data() : nullptr}}, {}, &found.result);
  return found;
}

}  // namespace

TEST(plan_losses_of_networks_that_learn_nothing) {
  const std::vector<int32_t> labels = {0, 2, 1, 2};
  for (LossKind kind : {LossKind::cross_entropy, LossKind::squared_error, LossKind::weighted_cross_entropy, LossKind::soft_cross_entropy, LossKind::element, LossKind::negative_log_likelihood, LossKind::cosine})
    for (bool weighted : {false, true})
      for (bool sum : {false, true})
        for (bool classes : {false, true}) {
          LossDescription options;
          options.sum = sum;
          options.parameter = 1e-8;
          options.element = classes ? Loss::binary_cross_entropy : Loss::absolute;
          if (classes) options.class_weights = {1, 2, 0.5};
          std::vector<double> g;
          const Judged learns = judged(kind, options, weighted, false, labels, &g), frozen = judged(kind, options, weighted, true, labels, &g);
          const std::string what = "loss " + std::to_string(static_cast<int>(kind));
          CHECK_MESSAGE(learns.status.ok() && frozen.status.ok() && learns.result.loss == frozen.result.loss, what);
          CHECK_MESSAGE(std::isfinite(frozen.result.loss) && g == std::vector<double>(40, 7), what);
        }
}

TEST(plan_losses_name_labels_that_are_no_classes) {
  for (LossKind kind : {LossKind::weighted_cross_entropy, LossKind::negative_log_likelihood})
    for (int32_t bad : {-1, 3, INT32_MIN, INT32_MAX})
      for (bool weighted : {false, true}) {
        LossDescription options;
        options.class_weights = {1, 2, 0.5};
        std::vector<double> g;
        const Judged found = judged(kind, options, weighted, false, {0, 2, bad, 1}, &g);
        CHECK(found.status.code == Code::out_of_range && found.status.where == 2 && found.status.value == bad);
        CHECK(g == std::vector<double>(40, 7));
      }
  std::vector<double> g;
  CHECK(judged(LossKind::none, {}, false, false, {0, 1, 2, 0}, &g).status.code == Code::invalid_argument);
}

namespace {

/// Against central differences: the gradients of the first `count` parameters of a plan 6 → … whose targets are 0.
void check_numerically(const PlanDescription& d, std::vector<double> p, const std::vector<double>& x, std::size_t count, const char* what) {
  ThreadPool pool(1);
  std::unique_ptr<Plan<double>> plan;
  const Status built = Plan<double>::build(*active_table(), d, &plan);
  CHECK_MESSAGE(built.ok(), built.what);
  if (!built.ok()) return;
  std::vector<double> g(d.parameters, 0), y(4 * d.widths.back(), 0);
  const auto loss = [&] {
    Blocks<double> blocks;
    blocks.parameters = p.data();
    blocks.gradients = g.data();
    BatchResult result;
    CHECK(plan->train(pool, blocks, {4, x.data(), nullptr, {nullptr, y.data()}}, {}, &result).ok());
    return result.loss;
  };
  loss();
  const std::vector<double> analytic = g;
  for (std::size_t i = 0; i < count; i++) {
    const double keep = p[i], h = 1e-6;
    p[i] = keep + h;
    const double above = loss();
    p[i] = keep - h;
    const double below = loss();
    p[i] = keep;
    const double numerical = (above - below) / (2 * h);
    CHECK_MESSAGE(std::fabs(numerical - analytic[i]) <= 1e-6 * std::fabs(numerical) + 1e-8, std::string(what) + " parameter " + std::to_string(i) + ": " + std::to_string(analytic[i]) + " against " + std::to_string(numerical));
  }
}

}  // namespace

TEST(plan_reductions_add_to_gradients_that_stand) {
  for (int32_t kind : {0, 1, 2}) {
    PlanDescription d = single(OpKind::linear, 6, 6, 36);
    OpDescription reduce, both;
    reduce.kind = OpKind::reduce;
    reduce.x = {1};
    reduce.y = 2;
    reduce.unary = kind;
    reduce.extent = 2;
    reduce.parameters[0] = kind == 0 ? 2 : 1;
    both.kind = OpKind::concat;  // goes back first
    both.x = {2, 1};
    both.y = 3;
    d.ops.push_back(reduce);
    d.ops.push_back(both);
    d.widths = {6, 6, 3, 9};
    d.loss = LossKind::squared_error;
    std::vector<double> p(40), x(4 * 6);
    for (std::size_t i = 0; i < p.size(); i++) p[i] = noise(i);
    for (std::size_t i = 0; i < x.size(); i++) x[i] = noise(i + 500);
    check_numerically(d, p, x, 36, "a reduction");
  }
}

TEST(plan_powers_at_zero_and_of_exponent_zero) {
  // x^c where x is 0, and c^x where x is: both are flat there in what is bound.
  const std::vector<double> x = {0, 0, 2, 1, 0, 3, 1, 2, 3, 0, 0.5, 2, 2, 1, 0, 3, 1, 2, 3, 2, 1, 0, 2, 1};
  for (int32_t column : {0, 1}) {
    PlanDescription d = single(OpKind::bound, 6, 6, 6);
    d.ops[0].unary = kPower;
    d.ops[0].column = column;
    d.loss = LossKind::squared_error;
    std::vector<double> p = {1, 2, 0.5, 1.5, 3, 2};
    p.resize(40, 0);
    check_numerically(d, p, x, 6, column == 1 ? "an exponent" : "a base");
  }
}

TEST(plan_updates_know_how_a_stretch_moves) {
  Update update;
  CHECK(!update.early());
  update.ends = {4, 8};
  update.options = {0.1, 0, 0, 0, 0, 0, 0, 0.2, 0, 0, 0, 0, 0, 0};
  CHECK(update.start(Optimizer::sgd, 1, {false, false, false}).ok() && update.early());
  CHECK(update.step_of(0, 4) == &update.steps[0] && update.step_of(5, 8) == &update.steps[1]);
  CHECK(!update.step_of(2, 6) && !update.step_of(8, 9));
  update.frozen = {false, true};
  CHECK(update.step_of(1, 2) && !update.step_of(4, 8));
  for (const GradientClip clip : {GradientClip{1, 0}, GradientClip{0, 1}}) {
    update.clip = clip;
    CHECK(!update.early());
  }
  update.clip = {};
  update.divisors = {1};
  CHECK(update.sums() && !update.early());
}

TEST(plan_evaluations_end_on_the_way_and_name_bad_indices) {
  PlanDescription d = single(OpKind::lookup, 6, 4, 8);
  d.loss = LossKind::squared_error;
  ThreadPool pool(1);
  std::unique_ptr<Plan<double>> plan;
  CHECK(Plan<double>::build(*active_table(), d, &plan).ok());
  std::vector<double> p(40, 1), x(4 * 6, 1), y(4 * 4, 1);
  std::atomic<bool> stop{true};
  Batch<double> batch{4, x.data(), nullptr, {nullptr, y.data()}};
  BatchResult result;
  CHECK(plan->evaluate(pool, p.data(), batch, &result).ok() && !result.stopped && result.loss == 0);
  batch.stop = &stop;
  CHECK(plan->evaluate(pool, p.data(), batch, &result).ok() && result.stopped);
  batch.stop = nullptr;
  x[12] = 2;
  result = {};
  const Status status = plan->evaluate(pool, p.data(), batch, &result);
  CHECK(status.code == Code::out_of_range && status.where == 2 && status.value == 2);
}

}  // namespace chainrule::test
