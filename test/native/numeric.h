// What the kernel tests share: errors in ULP, the available instruction sets, inputs that cover the whole range.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "../../native/dispatch/dispatch.h"

namespace chainrule::test {

inline std::vector<const KernelTable*> all_tables() {
  std::vector<const KernelTable*> tables;
  for (Isa isa : {Isa::scalar, Isa::avx2, Isa::avx512, Isa::neon})
    if (const KernelTable* t = kernel_table(isa)) tables.push_back(t);
  return tables;
}

template <class T>
bool same_bits(const T* a, const T* b, size_t n) { return n == 0 || !std::memcmp(a, b, n * sizeof(T)); }

template <class T> constexpr const char* dtype_name() { return sizeof(T) == 4 ? "float32" : "float64"; }

/// Distance of y from the exact value r in units of T's last place at r. NaN matches NaN alone, an infinity what rounds
/// to it, and a zero must have r's sign.
template <class T, class R>
double ulp_error(T y, R r) {
  using L = std::numeric_limits<T>;
  const double wrong = std::numeric_limits<double>::infinity();
  if (std::isnan(r)) return std::isnan(y) ? 0 : wrong;
  if (std::isnan(y)) return wrong;
  const T rounded = static_cast<T>(r);
  if (std::isinf(rounded) || std::isinf(y)) {
    if (y == rounded) return 0;
    const R edge = static_cast<R>(L::max());  // the overflow threshold itself: one step either way
    const bool near = std::signbit(y) == std::signbit(r) && std::fabs(static_cast<R>(y)) >= edge && std::fabs(r) > edge * (1 - 4 * static_cast<R>(L::epsilon()));
    return near ? 1 : wrong;
  }
  if (y == 0 && std::signbit(y) != std::signbit(r)) return wrong;
  int exponent = L::min_exponent;
  if (r != 0) {
    int e;
    std::frexp(r, &e);
    if (e > exponent) exponent = e;
  }
  return static_cast<double>(std::fabs(static_cast<R>(y) - r) / std::ldexp(R(1), exponent - L::digits));
}

/// Whether sweeps take all there is, not a sample; and the numbers that they are told.
inline bool full_sweep() { return std::getenv("CHAINRULE_SWEEP") != nullptr; }
inline uint64_t setting(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text && *text ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// 1 natively; emulated runs and sanitizers take fewer points, and so does who says so.
inline size_t thinning() {
  if (const uint64_t n = setting("CHAINRULE_THINNING", 0); n >= 1 && n <= 1024) return n;
#if defined(__aarch64__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return 16;
#else
  return 1;
#endif
}

template <class T>
T from_bits(uint64_t bits) {
  T v;
  if constexpr (sizeof(T) == 4) {
    const uint32_t b = static_cast<uint32_t>(bits);
    std::memcpy(&v, &b, sizeof v);
  } else {
    std::memcpy(&v, &bits, sizeof v);
  }
  return v;
}

/// SplitMix64 (Steele, Lea & Flood 2014).
struct Bits {
  uint64_t state;
  uint64_t next() {
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  double uniform(double low, double high) { return low + (high - low) * static_cast<double>(next() >> 11) * 0x1p-53; }
};

/// Zeros, subnormals, kinks of every op, over- and underflow thresholds, infinities, NaN; each with both signs.
template <class T>
std::vector<T> edge_values() {
  using L = std::numeric_limits<T>;
  std::vector<T> v = {0, L::denorm_min(), L::denorm_min() * 7, L::min() / 2, L::min(), L::min() * 2, L::epsilon() / 4, L::epsilon(),
                      T(0.25), T(0.34657359), T(0.41421356), T(0.5), T(0.70710678), 1, T(1.5), 2, T(2.5), 3, 5, 6, 8, 10, 16.5, 17.5, 20, 36, 38, 40, 87,
                      T(87.33655), T(88), T(88.722839), T(88.73), T(89.5), T(100), T(103.2), T(103.97), T(104), T(105), T(110), 120, T(207.5), T(700),
                      T(708.396), T(709.78), T(709.79), T(744.4), T(745.13), T(746), T(750), T(760), T(1000), T(1e10), T(1e30), L::max() / 7, L::max() / 2,
                      std::nextafter(L::max(), T(0)), L::max(), L::infinity(), L::quiet_NaN()};
  for (T k : {T(1), T(3), T(6)}) {
    v.push_back(std::nextafter(k, T(0)));
    v.push_back(std::nextafter(k, T(10)));
  }
  const size_t n = v.size();
  for (size_t i = 0; i < n; i++) v.push_back(-v[i]);
  return v;
}

/// The edges, then random bit patterns (every exponent), then uniform numbers in the ranges where the ops are at work.
template <class T>
std::vector<T> whole_range(size_t count, uint64_t seed) {
  std::vector<T> v = edge_values<T>();
  Bits bits{seed};
  using L = std::numeric_limits<T>;
  const double far = sizeof(T) == 4 ? 110 : 760;
  for (size_t i = 0; i < count; i++) {
    const T x = from_bits<T>(bits.next());
    v.push_back(std::isnan(x) ? L::quiet_NaN() : x);
  }
  for (size_t i = 0; i < count; i++) v.push_back(static_cast<T>(bits.uniform(-10, 10)));
  for (size_t i = 0; i < count; i++) v.push_back(static_cast<T>(bits.uniform(-1, 1)));
  for (size_t i = 0; i < count; i++) v.push_back(static_cast<T>(bits.uniform(-far, far)));
  for (size_t i = 0; i < count; i++) v.push_back(static_cast<T>(bits.uniform(-40, 0)));
  return v;
}

}  // namespace chainrule::test
