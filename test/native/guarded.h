// Memory between two unreadable pages: any access beside an array placed at either edge crashes the test.
#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

namespace chainrule::test {

/// Room for `capacity` elements; arrays of any length up to that are placed at its edges, one at a time.
template <class T>
class GuardedArray {
 public:
  explicit GuardedArray(size_t capacity) {
    page_ = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    inner_ = (capacity * sizeof(T) + page_ - 1) / page_ * page_;
    base_ = static_cast<char*>(mmap(nullptr, inner_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(base_ + page_, inner_, PROT_READ | PROT_WRITE);
  }
  ~GuardedArray() { munmap(base_, inner_ + 2 * page_); }
  GuardedArray(const GuardedArray&) = delete;
  GuardedArray& operator=(const GuardedArray&) = delete;

  /// n elements, the last one right before the upper guard.
  T* at_end(size_t n) { return reinterpret_cast<T*>(base_ + page_ + inner_) - n; }
  /// Elements from the lower guard on; `offset` elements away from it to try every alignment.
  T* at_start(size_t offset = 0) { return reinterpret_cast<T*>(base_ + page_) + offset; }
  /// The same with n elements copied there.
  T* place(const T* from, size_t n, size_t offset, bool end) {
    T* p = end ? at_end(n) : at_start(offset);
    if (n) std::memcpy(p, from, n * sizeof(T));
    return p;
  }

 private:
  size_t page_, inner_;
  char* base_;
};

}  // namespace chainrule::test
