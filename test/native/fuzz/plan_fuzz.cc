// Descriptions of plans made from bytes, sound ones and others: each is refused, or the plan trains, evaluates and predicts within
// its memory, and twice with the same bits (so it reads nothing that it has not written).
#include <cstdio>
#include <cstdlib>

#include "../../../native/dispatch/dispatch.h"
#include "../../../native/plan/plan.h"
#include "records.h"

using namespace chainrule;
using chainrule::fuzz::Bytes;

namespace {

constexpr chainrule::fuzz::Layout kLayout{32, 16};
constexpr size_t kMostOps = 24, kMostParameters = 4096;

/// A stretch of the parameters: the next free one, or one that others use too.
size_t stretch(Bytes& in, PlanDescription* d, size_t length) {
  const uint8_t b = in.next();
  if (b < 40 || length > kMostParameters) return in.size(d->parameters ? b % d->parameters : 0);
  const size_t at = d->parameters;
  if (at + length <= kMostParameters) d->parameters += length;
  return at;
}

/// One of the divisors of n.
size_t divisor_of(size_t n, size_t which) {
  size_t last = 1;
  for (size_t i = 1, seen = 0; i <= n && i < 64; i++)
    if (n % i == 0 && seen++ <= which % 4) last = i;
  return last;
}

OpDescription op_of(Bytes& in, PlanDescription* d, int unary_count) {
  OpDescription op;
  const size_t made = d->widths.size(), first = in.next();
  op.kind = static_cast<OpKind>(in.below(static_cast<size_t>(OpKind::count)));
  op.y = static_cast<int32_t>(made);
  const bool binary = op.kind == OpKind::subtract || op.kind == OpKind::multiply || op.kind == OpKind::divide || op.kind == OpKind::maximum || op.kind == OpKind::minimum || op.kind == OpKind::power;
  const bool joins = op.kind == OpKind::add || op.kind == OpKind::concat || op.kind == OpKind::rearrange;
  const uint8_t others = in.next(), b = in.next(), c = in.next(), flags = in.next();
  const size_t part = in.next(), piece = in.next();
  const bool pair = op.kind == OpKind::matmul && c % 3 == 2;
  const size_t count = binary || pair ? 2 : joins ? 1 + first / 64 : op.kind == OpKind::constant ? 0 : 1;
  for (size_t i = 0; i < count; i++) op.x.push_back(static_cast<int32_t>(i == 0 && first % 4 ? made - 1 : (others >> i) % made));
  const size_t x = op.x.empty() ? 1 + b % 17 : std::max<size_t>(d->widths[static_cast<size_t>(op.x[0])], 1);
  const size_t divisor = divisor_of(x, part);
  size_t out = x;
  op.unary = static_cast<int32_t>(b % static_cast<unsigned>(unary_count));
  op.parameters[0] = 0.25;
  op.parameters[1] = 0.5;
  op.padding = flags & 8 ? static_cast<int32_t>(c % 4) : -1;
  op.column = static_cast<int32_t>(c % x);
  op.frozen = flags & 1;
  op.seed = b;
  op.stream = c;
  switch (op.kind) {
    case OpKind::linear: out = 1 + b % 17, op.weight_length = x * out; break;
    case OpKind::prelu: op.weight_length = flags & 2 ? 1 : divisor; break;
    case OpKind::softmax:
    case OpKind::log_softmax: op.extent = divisor; break;
    case OpKind::constant: op.weight_length = x; break;
    case OpKind::reduce:
      op.unary = b % static_cast<int>(Reduction::count), op.parameters[0] = op.unary ? 1 : op.parameters[0], op.extent = divisor, out = x / divisor, op.inner = divisor_of(out, piece);
      break;
    case OpKind::matmul:
      op.column = static_cast<int32_t>(c % 3) - (pair ? 3 : 0), op.extent = divisor, op.inner = 1 + b % 4;
      if (op.column == 1) op.weight_length = divisor * op.inner, out = x / divisor * op.inner;
      else if (op.column == 0) op.inner = divisor_of(x / divisor, b), op.weight_length = (1 + piece % 3) * divisor, out = x / divisor * (1 + piece % 3);
      else out = std::max<size_t>(d->widths[static_cast<size_t>(op.x[1])] / divisor, 1), op.inner = out;
      break;
    case OpKind::rearrange:
      out = 0;
      for (size_t i = 0; i < 1 + piece % 4; i++) {
        const size_t input = (i + part) % op.x.size(), width = std::max<size_t>(d->widths[static_cast<size_t>(op.x[input])], 1), from = (b + i * c) % width;
        const auto step = static_cast<std::ptrdiff_t>(others % 5) - 2;
        const size_t room = step > 0 ? (width - 1 - from) / static_cast<size_t>(step) : step < 0 ? from / static_cast<size_t>(-step) : 3;
        op.pieces.push_back({static_cast<int32_t>(input), in.size(from), 1 + room, step});
        out += 1 + room;
      }
      break;
    case OpKind::embedding: out = x * (1 + b % 3), op.weight_length = (1 + b % 3) * (1 + c % 9); break;
    case OpKind::lookup: out = 1 + b % 5, op.weight_length = out * (1 + c % 9); break;
    case OpKind::columns: out = 1 + b % x, op.column = static_cast<int32_t>(c % (x - out + 1)); break;
    case OpKind::layer_norm: op.extent = op.weight_length = divisor; break;
    case OpKind::batch_norm: op.extent = op.weight_length = divisor, op.buffer = d->buffers.size(), d->buffers.insert(d->buffers.end(), {divisor, divisor}); break;
    case OpKind::bound:
      op.unary = static_cast<int32_t>(b % static_cast<unsigned>(kPower + 1)), op.column = c & 1, op.weight_length = flags & 2 ? 1 : x;
      break;
    case OpKind::dropout: op.counter = d->counters++; break;
    case OpKind::concat: out = 0; for (int32_t v : op.x) out += d->widths[static_cast<size_t>(v)]; break;
    default: break;
  }
  out = in.size(out);
  op.weight_length = in.size(op.weight_length);
  const bool bindable = op.kind == OpKind::bound || op.kind == OpKind::constant || op.kind == OpKind::matmul;
  if (bindable && flags & 16) op.buffer = d->buffers.size(), d->buffers.push_back(op.weight_length);
  const bool without = bindable ? flags & 16 : op.kind != OpKind::prelu && flags & 2;
  if (op.weight_length && !without) op.weight = stretch(in, d, op.weight_length);
  const bool offset = op.kind == OpKind::linear || op.kind == OpKind::layer_norm || op.kind == OpKind::batch_norm;
  if (flags & 4 && (offset || others > 250)) op.bias = stretch(in, d, out);
  // What is one too far or too near, for once in a while.
  if (flags >= 0xf0) {
    int32_t* const numbers[] = {op.x.empty() ? &op.y : &op.x[0], &op.y, &op.unary, &op.padding, &op.column};
    *numbers[b % 5] = static_cast<int32_t>(c) - 100;
    size_t* const sizes[] = {&op.weight, &op.bias, &op.buffer, &op.counter, &op.extent, &op.inner, &op.weight_length};
    *sizes[c % 7] = in.size(b);
  }
  d->widths.push_back(out);
  return op;
}

PlanDescription description_of(Bytes& in, int unary_count) {
  PlanDescription d;
  d.batch = in.size(1 + in.below(9));
  d.widths = {in.size(1 + in.below(12))};
  d.integers = in.below(5) == 0;
  d.loss = static_cast<LossKind>(in.below(static_cast<size_t>(LossKind::cosine) + 1));
  LossDescription& loss = d.loss_options;
  loss.element = static_cast<Loss>(static_cast<int>(in.below(static_cast<size_t>(Loss::count) + 2)) - 1 + (in.next() < 250));
  loss.sum = in.flag();
  loss.units = in.below(3);
  loss.parameter = in.number();
  loss.smoothing = in.flag() ? in.number() : 0;
  const size_t ignored = in.below(4);
  loss.ignored = ignored ? static_cast<int64_t>(ignored) - 2 : kNoLabel;
  d.early_weight = in.flag() ? 1 : kEarlyWeight;
  const size_t extra = in.below(3);
  const bool weights = in.below(4) == 0;
  for (size_t i = 0; i < 16; i++) in.next();  // what runs use
  while (d.ops.size() < kMostOps && in.left() >= kLayout.record) d.ops.push_back(op_of(in, &d, unary_count));
  if (weights) loss.class_weights.assign(std::min<size_t>(d.widths.back(), 64), 0.5);
  d.parameters += extra;
  return d;
}

/// The arrays of one training: as long as they must be, each by itself.
template <class T>
struct Arrays {
  std::vector<T> parameters, gradients, states[3], average, x, values, weights, y;
  std::vector<int32_t> indices, labels;
  std::vector<std::vector<T>> buffers;
  std::vector<double> counters;

  Arrays(Bytes in, const PlanDescription& d, size_t rows) {
    const auto fill = [&](std::vector<T>* v, size_t n) {
      v->resize(n);
      for (T& e : *v) e = static_cast<T>(in.number());
    };
    const size_t inputs = d.widths.front(), outputs = d.widths.back(), limit = index_limit(d);
    fill(&x, rows * inputs);
    fill(&parameters, d.parameters);
    fill(&values, rows * outputs);
    if (in.flag()) fill(&weights, rows);
    gradients.assign(d.parameters, T(7));
    average.assign(d.parameters, T(1));
    y.resize(rows * outputs);
    for (size_t i = 0; i < rows * inputs; i++) indices.push_back(static_cast<int32_t>(in.below(std::min<size_t>(limit, 256))));
    for (size_t i = 0; i < rows; i++) labels.push_back(static_cast<int32_t>(in.below(std::min<size_t>(outputs, 256))));
    for (size_t length : d.buffers) buffers.emplace_back(length, T(1));
    counters.assign(d.counters, 0);
  }
  Batch<T> batch(const PlanDescription& d, size_t rows) const {
    Batch<T> b{rows};
    if (d.integers) b.indices = indices.data();
    else b.x = x.data();
    if (takes_labels(d.loss)) b.targets.labels = labels.data();
    else b.targets.values = values.data();
    if (!weights.empty()) b.targets.weights = weights.data();
    return b;
  }
  Memory<T> memory() {
    Memory<T> m;
    for (auto& b : buffers) m.buffers.push_back(b.data());
    m.counters = counters.data();
    return m;
  }
};

/// An update as the binding would have checked it; `none` where the states do not fit.
template <class T>
Update update_of(Bytes in, const PlanDescription& d, Arrays<T>* a) {
  Update update;
  const auto rule = static_cast<Optimizer>(in.below(static_cast<size_t>(Optimizer::count)));
  const OptimizerInfo& info = optimizer_info(rule);
  bool states[3];
  const size_t more = in.below(2);
  for (int i = 0; i < 3; i++) {
    states[i] = i < info.required + static_cast<int>(more) && i < info.states;
    if (states[i]) a->states[i].assign(d.parameters, T(0));
  }
  for (size_t end = in.below(d.parameters + 1); end < d.parameters && update.ends.size() < 4; end += 1 + in.below(64)) {
    update.ends.push_back(end);
    update.frozen.push_back(in.flag());
  }
  update.ends.push_back(d.parameters);
  update.frozen.push_back(in.flag());
  for (size_t i = 0; i < update.ends.size(); i++)
    for (int o = 0; o < info.options; o++) update.options.push_back(o == 6 && more == 0 ? 0 : 0.01 + static_cast<double>(in.below(90)) / 100);
  if (in.flag()) update.clip = {static_cast<double>(in.below(3)), static_cast<double>(in.below(3))};
  if (in.below(4) == 0) update.divisors = {0, 2};
  update.averaging = {0.1, in.flag()};
  if (d.parameters > 4 && in.flag()) update.bounds = {{in.below(2), 2, d.parameters / 4, 0.5}};
  if (!update.start(rule, 1 + static_cast<int64_t>(in.below(20)), states).ok()) update.none = true;
  return update;
}

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "plan_fuzz: %s\n", what);
  std::abort();
}

template <class T>
void check(const KernelTable& table, ThreadPool& pool, Bytes in, const PlanDescription& d) {
  std::unique_ptr<Plan<T>> plan;
  const Status built = Plan<T>::build(table, d, &plan);
  require(built.ok() == (plan != nullptr) && (built.ok() || *built.what), "a plan or a reason");
  if (!plan) return;
  if (plan->arena_bytes() > (size_t{1} << 22) || d.parameters > 2 * kMostParameters || d.widths.front() > 4096 || d.widths.back() > 4096) return;
  for (size_t length : d.buffers)
    if (length > 4096) return;
  require(plan->report().size() <= d.ops.size(), "at most as many ops as there were");
  const size_t rows = 1 + in.below(std::min<size_t>(d.batch, 64));
  Arrays<T> first(in, d, rows), second(in, d, rows);
  BatchResult results[2];
  for (Arrays<T>* a : {&first, &second}) {
    BatchResult& result = results[a == &second];
    plan->attach(a->memory());
    const Batch<T> batch = a->batch(d, rows);
    if (d.loss == LossKind::none) {
      plan->predict(pool, a->parameters.data(), batch, a->y.data());
      continue;
    }
    Update update = update_of(in, d, a);
    for (int step = 0; step < 2; step++) {
      const auto at = [](std::vector<T>& v) { return v.empty() ? nullptr : v.data(); };
      const Blocks<T> blocks{a->parameters.data(), a->gradients.data(), {at(a->states[0]), at(a->states[1]), at(a->states[2])}, update.none ? nullptr : a->average.data(), nullptr};
      if (!plan->train(pool, blocks, batch, update, &result).ok()) break;
      update.advance();
    }
    BatchResult evaluated;
    plan->evaluate(pool, a->parameters.data(), batch, &evaluated);
  }
  const auto same = [](const std::vector<T>& a, const std::vector<T>& b) { return a.empty() || !std::memcmp(a.data(), b.data(), a.size() * sizeof(T)); };
  require(!std::memcmp(&results[0].loss, &results[1].loss, sizeof(double)), "the same loss twice");
  require(same(first.parameters, second.parameters) && same(first.y, second.y), "the same numbers twice");
}

}  // namespace

CHAINRULE_RECORDS(kLayout)

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const KernelTable& table = *active_table();
  static ThreadPool pool(1);
  Bytes in(data, size);
  const PlanDescription d = description_of(in, table.unary_count);
  const Bytes run(data, size);
  check<float>(table, pool, run, d);
  check<double>(table, pool, run, d);
  return 0;
}
