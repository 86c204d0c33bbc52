#include "update.h"

#include <mutex>

#include "../base/parallel.h"
#include "../base/subnormals.h"

namespace chainrule {

template <class T>
void apply_update(const KernelTable& table, ThreadPool& pool, const Blocks<T>& blocks, std::size_t n, const Update& update) {
  const Kernels<T>& k = table.of<T>();
  std::unique_lock<ParameterLock> alone;
  if (blocks.lock) alone = std::unique_lock(*blocks.lock);
  parallel_ranges(pool, n, kElementGrain, kElementUnit, [&](std::size_t b, std::size_t e) {
    const FlushSubnormals flush;
    if (update.kind == OptimizerKind::sgd)
      k.sgd(e - b, blocks.parameters + b, blocks.gradients + b, blocks.state[0] ? blocks.state[0] + b : nullptr, &update.sgd);
    else if (update.kind == OptimizerKind::adam)
      k.adam(e - b, blocks.parameters + b, blocks.gradients + b, blocks.state[0] + b, blocks.state[1] + b, &update.adam);
  });
}

template void apply_update(const KernelTable&, ThreadPool&, const Blocks<float>&, std::size_t, const Update&);
template void apply_update(const KernelTable&, ThreadPool&, const Blocks<double>&, std::size_t, const Update&);

}  // namespace chainrule
