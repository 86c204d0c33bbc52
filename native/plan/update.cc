#include "update.h"

#include <algorithm>
#include <mutex>

namespace chainrule {

Status Update::start(Optimizer of, int64_t from, const bool (&present)[3]) {
  none = false;
  rule = of;
  number = from;
  std::copy_n(present, 3, states);
  steps.resize(ends.size());
  const std::size_t rows = options.size() / (ends.size() * static_cast<std::size_t>(optimizer_info(rule).options));
  for (row_ = rows; row_-- > 0;) {  // ends with the first one's
    const Status status = prepare(row_);
    if (!status.ok()) return status;
  }
  row_ = 0;
  return {};
}

Status Update::prepare(std::size_t row) {
  const auto width = static_cast<std::size_t>(optimizer_info(rule).options);
  for (std::size_t range = 0; range < ends.size(); range++) {
    const Status status = optimizer_step(rule, options.data() + (row * ends.size() + range) * width, number, states, &steps[range]);
    if (!status.ok()) return status;
  }
  return {};
}

void Update::advance() {
  if (none) return;
  number++;
  if ((row_ + 2) * ends.size() * static_cast<std::size_t>(optimizer_info(rule).options) <= options.size()) row_++;
  prepare(row_);
}

template <class T>
void apply_update(const KernelTable& table, ThreadPool& pool, const Blocks<T>& blocks, const Update& update) {
  if (update.none) return;
  const Kernels<T>& kernels = table.of<T>();
  clip_gradients(kernels, pool, update.ends.back(), blocks.gradients, update.clip);
  std::unique_lock<ParameterLock> alone;
  if (blocks.lock) alone = std::unique_lock(*blocks.lock);
  std::size_t begin = 0;
  for (std::size_t range = 0; range < update.ends.size(); range++) {
    const std::size_t end = update.ends[range];
    T* states[3];
    for (int i = 0; i < 3; i++) states[i] = blocks.state[i] ? blocks.state[i] + begin : nullptr;
    optimize<T>(kernels, pool, update.rule, end - begin, blocks.parameters + begin, blocks.gradients + begin, states, update.steps[range]);
    begin = end;
  }
}

template void apply_update(const KernelTable&, ThreadPool&, const Blocks<float>&, const Update&);
template void apply_update(const KernelTable&, ThreadPool&, const Blocks<double>&, const Update&);

}  // namespace chainrule
