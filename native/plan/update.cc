#include "update.h"

#include <algorithm>
#include <mutex>

namespace chainrule {

Status Update::start(Optimizer of, const double* its_options, int64_t from, const bool (&present)[3]) {
  none = false;
  rule = of;
  number = from;
  std::copy_n(its_options, optimizer_info(of).options, options);
  std::copy_n(present, 3, states);
  return optimizer_step(rule, options, number, states, &step);
}

void Update::advance() {
  if (!none) optimizer_step(rule, options, ++number, states, &step);
}

template <class T>
void apply_update(const KernelTable& table, ThreadPool& pool, const Blocks<T>& blocks, std::size_t n, const Update& update) {
  if (update.none) return;
  std::unique_lock<ParameterLock> alone;
  if (blocks.lock) alone = std::unique_lock(*blocks.lock);
  optimize<T>(table.of<T>(), pool, update.rule, n, blocks.parameters, blocks.gradients, blocks.state, update.step);
}

template void apply_update(const KernelTable&, ThreadPool&, const Blocks<float>&, std::size_t, const Update&);
template void apply_update(const KernelTable&, ThreadPool&, const Blocks<double>&, std::size_t, const Update&);

}  // namespace chainrule
