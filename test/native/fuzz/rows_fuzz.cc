// Row numbers, labels and indices made from bytes: what the checks let through is read and written within its arrays.
#include <cstdio>
#include <cstdlib>

#include "../../../native/dispatch/dispatch.h"
#include "../../../native/ops/embedding.h"
#include "../../../native/ops/layout.h"
#include "../../../native/plan/gather.h"
#include "records.h"

using namespace chainrule;
using chainrule::fuzz::Bytes;

namespace {

constexpr chainrule::fuzz::Layout kLayout{8, 2};

/// An index that is sound, or one of those that are not.
int32_t index_of(Bytes& in, size_t limit) {
  constexpr int32_t odd[] = {-1, INT32_MIN, INT32_MAX, 65536};
  const uint8_t kind = in.next(), value = in.next();
  if (kind < 4) return odd[kind];
  if (kind == 4) return static_cast<int32_t>(limit);
  return static_cast<int32_t>(limit ? value % limit : value);
}

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "rows_fuzz: %s\n", what);
  std::abort();
}

template <class Source, class T>
void gather(const std::vector<int32_t>& rows, size_t entries, size_t cols, double scale) {
  std::vector<Source> x(entries * cols);
  for (size_t i = 0; i < x.size(); i++) x[i] = static_cast<Source>(i % 100);
  const size_t bad = first_bad_row(rows.data(), rows.size(), entries);
  std::vector<T> out(bad * cols);
  gather_rows(x.data(), cols, rows.data(), bad, scale, out.data());
  for (size_t i = 0; i < out.size(); i++)
    require(out[i] == static_cast<T>(x[static_cast<size_t>(rows[i / cols]) * cols + i % cols]) * static_cast<T>(scale), "the rows that were asked for");
}

template <class T>
void look_up(const KernelTable& table, ThreadPool& pool, const std::vector<int32_t>& rows, size_t entries, size_t cols) {
  std::vector<T> weights(entries * cols, T(2)), y(rows.size() * cols, T(3)), gradient(entries * cols, T(1));
  table.of<T>().embedding_forward(rows.size(), cols, entries, weights.data(), rows.data(), y.data());
  std::vector<int32_t> scratch(embedding_scratch(rows.size()));
  const Status status = embedding_backward<T>(table.of<T>(), pool, rows.size(), cols, entries, rows.data(), y.data(), gradient.data(), scratch.data());
  const size_t bad = first_bad_row(rows.data(), rows.size(), entries);
  require(status.ok() == (bad == rows.size()) && (status.ok() || static_cast<size_t>(status.where) == bad), "the first bad index");
  T sum = 0;
  for (T g : gradient) sum += g;
  require(sum == static_cast<T>(gradient.size() + (status.ok() ? 2 * y.size() : 0)), "gradients of all rows, or of none");
}

/// Axes with strides as broadcasting makes them.
template <class T>
void broadcast(const KernelTable& table, ThreadPool& pool, Bytes in) {
  const size_t axes = in.below(Expansion::kMostAxes) + 1;
  std::vector<int32_t> shape(axes), strides(axes);
  size_t total = 1, length = 1;
  for (size_t a = axes; a-- > 0;) {
    shape[a] = static_cast<int32_t>(in.below(4));
    if (total * static_cast<size_t>(shape[a]) > 4096) shape[a] = 1;
    const bool stretched = in.flag();
    strides[a] = stretched ? 0 : static_cast<int32_t>(length);
    total *= static_cast<size_t>(shape[a]);
    if (!stretched) length *= static_cast<size_t>(std::max(shape[a], 1));
  }
  std::vector<T> x(length), out(total);
  for (size_t i = 0; i < length; i++) x[i] = static_cast<T>(i);
  expand(table.of<T>(), pool, simplified(axes, shape.data(), strides.data()), x.data(), out.data());
  std::vector<int32_t> index(axes, 0);
  for (size_t i = 0; i < total; i++) {
    size_t from = 0;
    for (size_t a = 0; a < axes; a++) from += static_cast<size_t>(index[a] * strides[a]);
    require(out[i] == x[from], "the element that broadcasting names");
    for (size_t a = axes; a-- > 0 && ++index[a] == shape[a];) index[a] = 0;
  }
}

}  // namespace

CHAINRULE_RECORDS(kLayout)

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const KernelTable& table = *active_table();
  static ThreadPool pool(1);
  Bytes in(data, size);
  const size_t entries = in.below(40), cols = 1 + in.below(70), kind = in.below(8);
  const double scale = in.flag() ? 1 : 0.5;
  for (int i = 0; i < 4; i++) in.next();
  if (kind == 0) {
    broadcast<float>(table, pool, in);
    broadcast<double>(table, pool, in);
    return 0;
  }
  std::vector<int32_t> rows;
  while (in.left() >= kLayout.record && rows.size() < 4096) rows.push_back(index_of(in, entries));
  gather<float, float>(rows, entries, cols, scale);
  gather<uint8_t, double>(rows, entries, cols, scale);
  gather<double, float>(rows, entries, cols, scale);
  gather<int32_t, int32_t>(rows, entries, cols, 1);
  look_up<float>(table, pool, rows, entries, cols);
  look_up<double>(table, pool, rows, entries, cols);
  return 0;
}
