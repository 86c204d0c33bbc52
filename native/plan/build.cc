// From description to ops: fusion of linear + elementwise, who writes which gradient, lifetimes and arena.
#include <algorithm>

#include "arena.h"
#include "ops/ops.h"
#include "plan.h"

namespace chainrule {

template <class T>
Status Plan<T>::build(const KernelTable& table, const PlanDescription& description, std::unique_ptr<Plan>* plan) {
  const Status valid = validate(description, table.unary_count);
  if (!valid.ok()) return valid;
  std::unique_ptr<Plan> made(new Plan(table, description));
  made->wire();
  if (made->trains()) made->direct_gradients();
  const Status laid = made->lay_out();
  if (laid.ok()) *plan = std::move(made);
  return laid;
}

// An elementwise op joins the op before it, where that can take it and nothing else reads the value between them.
template <class T>
void Plan<T>::wire() {
  values_.resize(description_.widths.size());
  for (std::size_t v = 0; v < values_.size(); v++) values_[v].width = description_.widths[v];
  std::vector<int> readers(values_.size(), 0);
  std::vector<Op<T>*> maker(values_.size(), nullptr);
  for (const OpDescription& d : description_.ops)
    for (int32_t x : d.x) readers[static_cast<std::size_t>(x)]++;
  for (const OpDescription& d : description_.ops) {
    const std::size_t x = d.x.empty() ? 0 : static_cast<std::size_t>(d.x[0]), y = static_cast<std::size_t>(d.y);
    Op<T>* op = maker[x];
    if (!(d.kind == OpKind::unary && op && readers[x] == 1 && op->fuse(d, table_))) {
      ops_.push_back(make_op<T>(d, table_));
      op = ops_.back().get();
      for (int32_t v : d.x) op->in.push_back({&values_[static_cast<std::size_t>(v)]});
    }
    op->out = &values_[y];
    maker[y] = op;
  }
  for (const auto& op : ops_) op->wired();
}

// Only what something trained lies behind has a gradient. On the way back the first to write a gradient overwrites it, the
// others add; an op that cannot add writes to a spare.
template <class T>
void Plan<T>::direct_gradients() {
  static T wanted;  // stands for the address until the arena is laid out
  for (const auto& op : ops_) {
    const bool leads = std::any_of(op->in.begin(), op->in.end(), [](const Input<T>& in) { return in.value->gradient; });
    if (leads || op->learns()) op->out->gradient = &wanted;
  }
  std::vector<const Value<T>*> written;
  std::vector<std::size_t> weights;
  for (std::size_t i = ops_.size(); i-- > 0;) {
    Op<T>& op = *ops_[i];
    if (!op.out->gradient) continue;
    back_.push_back(&op);
    for (std::size_t k = op.in.size(); k-- > 0;) {
      Input<T>& in = op.in[k];
      if (!in.value->gradient) continue;
      in.add = std::find(written.begin(), written.end(), in.value) != written.end();
      if (in.add && !op.adds()) in.spare = &wanted;
      written.push_back(in.value);
    }
    if (!op.learns()) continue;
    const std::size_t weight = op.description().weight != kNone ? op.description().weight : op.description().bias;
    op.fresh = std::find(weights.begin(), weights.end(), weight) == weights.end();
    weights.push_back(weight);
  }
  for (Op<T>* op : back_) {
    const OpDescription& d = op->description();
    op->early = d.kind == OpKind::linear && d.weight_length >= description_.early_weight && std::count(weights.begin(), weights.end(), d.weight) == 1;
    early_ = early_ || op->early;
  }
  updated_.reserve(back_.size());
}

// Time runs 0 … n−1 forward, n for the loss, n+1 … 2n backward (op i at 2n − i).
template <class T>
Status Plan<T>::lay_out() {
  const int n = static_cast<int>(ops_.size());
  const std::size_t batch = description_.batch, unit = kAlignment / sizeof(T);
  auto back = [&](int i) { return 2 * n - i; };
  std::vector<Lifetime> blocks;
  std::vector<std::vector<T**>> users;  // of each block: who is told where it lies
  auto want = [&](std::size_t elements, int first, int last, T** at) {
    blocks.push_back({elements, first, last});
    users.push_back({at});
    return blocks.size() - 1;
  };
  auto reads = [&](int j, const Value<T>* v) {
    const auto& in = ops_[static_cast<std::size_t>(j)]->in;
    return std::count_if(in.begin(), in.end(), [&](const Input<T>& input) { return input.value == v; });
  };
  std::vector<std::size_t> gradients(ops_.size());  // the block of each op's output's gradient
  for (int i = n - 1; i >= 0; i--) {
    Op<T>& op = *ops_[static_cast<std::size_t>(i)];
    Value<T>& y = *op.out;
    const bool goes_back = y.gradient != nullptr;
    int last = i == n - 1 ? n : i, born = i == n - 1 ? n : 2 * n, only = -1, count = 0;
    for (int j = i + 1; j < n; j++) {
      const Op<T>& reader = *ops_[static_cast<std::size_t>(j)];
      const auto times = static_cast<int>(reads(j, &y));
      if (times == 0) continue;
      count += times;
      only = j;
      last = std::max(last, j);
      if (reader.out->gradient && reader.keeps_input()) last = std::max(last, back(j));
      born = std::min(born, back(j));
    }
    if (goes_back && op.keeps_output()) last = std::max(last, back(i));
    if (trains() || i < n - 1) want(batch * y.width, i, last, &y.data);
    std::vector<Need<T>> needs;
    op.needs(batch, trains() && goes_back, &needs);
    for (const Need<T>& need : needs) {
      const int from = need.span == Span::backward ? back(i) : i, to = need.span == Span::forward || !trains() ? i : back(i);
      want(need.elements, from, std::max(from, to), need.at);
    }
    if (!goes_back) continue;
    for (Input<T>& in : op.in)
      if (in.spare) want(batch * in.width(), back(i), back(i), &in.spare);
    const bool shares = count == 1 && ops_[static_cast<std::size_t>(only)]->in_place() && ops_[static_cast<std::size_t>(only)]->in[0].value == &y;
    if (shares) {
      const std::size_t block = gradients[static_cast<std::size_t>(i)] = gradients[static_cast<std::size_t>(only)];
      blocks[block].last = std::max(blocks[block].last, back(i));
      users[block].push_back(&y.gradient);
    } else {
      gradients[static_cast<std::size_t>(i)] = want(batch * y.width, born, back(i), &y.gradient);
    }
  }
  std::size_t total = 0;
  const std::vector<std::size_t> offsets = plan_arena(blocks, unit, &total);
  char* const base = static_cast<char*>(arena_.reserve(total * sizeof(T) + loss_.bytes(batch, output().width)));
  if (!base) return {Code::out_of_memory, "no memory for the plan's arena", -1, static_cast<int64_t>(total * sizeof(T))};
  for (std::size_t b = 0; b < blocks.size(); b++)
    for (T** at : users[b]) *at = reinterpret_cast<T*>(base) + offsets[b];
  loss_.place(base + total * sizeof(T), batch, output().width);
  return {};
}

template <class T>
std::vector<OpReport> Plan<T>::report() const {
  std::vector<OpReport> reports;
  for (const auto& op : ops_) {
    const OpDescription& d = op->description();
    std::vector<Need<T>> needs;
    op->needs(description_.batch, trains(), &needs);
    std::size_t elements = description_.batch * op->out->width * (op->out->gradient ? 2 : 1);
    for (const Need<T>& need : needs) elements += need.elements;
    const std::size_t bias = d.bias == kNone ? 0 : d.columns(op->out->width);
    reports.push_back({d.kind, op->fused(), op->out->width, (d.weight == kNone ? 0 : d.weight_length) + bias, op->flops(trains()), elements * sizeof(T)});
  }
  return reports;
}

template class Plan<float>;
template class Plan<double>;

}  // namespace chainrule
