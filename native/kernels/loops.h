// The loops under every elementwise kernel: main part and tail run the same body, only loads and stores differ.
#pragma once
#include "simd/vec.h"

namespace chainrule {
namespace CHAINRULE_ISA {

/// Bytes that loops fetch ahead.
static constexpr size_t kAhead = 2048;

/// Fetches the line that p lies in.
CHAINRULE_INLINE void prefetch_here(const void* p) {
#if defined(__GNUC__) || defined(__clang__)
  __builtin_prefetch(p);
#else
  (void)p;
#endif
}
/// Fetches what lies some bytes ahead of p: bodies that compute a lot leave the processor no room to look that far by itself.
CHAINRULE_INLINE void prefetch(const void* p, size_t ahead = kAhead) { prefetch_here(reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(p) + ahead)); }

/// A whole vector at an offset, and the first few lanes of one: what a body loads and stores with.
template <class T> struct Whole {
  size_t at;
  CHAINRULE_INLINE Vec<T> load(const T* p) const {
    prefetch(p + at);
    return Vec<T>::load(p + at);
  }
  CHAINRULE_INLINE void store(T* p, Vec<T> v) const { v.store(p + at); }
  /// The same for what is in the first cache, whatever becomes of the results.
  CHAINRULE_INLINE Vec<T> load_near(const T* p) const { return Vec<T>::load(p + at); }
  CHAINRULE_INLINE void store_near(T* p, Vec<T> v) const { v.store(p + at); }
  CHAINRULE_INLINE void widen_from(const float* p, Vec<double>* low, Vec<double>* high) const {
    prefetch(p + at);
    widen(p + at, low, high);
  }
  /// v, with 0 in the lanes beyond the end.
  CHAINRULE_INLINE Vec<T> within(Vec<T> v) const { return v; }
};
template <class T> struct Part {
  size_t at;
  typename Vec<T>::Tail tail;
  size_t lanes;
  CHAINRULE_INLINE Vec<T> load(const T* p) const { return Vec<T>::load(p + at, tail); }
  CHAINRULE_INLINE void store(T* p, Vec<T> v) const { v.store(p + at, tail); }
  CHAINRULE_INLINE Vec<T> load_near(const T* p) const { return load(p); }
  CHAINRULE_INLINE void store_near(T* p, Vec<T> v) const { store(p, v); }
  CHAINRULE_INLINE void widen_from(const float* p, Vec<double>* low, Vec<double>* high) const { widen(load(p), low, high); }
  CHAINRULE_INLINE Vec<T> within(Vec<T> v) const { return select(lane_index(v) < Vec<T>(static_cast<T>(lanes)), v, Vec<T>(T(0))); }
};

/// Calls body(access) for every vector of [0, n), the last one perhaps in part.
template <class T, class Body>
CHAINRULE_INLINE void for_each_vector(size_t n, Body body) {
  constexpr size_t lanes = Vec<T>::lanes;
  size_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    body(Whole<T>{i});
    body(Whole<T>{i + lanes});
  }
  if (i + lanes <= n) {
    body(Whole<T>{i});
    i += lanes;
  }
  if (i < n) body(Part<T>{i, Vec<T>::tail(n - i), n - i});
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
