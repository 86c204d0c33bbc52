// Plans of graphs: values with several readers, shared weights, normalisation, dropout, embeddings. Gradients equal numerical
// ones in float64, and are the same bits for every number of threads.
#include <cmath>
#include <cstring>
#include <string>

#include "../../native/dispatch/dispatch.h"
#include "../../native/plan/plan.h"
#include "check.h"

using namespace chainrule;

namespace {

double noise(std::size_t i) { return std::sin(12.9898 * static_cast<double>(i + 1)) * 0.7; }

OpDescription op_of(OpKind kind, std::vector<int32_t> x, int32_t y) {
  OpDescription op;
  op.kind = kind;
  op.x = std::move(x);
  op.y = y;
  return op;
}

OpDescription linear(int32_t x, int32_t y, std::size_t weight, std::size_t length, std::size_t bias = kNone) {
  OpDescription op = op_of(OpKind::linear, {x}, y);
  op.weight = weight;
  op.weight_length = length;
  op.bias = bias;
  return op;
}

OpDescription norm(OpKind kind, int32_t x, int32_t y, std::size_t gamma, std::size_t beta) {
  OpDescription op = op_of(kind, {x}, y);
  op.weight = gamma;
  op.weight_length = gamma == kNone ? 0 : 4;
  op.bias = beta;
  op.parameters[0] = 1e-5;
  op.parameters[1] = 0.1;
  op.buffer = 0;
  return op;
}

/// 4 inputs; one weight [4, 4] at 0 used twice, norms, dropout, every way to join; 3 outputs.
PlanDescription graph(std::size_t batch) {
  PlanDescription d;
  d.batch = batch;
  d.parameters = 128;
  d.buffers = {4, 4};
  d.counters = 1;
  d.loss = LossKind::squared_error;
  d.ops = {linear(0, 1, 0, 16, 16), norm(OpKind::batch_norm, 1, 2, 20, 24), linear(2, 3, 0, 16, 16), norm(OpKind::layer_norm, 3, 4, 28, kNone)};
  OpDescription dropout = op_of(OpKind::dropout, {4}, 5);
  dropout.parameters[0] = 0.3;
  dropout.counter = 0;
  dropout.seed = 9;
  d.ops.push_back(dropout);
  d.ops.push_back(op_of(OpKind::multiply, {5, 1}, 6));
  d.ops.push_back(op_of(OpKind::subtract, {6, 6}, 7));       // 0, but its gradients meet
  d.ops.push_back(op_of(OpKind::add, {6, 7, 2, 1}, 8));
  d.ops.push_back(op_of(OpKind::concat, {8, 1, 8}, 9));
  d.ops.push_back(op_of(OpKind::softmax, {9}, 10));
  d.ops.push_back(op_of(OpKind::add, {9, 10}, 11));
  d.ops.push_back(linear(11, 12, 40, 36));
  d.widths = {4, 4, 4, 4, 4, 4, 4, 4, 4, 12, 12, 12, 3};
  return d;
}

PlanDescription lookup(std::size_t batch) {
  PlanDescription d;
  d.batch = batch;
  d.parameters = 128;
  d.integers = true;
  d.loss = LossKind::weighted_cross_entropy;
  d.loss_options.smoothing = 0.1;
  d.loss_options.class_weights = {1, 2, 0.5};
  OpDescription embedding = op_of(OpKind::embedding, {0}, 1);  // 2 fields of 3 from a table of 5
  embedding.weight = 0;
  embedding.weight_length = 15;
  embedding.padding = 4;
  d.ops = {embedding, linear(1, 2, 16, 18, 36)};
  d.widths = {2, 6, 3};
  return d;
}

/// 4 inputs of which the third holds indices: two tables for it, columns taken twice, columns of what is trained; a value with
/// a gradient is looked up too.
PlanDescription mixed(std::size_t batch) {
  PlanDescription d;
  d.batch = batch;
  d.parameters = 128;
  d.loss = LossKind::squared_error;
  auto at = [](OpDescription op, int32_t column, std::size_t weight = kNone, std::size_t length = 0) {
    op.column = column;
    op.weight = weight;
    op.weight_length = length;
    return op;
  };
  d.ops = {at(op_of(OpKind::columns, {0}, 1), 1), at(op_of(OpKind::lookup, {0}, 2), 2, 0, 12), at(op_of(OpKind::lookup, {0}, 3), 2, 16, 8)};
  d.ops.push_back(op_of(OpKind::concat, {1, 2, 3}, 4));      // 1 + 3 + 2
  d.ops.push_back(linear(4, 5, 32, 24, 56));                 // 4
  d.ops.push_back(at(op_of(OpKind::columns, {5}, 6), 0));    // 2
  d.ops.push_back(at(op_of(OpKind::columns, {5}, 7), 1));    // 3
  d.ops.push_back(op_of(OpKind::subtract, {4, 4}, 8));       // 0, an index with a gradient
  d.ops.push_back(at(op_of(OpKind::lookup, {8}, 9), 5, 64, 8));
  d.ops.push_back(op_of(OpKind::concat, {6, 7, 9, 4}, 10));  // 2 + 3 + 2 + 6
  d.ops.push_back(linear(10, 11, 80, 39));
  d.widths = {4, 1, 3, 2, 6, 4, 2, 3, 6, 2, 13, 3};
  return d;
}

/// Rows of matrices: every op that looks into them, with parameters wherever it can have some.
PlanDescription shaped(std::size_t batch) {
  PlanDescription d;
  d.batch = batch;
  d.buffers = {2, 2};
  d.loss = LossKind::squared_error;
  d.widths = {4};
  const auto add = [&](OpKind kind, std::vector<int32_t> x, std::size_t width, std::size_t weight = kNone, std::size_t length = 0) -> OpDescription& {
    OpDescription op = op_of(kind, std::move(x), static_cast<int32_t>(d.widths.size()));
    op.weight = weight;
    op.weight_length = length;
    d.ops.push_back(op);
    d.widths.push_back(width);
    return d.ops.back();
  };
  const auto groups = [](OpDescription& op, std::size_t extent, std::size_t inner = 1, int32_t which = -1, double p0 = 1) {
    op.extent = extent;
    op.inner = inner;
    (op.kind == OpKind::reduce ? op.unary : op.column) = which;
    op.parameters[0] = p0;
  };
  add(OpKind::linear, {0}, 12, 0, 48);
  add(OpKind::multiply, {1, 1}, 12);
  add(OpKind::power, {2, 1}, 12);
  add(OpKind::rearrange, {3, 1}, 20).pieces = {{0, 11, 12, -1}, {1, 0, 4, 3}, {1, 2, 3, 0}, {0, 5, 1, 1}};
  add(OpKind::softmax, {4}, 20).extent = 5;
  OpDescription& layer_norm = add(OpKind::layer_norm, {5}, 20, 48, 4);
  layer_norm.extent = 4;
  layer_norm.bias = 52;
  layer_norm.parameters[0] = 1e-3;
  add(OpKind::prelu, {6}, 20, 56, 5);
  groups(add(OpKind::reduce, {7}, 10), 2, 2, 1);
  groups(add(OpKind::reduce, {8}, 2), 5, 1, 0, 5);
  add(OpKind::constant, {}, 6, 61, 6);
  groups(add(OpKind::matmul, {1, 10}, 4), 3, 1);
  groups(add(OpKind::matmul, {11}, 6, 67, 6), 2, 1, 0);
  groups(add(OpKind::matmul, {12}, 4, 73, 6), 3, 2, 1);
  OpDescription& batch_norm = add(OpKind::batch_norm, {13}, 4, 79, 2);
  batch_norm.extent = 2;
  batch_norm.bias = 81;
  batch_norm.buffer = 0;
  batch_norm.parameters[0] = 1e-3;
  batch_norm.parameters[1] = 0.1;
  OpDescription& power = add(OpKind::bound, {5}, 20, 83, 1);
  power.unary = kPower;
  power.column = 1;
  add(OpKind::concat, {9, 14, 15, 11}, 30);
  add(OpKind::linear, {16}, 3, 84, 90);
  d.parameters = 174;
  return d;
}

/// A plan with what it runs on.
struct Bench {
  Bench(const KernelTable& table, const PlanDescription& d, int threads, std::size_t count) : pool(threads), rows(count), p(d.parameters), g(d.parameters, 0.0), x(rows * 4), targets(rows * 3) {
    const Status built = Plan<double>::build(table, d, &plan);
    CHECK_MESSAGE(built.ok(), built.what);
    for (std::size_t i = 0; i < p.size(); i++) p[i] = noise(i);
    for (std::size_t i = 0; i < x.size(); i++) x[i] = noise(i + 500);
    for (std::size_t i = 0; i < targets.size(); i++) targets[i] = noise(i + 900);
    for (std::size_t r = 0; r < rows; r++) {
      indices.push_back(static_cast<int32_t>(r % 4));
      indices.push_back(static_cast<int32_t>((r * 3 + 1) % 4));
      labels.push_back(static_cast<int32_t>(r % 3));
    }
    if (d.ops[0].kind == OpKind::columns)
      for (std::size_t r = 0; r < rows; r++) x[4 * r + 2] = static_cast<double>(indices[2 * r]);
    plan->attach({{buffers, buffers + 4}, &counter});
  }

  double run() {
    counter = 0;
    BatchResult result;
    Blocks<double> blocks;
    blocks.parameters = p.data();
    blocks.gradients = g.data();
    const Batch<double> batch{rows, plan->integers() ? nullptr : x.data(), plan->integers() ? indices.data() : nullptr, {labels.data(), targets.data()}};
    CHECK(plan->train(pool, blocks, batch, {}, &result).ok());
    return result.loss;
  }

  ThreadPool pool;
  std::size_t rows;
  std::unique_ptr<Plan<double>> plan;
  std::vector<double> p, g, x, targets;
  std::vector<int32_t> indices, labels;
  double buffers[8] = {0, 0, 0, 0, 1, 1, 1, 1}, counter = 0;
};

void check_gradients(const char* isa, const KernelTable& table, const PlanDescription& d, std::size_t padding) {
  Bench bench(table, d, 2, 7);
  bench.run();
  const std::vector<double> analytic = bench.g;
  for (std::size_t i = 0; i < bench.p.size(); i++) {
    const double keep = bench.p[i], h = 1e-6;
    bench.p[i] = keep + h;
    const double above = bench.run();
    bench.p[i] = keep - h;
    const double below = bench.run();
    bench.p[i] = keep;
    const double numerical = i >= padding && i < padding + 3 ? 0 : (above - below) / (2 * h);
    CHECK_MESSAGE(std::fabs(numerical - analytic[i]) <= 1e-6 * std::fabs(numerical) + 1e-8,
                  std::string(isa) + " parameter " + std::to_string(i) + ": " + std::to_string(analytic[i]) + " against " + std::to_string(numerical));
  }
}

}  // namespace

TEST(plan_gradients_of_graphs_equal_numerical_ones) {
  for (Isa isa : {Isa::scalar, Isa::avx2, Isa::avx512, Isa::neon}) {
    const KernelTable* table = kernel_table(isa);
    if (!table) continue;
    check_gradients(isa_name(isa), *table, graph(7), 1000);
    check_gradients(isa_name(isa), *table, lookup(7), 12);
    check_gradients(isa_name(isa), *table, mixed(7), 1000);
    check_gradients(isa_name(isa), *table, shaped(7), 1000);
  }
}

TEST(plan_graphs_same_bits_for_every_number_of_threads) {
  const KernelTable& table = *kernel_table(Isa::scalar);
  for (const PlanDescription& d : {graph(3000), lookup(3000), mixed(3000), shaped(3000)}) {
    Bench one(table, d, 1, 3000);
    const double loss = one.run();
    for (int threads : {2, 3, 4}) {
      Bench many(table, d, threads, 3000);
      CHECK(many.run() == loss);
      CHECK(std::memcmp(many.g.data(), one.g.data(), one.g.size() * sizeof(double)) == 0);
    }
  }
}

TEST(plan_refuses_numbers_that_are_no_indices) {
  const KernelTable& table = *kernel_table(Isa::scalar);
  for (double bad : {4.0, -1.0, 0.5, 1e300, -1e300, static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    Bench bench(table, mixed(7), 2, 7);
    bench.x[4 * 5 + 2] = bad;
    Blocks<double> blocks;
    blocks.parameters = bench.p.data();
    blocks.gradients = bench.g.data();
    const std::vector<double> before = bench.p;
    BatchResult result;
    const Status status = bench.plan->train(bench.pool, blocks, {7, bench.x.data(), nullptr, {nullptr, bench.targets.data()}}, {}, &result);
    CHECK(status.code == Code::out_of_range && status.where == 5);
    CHECK(bench.p == before);
  }
}

TEST(plan_refuses_rows_that_do_not_fit) {
  const KernelTable& table = *kernel_table(Isa::scalar);
  const auto refused = [&](auto change) {
    PlanDescription d = shaped(4);
    change(d);
    std::unique_ptr<Plan<float>> none;
    return !Plan<float>::build(table, d, &none).ok() && !none;
  };
  CHECK(!refused([](auto&) {}));
  const Piece bad[] = {{2, 0, 12, 1}, {-1, 0, 12, 1}, {0, 12, 12, 1}, {0, 0, 13, 1}, {0, 0, 12, -1}, {0, 1, 12, 1}, {0, 0, 12, 2}, {0, 0, 0, 1}, {0, 0, 12, INT64_MAX}, {0, 0, 12, INT64_MIN}, {0, SIZE_MAX, 12, 1}, {0, 0, SIZE_MAX, 1}, {0, 0, 11, 1}};
  for (const Piece& piece : bad) CHECK(refused([&](auto& d) { d.ops[3].pieces[0] = piece; }));
  CHECK(refused([](auto& d) { d.ops[3].pieces.clear(); }));
  for (std::size_t extent : {3, 21, 40}) {
    CHECK(refused([&](auto& d) { d.ops[4].extent = extent; }));
    CHECK(refused([&](auto& d) { d.ops[5].extent = extent; }));
    CHECK(refused([&](auto& d) { d.ops[13].extent = extent; }));
  }
  CHECK(refused([](auto& d) { d.ops[6].weight_length = 3; }));
  CHECK(refused([](auto& d) { d.ops[6].weight_length = 0; }));
  for (std::size_t i : {7, 8}) {
    for (std::size_t extent : {0, 3, 4, 64}) CHECK(refused([&](auto& d) { d.ops[i].extent = extent; }));
    for (std::size_t inner : {0, 3, 4, 64}) CHECK(refused([&](auto& d) { d.ops[i].inner = inner; }));
    for (int32_t kind : {-1, 3}) CHECK(refused([&](auto& d) { d.ops[i].unary = kind; }));
    CHECK(refused([&](auto& d) { d.ops[i].parameters[0] = 0; }));
  }
  CHECK(refused([](auto& d) { d.ops[9].weight_length = 5; }));
  CHECK(refused([](auto& d) { d.ops[9].weight = 170; }));
  CHECK(refused([](auto& d) { d.ops[9].weight = kNone; }));
  CHECK(refused([](auto& d) { d.ops[9].x = {1}; }));
  for (std::size_t i : {10, 11, 12}) {
    for (std::size_t k : {std::size_t{0}, std::size_t{4}, std::size_t{5}, SIZE_MAX, std::size_t{1} << 32}) CHECK(refused([&](auto& d) { d.ops[i].extent = k; }));
    for (std::size_t n : {std::size_t{0}, std::size_t{3}, std::size_t{5}, SIZE_MAX, std::size_t{1} << 32}) CHECK(refused([&](auto& d) { d.ops[i].inner = n; }));
  }
  CHECK(refused([](auto& d) { d.ops[10].x = {1}; }));
  CHECK(refused([](auto& d) { d.ops[10].x = {1, 9}; }));
  CHECK(refused([](auto& d) { d.ops[10].column = 1; }));
  for (std::size_t i : {11, 12}) {
    for (std::size_t length : {0, 5, 7, 12}) CHECK(refused([&](auto& d) { d.ops[i].weight_length = length; }));
    CHECK(refused([&](auto& d) { d.ops[i].weight = 170; }));
    CHECK(refused([&](auto& d) { d.ops[i].weight = kNone; }));
    CHECK(refused([&](auto& d) { d.ops[i].column = 2; }));
  }
  CHECK(refused([](auto& d) { d.ops[14].unary = kPower + 1; }));
  // Parameters of ops that have none.
  for (std::size_t i : {1, 2, 3, 4, 7, 10, 15}) CHECK(refused([&](auto& d) { d.ops[i].weight = 0; }));
  for (std::size_t i : {1, 2, 3, 4, 6, 7, 9, 10, 11, 12, 14, 15}) CHECK(refused([&](auto& d) { d.ops[i].bias = 0; }));
}

TEST(plan_refuses_graphs_that_reach_outside) {
  const KernelTable& table = *kernel_table(Isa::scalar);
  auto refused = [&](PlanDescription d, auto change) {
    change(d);
    std::unique_ptr<Plan<float>> none;
    return !Plan<float>::build(table, d, &none).ok() && !none;
  };
  CHECK(!refused(graph(4), [](auto&) {}));
  CHECK(!refused(lookup(4), [](auto&) {}));
  CHECK(!refused(mixed(4), [](auto&) {}));
  CHECK(refused(mixed(4), [](auto& d) { d.ops[0].column = 4; }));
  CHECK(refused(mixed(4), [](auto& d) { d.ops[0].column = -1; }));
  CHECK(refused(mixed(4), [](auto& d) { d.ops[5].column = 3; }));
  CHECK(refused(mixed(4), [](auto& d) { d.ops[1].column = 4; }));
  CHECK(refused(mixed(4), [](auto& d) { d.ops[1].column = -1; }));
  CHECK(refused(mixed(4), [](auto& d) { d.ops[1].weight_length = 11; }));
  CHECK(refused(mixed(4), [](auto& d) { d.ops[1].weight_length = 0; }));
  CHECK(refused(mixed(4), [](auto& d) { d.ops[1].weight = 120; }));
  CHECK(refused(mixed(4), [](auto& d) { d.integers = true; }));
  const auto pair_of = [](int32_t x) {
    return [x](auto& d) {
      d.widths = {3, 3, 3};
      d.ops = {op_of(OpKind::add, {0}, 1), op_of(OpKind::add, {x}, 2)};
    };
  };
  CHECK(!refused(graph(4), pair_of(1)));
  CHECK(refused(graph(4), pair_of(0)));  // nobody reads value 1
  CHECK(refused(graph(4), [](auto& d) { d.buffers = {4}; }));
  CHECK(refused(graph(4), [](auto& d) { d.buffers = {4, 3}; }));
  CHECK(refused(graph(4), [](auto& d) { d.counters = 0; }));
  CHECK(refused(graph(4), [](auto& d) { d.ops[1].weight = 125; }));
  CHECK(refused(graph(4), [](auto& d) { d.ops[3].bias = 126; }));
  CHECK(refused(graph(4), [](auto& d) { d.ops[4].parameters[0] = 1; }));
  CHECK(refused(graph(4), [](auto& d) { d.ops[8].x = {8, 1}; }));
  CHECK(refused(graph(4), [](auto& d) { d.integers = true; }));
  CHECK(refused(lookup(4), [](auto& d) { d.integers = false; }));
  CHECK(refused(lookup(4), [](auto& d) { d.ops[0].weight_length = 14; }));
  CHECK(refused(lookup(4), [](auto& d) { d.ops[0].weight = 120; }));
  CHECK(refused(lookup(4), [](auto& d) { d.ops[0].padding = 5; }));
  CHECK(refused(lookup(4), [](auto& d) { d.loss_options.class_weights = {1, 2}; }));
  CHECK(refused(lookup(4), [](auto& d) { d.loss_options.smoothing = 2; }));
  CHECK(refused(lookup(4), [](auto& d) { d.loss_options.element = static_cast<Loss>(99); }));
}
