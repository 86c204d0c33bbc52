// Where the results of a pass go: into memory as usual, or past the caches where they are larger than those. A line that is
// written past the caches need not be read first, which is a third of the traffic of a pass with one input.
#pragma once
#include "loops.h"

namespace chainrule {
namespace CHAINRULE_ISA {

/// Results of at least so many bytes are written past the caches: KernelTable::far_bytes. Defined in fill.cc.
extern size_t far_bytes;

/// p + n, where p may be null.
template <class T>
CHAINRULE_INLINE const T* from_element(const T* p, size_t n) { return p ? p + n : nullptr; }

/// Elements before the first at or after p that is aligned to vectors: only such vectors can be stored past the caches.
template <class T>
CHAINRULE_INLINE size_t to_line(const T* p) {
  constexpr size_t lanes = Vec<T>::lanes;
  return (lanes - reinterpret_cast<uintptr_t>(p) / sizeof(T) % lanes) % lanes;
}

/// Copies n elements past the caches; `from` is aligned to vectors.
template <class T>
CHAINRULE_INLINE void stream_out(size_t n, const T* from, T* to) {
  using V = Vec<T>;
  constexpr size_t lanes = V::lanes;
  size_t head = to_line(to);
  if (head > n) head = n;
  if (head > 0) V::load(from, V::tail(head)).store(to, V::tail(head));
  size_t i = head;
  for (; i + lanes <= n; i += lanes) V::load(from + i).stream(to + i);
  if (i < n) V::load(from + i, V::tail(n - i)).store(to + i, V::tail(n - i));
}

/// A whole vector whose result is fetched ahead, so that no store waits for its line.
template <class T> struct Ahead : Whole<T> {
  CHAINRULE_INLINE void store(T* p, Vec<T> v) const {
    prefetch(p + this->at);
    v.store(p + this->at);
  }
};
/// A whole vector that is stored past the caches: its result is aligned to vectors.
template <class T> struct Far : Whole<T> {
  CHAINRULE_INLINE void store(T* p, Vec<T> v) const { v.stream(p + this->at); }
};

/// Calls body(access) for the whole vectors of [first, n). Returns where the next one would begin.
template <class At, class T, class Body>
CHAINRULE_INLINE size_t for_whole_vectors(size_t first, size_t n, Body body) {
  constexpr size_t lanes = Vec<T>::lanes;
  size_t i = first;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    body(At{{i}});
    body(At{{i + lanes}});
  }
  if (i + lanes > n) return i;
  body(At{{i}});
  return i + lanes;
}

/// The results of one pass. When it ends, other threads can rely on them.
template <class T>
class Results {
 public:
  /// `apart`: they lie where no input does. In place nothing is gained: the lines have been read anyway.
  CHAINRULE_INLINE Results(size_t elements, bool apart) : far_(streams && apart && elements >= far_bytes / sizeof(T)) {}
  CHAINRULE_INLINE ~Results() {
    if (far_) store_fence();
  }
  Results(const Results&) = delete;
  Results& operator=(const Results&) = delete;

  CHAINRULE_INLINE bool far() const { return far_; }  ///< whether results go past the caches

  /// Calls body(access) for every vector of [0, n), to store a result at y with that access and nothing else. All but the first are
  /// aligned, where there are many: stores that touch two lines take twice as long.
  template <class Body>
  CHAINRULE_INLINE void each(size_t n, T* y, Body body) const {
    constexpr size_t lanes = Vec<T>::lanes;
    size_t i = far_ || n >= 16 * lanes ? to_line(y) : 0;
    if (i > n) i = n;
    if (i > 0) body(Part<T>{0, Vec<T>::tail(i), i});
    if constexpr (streams) i = far_ ? for_whole_vectors<Far<T>, T>(i, n, body) : for_whole_vectors<Ahead<T>, T>(i, n, body);
    else i = for_whole_vectors<Ahead<T>, T>(i, n, body);
    if (i < n) body(Part<T>{i, Vec<T>::tail(n - i), n - i});
  }

  /// Calls write(first, count, to) for pieces of [0, n), to have elements [first, first + count) of y put at `to`: for passes whose sums
  /// over lanes must not depend on where y begins.
  template <class Write>
  CHAINRULE_INLINE void write(size_t n, T* y, Write write) const {
    alignas(64) T piece[room];
    for (size_t first = 0; first < n;) {
      size_t count = n - first;
      if (far_ && count > room) count = room;  // whole vectors, wherever y begins: sums over lanes are the same everywhere
      write(first, count, far_ ? piece : y + first);
      if (far_) stream_out(count, piece, y + first);
      first += count;
    }
  }

  /// Calls write_row(results, row, to) for each row of y: what it writes there with `results` gets to y. Short rows share a piece,
  /// so that lines which belong to two of them are written whole.
  template <class WriteRow>
  CHAINRULE_INLINE void write_rows(size_t rows, size_t cols, T* y, WriteRow write_row) const {
    const size_t together = far_ && cols * sizeof(T) < short_row ? room / (cols < 1 ? 1 : cols) : 1;
    alignas(64) T piece[room];
    for (size_t r = 0; r < rows;) {
      if (together < 2) {
        write_row(*this, r, y + r * cols);
        r++;
        continue;
      }
      const size_t count = rows - r < together ? rows - r : together;
      for (size_t i = 0; i < count; i++) write_row(Results(), r + i, piece + i * cols);
      stream_out(count * cols, piece, y + r * cols);
      r += count;
    }
  }

  static constexpr size_t short_row = 1024;  ///< bytes: rows from here on lose less by two parts of lines than by being copied

 private:
  static constexpr size_t room = 8192 / sizeof(T);  ///< elements of a piece
  CHAINRULE_INLINE Results() : far_(false) {}
  bool far_;
};

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
