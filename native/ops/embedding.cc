#include "embedding.h"

#include <utility>

#include "../base/parallel.h"

namespace chainrule {
namespace {

/// Rows by entry, equal entries in the order of their rows: a radix sort, byte by byte, between two pairs of arrays.
struct Sorted {
  int32_t *entries, *order, *other_entries, *other_order;
  Sorted(std::size_t rows, int32_t* scratch) : entries(scratch), order(scratch + rows), other_entries(order + rows), other_order(other_entries + rows) {}

  void sort(std::size_t rows, std::size_t limit) {
    for (int shift = 0; shift < 32 && ((limit - 1) >> shift) != 0; shift += 8) {
      const auto digit = [shift](int32_t entry) { return (static_cast<uint32_t>(entry) >> shift) & 255; };
      std::size_t starts[257] = {};
      for (std::size_t i = 0; i < rows; i++) starts[digit(entries[i]) + 1]++;
      for (int d = 0; d < 256; d++) starts[d + 1] += starts[d];
      for (std::size_t i = 0; i < rows; i++) {
        const std::size_t to = starts[digit(entries[i])]++;
        other_entries[to] = entries[i];
        other_order[to] = order[i];
      }
      std::swap(entries, other_entries);
      std::swap(order, other_order);
    }
  }
};

}  // namespace

template <class T>
Status embedding_backward(const Kernels<T>& kernels, ThreadPool& pool, std::size_t rows, std::size_t width, std::size_t entries, const int32_t* indices,
                          const T* dy, T* dtable, int32_t* scratch) {
  Sorted sorted(rows, scratch);
  for (std::size_t r = 0; r < rows; r++) {
    const int32_t index = indices[r];
    sorted.entries[r] = index;
    sorted.order[r] = static_cast<int32_t>(r);
  }
  for (std::size_t r = 0; r < rows; r++)  // the copies: nobody else can change them
    if (sorted.entries[r] < 0 || static_cast<std::size_t>(sorted.entries[r]) >= entries)
      return {Code::out_of_range, "index out of range", static_cast<int64_t>(r), sorted.entries[r]};
  if (rows == 0) return {};
  sorted.sort(rows, entries);
  // Cuts move on to the next entry, so that none is shared by two threads.
  const auto border = [&](std::size_t at) {
    while (at > 0 && at < rows && sorted.entries[at] == sorted.entries[at - 1]) at++;
    return at;
  };
  parallel_rows(pool, rows, width, [&](std::size_t begin, std::size_t end) {
    const std::size_t from = border(begin), to = border(end);
    if (from < to) kernels.embedding_backward(to - from, width, sorted.entries + from, sorted.order + from, dy, dtable);
  });
  return {};
}

template Status embedding_backward(const Kernels<float>&, ThreadPool&, std::size_t, std::size_t, std::size_t, const int32_t*, const float*, float*, int32_t*);
template Status embedding_backward(const Kernels<double>&, ThreadPool&, std::size_t, std::size_t, std::size_t, const int32_t*, const double*, double*, int32_t*);

}  // namespace chainrule
