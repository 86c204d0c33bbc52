// The plan: lifetimes never overlap, gradients equal numerical ones in float64, nonsense is refused.
#include <cmath>
#include <string>

#include "../../native/dispatch/dispatch.h"
#include "../../native/plan/arena.h"
#include "../../native/plan/plan.h"
#include "check.h"

using namespace chainrule;

namespace {

struct Lcg {
  uint64_t state;
  double operator()() {  // [0, 1)
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return static_cast<double>(state >> 11) * 0x1p-53;
  }
};

int unary_index(const KernelTable& table, const char* name) {
  for (int i = 0; i < table.unary_count; i++)
    if (std::string(table.unary_info[i].name) == name) return i;
  return -1;
}

OpDescription linear(int x, std::size_t in, std::size_t out, std::size_t offset, bool bias) {
  OpDescription op;
  op.kind = OpKind::linear;
  op.x = {x};
  op.y = x + 1;
  op.weight = offset;
  op.weight_length = in * out;
  op.bias = bias ? offset + in * out : kNone;
  return op;
}

OpDescription simple(OpKind kind, int x, int unary = -1) {
  OpDescription op;
  op.kind = kind;
  op.x = {x};
  op.y = x + 1;
  op.unary = unary;
  op.parameters[0] = 0.5;
  return op;
}

}  // namespace

TEST(arena_never_overlaps_living_blocks) {
  Lcg random{1};
  for (int round = 0; round < 300; round++) {
    std::vector<Lifetime> blocks;
    const int n = 1 + static_cast<int>(random() * 40);
    std::size_t sum = 0;
    for (int i = 0; i < n; i++) {
      const int first = static_cast<int>(random() * 30);
      blocks.push_back({static_cast<std::size_t>(random() * 200), first, first + static_cast<int>(random() * 10)});
      sum += (blocks.back().elements + 15) / 16 * 16;
    }
    std::size_t total = 0;
    const std::vector<std::size_t> at = plan_arena(blocks, 16, &total);
    CHECK(total <= sum);
    for (std::size_t i = 0; i < blocks.size(); i++) {
      CHECK(at[i] % 16 == 0 && at[i] + blocks[i].elements <= total);
      for (std::size_t j = 0; j < i; j++) {
        const bool together = blocks[i].first <= blocks[j].last && blocks[j].first <= blocks[i].last;
        CHECK(!together || at[i] + blocks[i].elements <= at[j] || at[j] + blocks[j].elements <= at[i]);
      }
    }
  }
}

TEST(plan_gradients_equal_numerical_ones) {
  ThreadPool pool(2);
  for (Isa isa : {Isa::scalar, Isa::avx2, Isa::avx512, Isa::neon}) {
    const KernelTable* table = kernel_table(isa);
    if (!table) continue;
    for (const char* activation : {"relu", "tanh", "sigmoid", "gelu", "elu", "softplus"})
      for (LossKind loss : {LossKind::cross_entropy, LossKind::squared_error}) {
        // 3 → linear 5 → activation → prelu → linear 4 (no bias) → activation → softmax or log-softmax
        const std::size_t rows = 7, in = 3, hidden = 5, out = 4;
        const int op = unary_index(*table, activation);
        PlanDescription d;
        d.batch = 9;
        d.loss = loss;
        d.widths = {in, hidden, hidden, hidden, out, out, out};
        OpDescription prelu = simple(OpKind::prelu, 2);
        prelu.weight = 40;
        prelu.weight_length = hidden;
        d.ops = {linear(0, in, hidden, 0, true), simple(OpKind::unary, 1, op), prelu, linear(3, hidden, out, 20, false), simple(OpKind::unary, 4, op),
                 simple(loss == LossKind::cross_entropy ? OpKind::log_softmax : OpKind::softmax, 5)};
        d.parameters = 48;
        std::unique_ptr<Plan<double>> plan;
        const Status built = Plan<double>::build(*table, d, &plan);
        CHECK_MESSAGE(built.ok(), built.what);
        if (!built.ok()) continue;
        Lcg random{7};
        std::vector<double> p(48), g(48, 0), x(rows * in), targets(rows * out);
        for (double& v : p) v = random() - 0.5;
        for (double& v : x) v = 2 * random() - 1;
        for (double& v : targets) v = random();
        std::vector<int32_t> labels;
        for (std::size_t r = 0; r < rows; r++) labels.push_back(static_cast<int32_t>(r % out));
        Blocks<double> blocks;
        blocks.parameters = p.data();
        blocks.gradients = g.data();
        BatchResult result;
        auto run = [&] { CHECK(plan->train(pool, blocks, {rows, x.data(), nullptr, {labels.data(), targets.data()}}, {}, &result).ok()); return result.loss; };
        run();
        const std::vector<double> analytic = g;
        for (std::size_t i = 0; i < p.size(); i++) {
          const bool used = i < 20 || (i >= 20 && i < 40) || (i >= 40 && i < 45);
          if (!used) continue;
          const double keep = p[i], h = 1e-6;
          p[i] = keep + h;
          const double above = run();
          p[i] = keep - h;
          const double below = run();
          p[i] = keep;
          const double numerical = (above - below) / (2 * h);
          CHECK_MESSAGE(std::fabs(numerical - analytic[i]) <= 1e-6 * std::fabs(numerical) + 1e-8,
                        std::string(isa_name(isa)) + " " + activation + " parameter " + std::to_string(i) + ": " + std::to_string(analytic[i]) + " against " + std::to_string(numerical));
        }
      }
  }
}

TEST(plan_refuses_nonsense) {
  const KernelTable& table = *kernel_table(Isa::scalar);
  PlanDescription good;
  good.batch = 4;
  good.widths = {3, 2};
  good.ops = {linear(0, 3, 2, 0, true)};
  good.parameters = 8;
  std::unique_ptr<Plan<float>> plan;
  CHECK(Plan<float>::build(table, good, &plan).ok());
  auto refused = [&](auto change) {
    PlanDescription d = good;
    change(d);
    std::unique_ptr<Plan<float>> none;
    return !Plan<float>::build(table, d, &none).ok() && !none;
  };
  CHECK(refused([](auto& d) { d.batch = 0; }));
  CHECK(refused([](auto& d) { d.widths = {3}; }));
  CHECK(refused([](auto& d) { d.widths = {3, kNone}; }));
  CHECK(refused([](auto& d) { d.ops.clear(); d.widths = {3}; }));
  CHECK(refused([](auto& d) { d.ops[0].weight = 3; }));
  CHECK(refused([](auto& d) { d.ops[0].weight = kNone - 1; }));
  CHECK(refused([](auto& d) { d.ops[0].bias = 7; }));
  CHECK(refused([](auto& d) { d.ops[0].weight_length = 5; }));
  CHECK(refused([](auto& d) { d.ops[0].x = {-1}; }));
  CHECK(refused([](auto& d) { d.ops[0].x = {1}; }));
  CHECK(refused([](auto& d) { d.ops[0].x = {}; }));
  CHECK(refused([](auto& d) { d.ops[0].x = {0, 0}; }));
  CHECK(refused([](auto& d) { d.ops[0].kind = OpKind::unary; }));
  CHECK(refused([](auto& d) { d.ops[0].kind = OpKind::concat; }));
  CHECK(refused([](auto& d) { d.ops[0].kind = OpKind::multiply; d.ops[0].x = {0}; }));
}
