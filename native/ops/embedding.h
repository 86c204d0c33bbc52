// The embedding's backward over the pool's threads: rows are sorted by their entry first, so that each entry's gradient is
// summed by one thread, in the order of the rows.
#pragma once
#include "../base/status.h"
#include "../base/thread_pool.h"
#include "../kernels/table.h"

namespace chainrule {

/// Elements of scratch that embedding_backward needs for so many rows.
inline std::size_t embedding_scratch(std::size_t rows) { return 4 * rows; }

/// dtable[indices[r], :] += dy[r, :]; out_of_range for an index outside [0, entries), and nothing is changed then.
/// dy [rows, width], dtable [entries, width], rows < 2^31
template <class T>
Status embedding_backward(const Kernels<T>& kernels, ThreadPool& pool, std::size_t rows, std::size_t width, std::size_t entries, const int32_t* indices,
                          const T* dy, T* dtable, int32_t* scratch);

}  // namespace chainrule
