// From description to steps: fusion of linear + elementwise, gradients, lifetimes and arena.
#include <algorithm>

#include "arena.h"
#include "plan.h"

namespace chainrule {

template <class T>
Status Plan<T>::build(const KernelTable& table, const PlanDescription& description, std::unique_ptr<Plan>* plan) {
  const Status valid = validate(description, table.unary_count);
  if (!valid.ok()) return valid;
  std::unique_ptr<Plan> made(new Plan(table, description));
  made->fuse();
  const Status laid = made->lay_out();
  if (laid.ok()) *plan = std::move(made);
  return laid;
}

// An elementwise op joins the linear op before it when nothing else reads the value between them.
template <class T>
void Plan<T>::fuse() {
  const std::vector<OpDescription>& ops = description_.ops;
  std::vector<int> readers(ops.size() + 1, 0), maker(ops.size() + 1, -1);
  for (const OpDescription& op : ops) readers[static_cast<std::size_t>(op.x)]++;
  for (const OpDescription& op : ops) {
    const int source = maker[static_cast<std::size_t>(op.x)];
    const bool elementwise = op.kind == OpKind::unary;
    if (elementwise && source >= 0 && steps_[static_cast<std::size_t>(source)].op.kind == OpKind::linear &&
        !steps_[static_cast<std::size_t>(source)].activation && readers[static_cast<std::size_t>(op.x)] == 1) {
      Step& linear = steps_[static_cast<std::size_t>(source)];
      linear.activation = &table_.of<T>().unary[op.unary];
      linear.keeps = table_.unary_info[op.unary].keeps;
      linear.parameters[0] = op.parameters[0];
      linear.parameters[1] = op.parameters[1];
      maker[static_cast<std::size_t>(op.y)] = source;
      continue;
    }
    Step step;
    step.op = op;
    step.source = source;
    step.in = description_.widths[static_cast<std::size_t>(op.x)];
    step.out = description_.widths[static_cast<std::size_t>(op.y)];
    if (elementwise) {
      step.activation = &table_.of<T>().unary[op.unary];
      step.keeps = table_.unary_info[op.unary].keeps;
      step.parameters[0] = op.parameters[0];
      step.parameters[1] = op.parameters[1];
    }
    maker[static_cast<std::size_t>(op.y)] = static_cast<int>(steps_.size());
    steps_.push_back(step);
  }
}

// Time runs 0 … n−1 forward, n for the loss, n+1 … 2n backward (step i at 2n − i).
template <class T>
Status Plan<T>::lay_out() {
  const int n = static_cast<int>(steps_.size());
  const bool trains = description_.loss != LossKind::none;
  const std::size_t batch = description_.batch;
  const std::size_t unit = kAlignment / sizeof(T);
  auto backward_time = [&](int i) { return 2 * n - i; };
  std::vector<Lifetime> blocks;
  struct Slot { int step; int what; };
  std::vector<Slot> slots;
  enum { value, before, gradient };
  std::vector<int> last_use(steps_.size());
  for (int i = 0; i < n; i++) last_use[static_cast<std::size_t>(i)] = i == n - 1 ? n : i;
  for (int i = 0; i < n; i++) {
    const int source = steps_[static_cast<std::size_t>(i)].source;
    if (source < 0) continue;
    int& last = last_use[static_cast<std::size_t>(source)];
    last = std::max(last, i);
    // Linear, PReLU and what keeps its input read x again on the way back.
    if (trains) last = std::max(last, backward_time(i));
  }
  for (int i = 0; i < n; i++) {
    const Step& s = steps_[static_cast<std::size_t>(i)];
    int last = last_use[static_cast<std::size_t>(i)];
    if (trains) last = std::max(last, backward_time(i));
    blocks.push_back({batch * s.out, i, last});
    slots.push_back({i, value});
    if (!trains) continue;
    if (s.op.kind == OpKind::linear && s.activation && s.keeps == Keeps::input) {
      blocks.push_back({batch * s.out, i, backward_time(i)});
      slots.push_back({i, before});
    }
    // The gradient is first written by the last reader (or the loss) and dies when this step has gone back.
    int born = i == n - 1 ? n : 2 * n;
    for (int j = i + 1; j < n; j++)
      if (steps_[static_cast<std::size_t>(j)].source == i) born = std::min(born, backward_time(j));
    blocks.push_back({batch * s.out, born, backward_time(i)});
    slots.push_back({i, gradient});
  }
  std::size_t total = 0;
  const std::vector<std::size_t> offsets = plan_arena(blocks, unit, &total);
  const std::size_t tail = batch * (sizeof(T) + sizeof(int32_t)) + 2 * kAlignment;
  char* base = static_cast<char*>(arena_.reserve(total * sizeof(T) + tail));
  if (!base) return {Code::out_of_memory, "no memory for the plan's arena", -1, static_cast<int64_t>(total * sizeof(T))};
  for (std::size_t b = 0; b < blocks.size(); b++) {
    T* at = reinterpret_cast<T*>(base) + offsets[b];
    Step& s = steps_[static_cast<std::size_t>(slots[b].step)];
    (slots[b].what == value ? s.y : slots[b].what == before ? s.before : s.dy) = at;
  }
  losses_ = reinterpret_cast<T*>(base) + total;
  classes_ = reinterpret_cast<int32_t*>(losses_ + (batch + unit - 1) / unit * unit);
  if (!trains) return {};
  // Going back from the last step, the first to write a value's gradient overwrites it, the others add.
  std::vector<bool> written(steps_.size(), false);
  for (int i = n - 1; i >= 0; i--) {
    Step& s = steps_[static_cast<std::size_t>(i)];
    for (int j = n - 1; j > i; j--)
      if (s.op.weight != kNone && steps_[static_cast<std::size_t>(j)].op.weight == s.op.weight) s.weight_first = false;
    if (s.source < 0) continue;
    s.dx = steps_[static_cast<std::size_t>(s.source)].dy;
    s.dx_first = !written[static_cast<std::size_t>(s.source)];
    written[static_cast<std::size_t>(s.source)] = true;
  }
  return {};
}

template class Plan<float>;
template class Plan<double>;

}  // namespace chainrule
