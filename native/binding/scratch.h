// Memory of the calling thread for the length of one call.
#pragma once
#include "../base/aligned.h"
#include "arguments.h"

namespace chainrule::binding {

/// Null when there is none, after an error has been thrown. The next call on this thread may hand out the same memory.
template <class T>
T* scratch_of(Arguments& a, std::size_t elements) {
  static thread_local AlignedBuffer buffer;
  if (!a.ok()) return nullptr;
  void* const p = elements <= SIZE_MAX / sizeof(T) ? buffer.reserve(elements * sizeof(T)) : nullptr;
  if (!p) a.check({Code::out_of_memory, "no memory for intermediate values"});
  return static_cast<T*>(p);
}

}  // namespace chainrule::binding
