#include "update.h"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "../base/parallel.h"

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
  waiting = sums() && divisor() == 0;
  batch_ = std::min(batch_ + 1, divisors.size());
  if (!waiting) {
    number++;
    averaging.first = false;
  }
  if ((row_ + 2) * ends.size() * static_cast<std::size_t>(optimizer_info(rule).options) <= options.size()) row_++;
  prepare(row_);
}

namespace {

/// w·norm/(‖w‖ + 1e-7) for the rows of a matrix that are longer than norm, as torch.renorm.
template <class T>
void bound_rows(const Kernels<T>& kernels, ThreadPool& pool, const RowBound& bound, T* w) {
  parallel_rows(pool, bound.rows, bound.cols, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; r++) {
      T* const row = w + r * bound.cols;
      const double length = std::sqrt(static_cast<double>(kernels.dot(bound.cols, row, row)));
      if (length > bound.norm) kernels.scale(bound.cols, bound.norm / (length + 1e-7), row);
    }
  });
}

template <class T>
void average_into(const Kernels<T>& kernels, ThreadPool& pool, std::size_t n, const Averaging& how, const T* parameters, T* average) {
  parallel_ranges(pool, n, kElementGrain, kElementUnit, [&](std::size_t begin, std::size_t end) {
    if (how.first) {
      std::copy(parameters + begin, parameters + end, average + begin);
    } else {
      kernels.scale(end - begin, 1 - how.weight, average + begin);
      kernels.axpy(end - begin, how.weight, parameters + begin, average + begin);
    }
  });
}

}  // namespace

const OptimizerStep* Update::step_of(std::size_t begin, std::size_t end) const {
  const auto range = static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), begin) - ends.begin());
  if (range == ends.size() || end > ends[range] || (!frozen.empty() && frozen[range])) return nullptr;
  return &steps[range];
}

template <class T>
void apply_update(const KernelTable& table, ThreadPool& pool, const Blocks<T>& blocks, const Update& update, const std::vector<Stretch>& updated,
                  std::unique_lock<ParameterLock>& alone) {
  if (update.none || (update.sums() && update.divisor() == 0)) return;
  const Kernels<T>& kernels = table.of<T>();
  if (update.sums() && update.divisor() != 1)
    parallel_ranges(pool, update.ends.back(), kElementGrain, kElementUnit,
                    [&](std::size_t begin, std::size_t end) { kernels.scale(end - begin, 1 / update.divisor(), blocks.gradients + begin); });
  clip_gradients(kernels, pool, update.ends.back(), blocks.gradients, update.clip);
  if (blocks.lock && !alone) alone = std::unique_lock(*blocks.lock);
  auto next = updated.begin();
  std::size_t begin = 0;
  for (std::size_t range = 0; range < update.ends.size(); range++) {
    const bool frozen = !update.frozen.empty() && update.frozen[range];
    while (begin < update.ends[range]) {
      const std::size_t end = next != updated.end() ? std::min(next->begin, update.ends[range]) : update.ends[range];
      T* states[3];
      for (int i = 0; i < 3; i++) states[i] = blocks.state[i] ? blocks.state[i] + begin : nullptr;
      if (end > begin && !frozen) optimize<T>(kernels, pool, update.rule, end - begin, blocks.parameters + begin, blocks.gradients + begin, states, update.steps[range]);
      begin = end;
      if (next != updated.end() && begin == next->begin) begin = next++->end;
    }
  }
  for (const RowBound& bound : update.bounds) bound_rows<T>(kernels, pool, bound, blocks.parameters + bound.offset);
  begin = 0;
  for (std::size_t range = 0; blocks.average && range < update.ends.size(); range++) {
    const std::size_t end = update.ends[range];
    Averaging how = update.averaging;
    how.first |= !update.frozen.empty() && update.frozen[range];  // what stands still is its own average
    average_into<T>(kernels, pool, end - begin, how, blocks.parameters + begin, blocks.average + begin);
    begin = end;
  }
}

#define CHAINRULE_APPLY(T)                                                                                                              \
  template void apply_update(const KernelTable&, ThreadPool&, const Blocks<T>&, const Update&, const std::vector<Stretch>&, \
                             std::unique_lock<ParameterLock>&);
CHAINRULE_APPLY(float)
CHAINRULE_APPLY(double)

}  // namespace chainrule
