// Embeddings: lookup, gradients against plain loops, repeated entries summed without loss, the same bits for any threads.
#include "../../native/ops/embedding.h"

#include <algorithm>

#include "check.h"
#include "guarded.h"
#include "numeric.h"

namespace chainrule::test {
namespace {

template <class T>
void check_embedding(const KernelTable* table, size_t rows, size_t width, size_t entries) {
  GuardedArray<T> gt(entries * width), gy(rows * width), gd(entries * width);
  T *values = gt.at_end(entries * width), *y = gy.at_end(rows * width), *dtable = gd.at_end(entries * width);
  Bits bits{rows + width};
  std::vector<int32_t> indices(rows), scratch(embedding_scratch(rows));
  for (int32_t& i : indices) i = static_cast<int32_t>(bits.next() % entries);
  for (size_t i = 0; i < entries * width; i++) values[i] = static_cast<T>(bits.uniform(-1, 1));
  table->of<T>().embedding_forward(rows, width, entries, values, indices.data(), y);
  const std::string where = std::string(table->isa) + " " + dtype_name<T>() + " [" + std::to_string(rows) + ", " + std::to_string(width) + "] of " + std::to_string(entries);
  for (size_t r = 0; r < rows; r++)
    CHECK_MESSAGE(same_bits<T>(y + r * width, values + static_cast<size_t>(indices[r]) * width, width), where);
  std::vector<long double> expected(entries * width, 1), size(entries * width, 1);
  for (size_t i = 0; i < rows * width; i++) {
    const size_t to = static_cast<size_t>(indices[i / width]) * width + i % width;
    expected[to] += y[i], size[to] += std::fabs(y[i]);
  }
  std::vector<T> first;
  for (int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    std::fill_n(dtable, entries * width, T(1));
    CHECK(embedding_backward<T>(table->of<T>(), pool, rows, width, entries, indices.data(), y, dtable, scratch.data()).ok());
    double worst = 0;  // float32 is summed in float64: only the last rounding counts
    for (size_t i = 0; i < entries * width; i++) {
      const long double unit = std::numeric_limits<T>::epsilon() * (sizeof(T) == 4 ? std::fabs(expected[i]) + 1e-7L * size[i] : 64 * size[i]);
      worst = std::max(worst, static_cast<double>(std::fabs(dtable[i] - expected[i]) / unit));
    }
    CHECK_MESSAGE(worst <= 1, where + " backward: " + std::to_string(worst));
    if (first.empty()) first.assign(dtable, dtable + entries * width);
    CHECK_MESSAGE(same_bits<T>(first.data(), dtable, entries * width), where + ": other bits with " + std::to_string(threads) + " threads");
  }
  if (rows == 0) return;
  for (int32_t bad : {-1, static_cast<int32_t>(entries), INT32_MIN, INT32_MAX}) {
    indices[rows / 2] = bad;
    ThreadPool pool(1);
    const Status status = embedding_backward<T>(table->of<T>(), pool, rows, width, entries, indices.data(), y, dtable, scratch.data());
    CHECK(status.code == Code::out_of_range && status.where == static_cast<int64_t>(rows / 2) && status.value == bad);
    CHECK(same_bits<T>(first.data(), dtable, entries * width));
    table->of<T>().embedding_forward(rows, width, entries, values, indices.data(), y);  // leaves that row alone
  }
}
TEST(embedding) {
  for (const KernelTable* table : all_tables())
    for (size_t rows : {0, 1, 5, 100, 3000})
      for (size_t width : {1, 3, 8, 16, 17, 33})
        for (size_t entries : {1, 7, 300, 70000}) {
          if (entries == 70000 && width != 3) continue;
          check_embedding<float>(table, rows, width, entries);
          check_embedding<double>(table, rows, width, entries);
        }
}

}  // namespace
}  // namespace chainrule::test
