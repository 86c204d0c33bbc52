// What a training is told: the flat vectors beside the parameters, the update rule and what goes with it.
#include <cmath>

#include "train_task.h"

namespace chainrule::binding {

void TrainTask::read(Arguments& a) {
  const std::size_t parameters = plan_.parameter_count();
  gradients_ = a.shared_floats(1, "gradients");
  a.require_length(gradients_.length, parameters, "gradients");
  const char* const names[] = {"state0", "state1", "state2"};
  for (std::size_t i = 0; i < 3; i++) {
    state_[i] = a.shared_floats_or_null(2 + i, names[i]);
    if (state_[i].data) a.require_length(state_[i].length, parameters, names[i]);
  }
  a.require(a.dtype() == (plan_.wide() ? DType::float64 : DType::float32), "arrays of the plan's element type");
  if (a.ok()) read_update(a);
}

void TrainTask::read_update(Arguments& a) {
  const int64_t number = a.integer(5, "rule", -1, static_cast<int>(Optimizer::count) - 1);
  if (!a.ok() || number < 0) return;  // gradients only
  const auto rule = static_cast<Optimizer>(number);
  read_ends(a);
  if (!a.ok()) return;
  update_.options = a.double_list(6, "options");
  const std::size_t width = update_.ends.size() * static_cast<std::size_t>(optimizer_info(rule).options);
  if (update_.options.empty() || update_.options.size() % width != 0) a.require_length(update_.options.size(), width, "options");
  const int64_t step = a.integer(7, "step", 1, int64_t{1} << 53);
  if (!a.is_null(9)) {
    if (const double* const clip = a.doubles(9, "clip", 2)) update_.clip = {clip[0], clip[1]};
    a.require(update_.clip.value >= 0 && update_.clip.norm >= 0, "clip not to be negative");
  }
  if (!a.is_null(10)) read_bounds(a);
  average_ = a.shared_floats_or_null(11, "average");
  if (average_.data) {
    a.require_length(average_.length, plan_.parameter_count(), "average");
    if (const double* const averaging = a.doubles(12, "averaging", 2)) update_.averaging = {averaging[0], averaging[1] != 0};
  }
  if (!a.is_null(13)) read_groups(a);
  if (!a.ok()) return;
  const Status status = update_.start(rule, step, {state_[0].data != nullptr, state_[1].data != nullptr, state_[2].data != nullptr});
  a.require(status.ok(), status.what);
}

void TrainTask::read_ends(Arguments& a) {
  std::size_t begin = 0;
  for (const double given : a.is_null(8) ? std::vector<double>{} : a.double_list(8, "ends")) {
    const double end = std::abs(given);
    a.require(end >= static_cast<double>(begin) && end <= static_cast<double>(plan_.parameter_count()) && end == std::floor(end), "ends that ascend");
    if (!a.ok()) return;
    update_.ends.push_back(begin = static_cast<std::size_t>(end));
    update_.frozen.push_back(given < 0);
  }
  if (update_.ends.empty()) update_.ends.push_back(begin = plan_.parameter_count());
  a.require(begin == plan_.parameter_count(), "the last end at the end of the parameters");
}

// [whether gradients wait, divisors by batch]
void TrainTask::read_groups(Arguments& a) {
  const std::vector<double> numbers = a.double_list(13, "groups");
  const std::size_t staged = plan_.staging(slot_).rows, batches = (staged + plan_.batch() - 1) / plan_.batch();
  a.require_length(numbers.size(), batches + 1, "groups");
  for (std::size_t i = 1; a.ok() && i < numbers.size(); i++) a.require(numbers[i] >= 0, "divisors not to be negative");
  if (!a.ok()) return;
  update_.waiting = numbers[0] != 0;
  update_.divisors.assign(numbers.begin() + 1, numbers.end());
}

void TrainTask::read_bounds(Arguments& a) {
  const std::vector<double> numbers = a.double_list(10, "bounds");
  a.require(numbers.size() % 4 == 0, "bounds of four numbers");
  const double most = static_cast<double>(plan_.parameter_count());
  for (std::size_t i = 0; a.ok() && i < numbers.size(); i += 4) {
    const double *const n = numbers.data() + i, size = n[1] * n[2];
    const bool whole = n[0] >= 0 && n[1] >= 0 && n[2] >= 0 && n[0] == std::floor(n[0]) && n[1] == std::floor(n[1]) && n[2] == std::floor(n[2]);
    a.require(whole && n[1] <= most && n[2] <= most && n[0] + size <= most && n[3] > 0, "bounds of matrices inside the parameters");
    if (a.ok()) update_.bounds.push_back({static_cast<std::size_t>(n[0]), static_cast<std::size_t>(n[1]), static_cast<std::size_t>(n[2]), n[3]});
  }
}

}  // namespace chainrule::binding
