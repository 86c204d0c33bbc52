// Rows looked up in a table, and their gradients added back into it.
#include "accumulate.h"
#include "results.h"
#include "table.h"

namespace chainrule {
namespace CHAINRULE_ISA {

/// y[r, :] = table[indices[r], :]. The index is read once and looked at here again: its memory may be shared with others.
template <class T>
static void embedding_forward(size_t rows, size_t width, size_t entries, const T* table, const int32_t* indices, T* y) {
  Results<T>(rows * width, true).write_rows(rows, width, y, [=](const Results<T>& results, size_t r, T* to) CHAINRULE_INLINE_LAMBDA {
    const int32_t index = *static_cast<const volatile int32_t*>(indices + r);
    const bool inside = index >= 0 && static_cast<size_t>(index) < entries;
    const T* const from = table + (inside ? static_cast<size_t>(index) * width : 0);
    if (inside) results.each(width, to, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(to, at.load(from)); });
    else results.each(width, to, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(to, Vec<T>(T(0))); });
  });
}

/// dtable[entry, :] += Σ dy of its rows, each run of equal entries summed in double, in the order of the rows.
template <class T>
static void embedding_backward(size_t count, size_t width, const int32_t* entries, const int32_t* order, const T* dy, T* dtable) {
  for (size_t first = 0, last; first < count; first = last) {
    for (last = first + 1; last < count && entries[last] == entries[first];) last++;
    T* const out = dtable + static_cast<size_t>(entries[first]) * width;
    for_each_vector<T>(width, [=](auto at) CHAINRULE_INLINE_LAMBDA {
      Accumulator<T> sum;
      for (size_t k = first; k < last;) {  // in groups, so that long runs lose less to rounding
        Accumulator<T> group;
        for (const size_t end = last - k < 16 ? last : k + 16; k < end; k++) group.add(at.load(dy + static_cast<size_t>(order[k]) * width));
        sum.add(group);
      }
      at.store(out, sum.lanes_added_to(at.load(out)));
    });
  }
}

template <class T>
CHAINRULE_INLINE void fill_embedding(Kernels<T>* k) {
  k->embedding_forward = embedding_forward<T>;
  k->embedding_backward = embedding_backward<T>;
}

void fill_embedding(KernelTable* table) {
  fill_embedding(&table->f32);
  fill_embedding(&table->f64);
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
