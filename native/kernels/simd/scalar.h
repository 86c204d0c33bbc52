// Vec of one lane, in plain C++: the reference, and what runs where nothing better is known.
#pragma once

namespace chainrule {
namespace CHAINRULE_ISA {

template <class T> struct Mask {
  bool m;
  CHAINRULE_INLINE friend Mask operator&(Mask a, Mask b) { return {a.m && b.m}; }
  CHAINRULE_INLINE friend Mask operator|(Mask a, Mask b) { return {a.m || b.m}; }
  CHAINRULE_INLINE friend Mask operator!(Mask a) { return {!a.m}; }
  CHAINRULE_INLINE friend bool any(Mask a) { return a.m; }
  CHAINRULE_INLINE friend bool all(Mask a) { return a.m; }
  CHAINRULE_INLINE friend int first(Mask) { return 0; }
};

// a·b + c: one rounding where the processor has it. Otherwise float32 through float64, where the product is exact, and
// float64 with two roundings, since the C library's fma is far too slow without hardware.
CHAINRULE_INLINE float multiply_add(float a, float b, float c) {
#if defined(__FP_FAST_FMAF)
  return __builtin_fmaf(a, b, c);
#else
  return static_cast<float>(static_cast<double>(a) * b + c);
#endif
}
CHAINRULE_INLINE double multiply_add(double a, double b, double c) {
#if defined(__FP_FAST_FMA)
  return __builtin_fma(a, b, c);
#else
  return a * b + c;
#endif
}
CHAINRULE_INLINE float product_error(float a, float b, float p) { return multiply_add(a, b, -p); }
CHAINRULE_INLINE double product_error(double a, double b, double p) {
#if defined(__FP_FAST_FMA)
  return __builtin_fma(a, b, -p);
#else  // Dekker's product: halves of 26 bits, whose products are exact
  const double split = 134217729.0, sa = a * split, sb = b * split;
  const double ah = sa - (sa - a), al = a - ah, bh = sb - (sb - b), bl = b - bh;
  return ((ah * bh - p) + ah * bl + al * bh) + al * bl;
#endif
}
CHAINRULE_INLINE float square_root(float a) { return __builtin_sqrtf(a); }
CHAINRULE_INLINE double square_root(double a) { return __builtin_sqrt(a); }

template <class T> struct Vec {
  static constexpr int lanes = 1;
  using Tail = size_t;
  using Bits = typename Format<T>::Bits;
  static constexpr Bits sign_bit = Bits(1) << (sizeof(T) * 8 - 1);
  T v;
  Vec() = default;
  CHAINRULE_INLINE Vec(T s) : v(s) {}
  static CHAINRULE_INLINE Tail tail(size_t n) { return n; }
  static CHAINRULE_INLINE Vec load(const T* p) { return *p; }
  static CHAINRULE_INLINE Vec load(const T* p, Tail t) { return t ? *p : T(0); }
  CHAINRULE_INLINE void store(T* p) const { *p = v; }
  CHAINRULE_INLINE void stream(T* p) const { *p = v; }
  CHAINRULE_INLINE void store(T* p, Tail t) const { if (t) *p = v; }
  CHAINRULE_INLINE Bits bits() const {
    Bits b;
    __builtin_memcpy(&b, &v, sizeof b);
    return b;
  }
  static CHAINRULE_INLINE Vec from_bits(Bits b) {
    T s;
    __builtin_memcpy(&s, &b, sizeof s);
    return s;
  }

  CHAINRULE_INLINE friend Vec operator+(Vec a, Vec b) { return a.v + b.v; }
  CHAINRULE_INLINE friend Vec operator-(Vec a, Vec b) { return a.v - b.v; }
  CHAINRULE_INLINE friend Vec operator*(Vec a, Vec b) { return a.v * b.v; }
  CHAINRULE_INLINE friend Vec operator/(Vec a, Vec b) { return a.v / b.v; }
  CHAINRULE_INLINE friend Vec operator-(Vec a) { return -a.v; }
  CHAINRULE_INLINE friend Vec fma(Vec a, Vec b, Vec c) { return multiply_add(a.v, b.v, c.v); }
  CHAINRULE_INLINE friend Vec fms(Vec a, Vec b, Vec c) { return multiply_add(a.v, b.v, -c.v); }
  CHAINRULE_INLINE friend Vec fnma(Vec a, Vec b, Vec c) { return multiply_add(-a.v, b.v, c.v); }
  CHAINRULE_INLINE friend Vec exact_error(Vec a, Vec b, Vec p) { return product_error(a.v, b.v, p.v); }
  CHAINRULE_INLINE friend Vec min(Vec a, Vec b) { return a.v < b.v ? a.v : b.v; }
  CHAINRULE_INLINE friend Vec max(Vec a, Vec b) { return a.v > b.v ? a.v : b.v; }
  CHAINRULE_INLINE friend Vec sqrt(Vec a) { return square_root(a.v); }
  CHAINRULE_INLINE friend Vec near_sqrt(Vec a) { return sqrt(a); }
  CHAINRULE_INLINE friend Vec abs(Vec a) { return from_bits(a.bits() & ~sign_bit); }
  CHAINRULE_INLINE friend Vec copysign(Vec magnitude, Vec sign) {
    return from_bits((magnitude.bits() & ~sign_bit) | (sign.bits() & sign_bit));
  }
  CHAINRULE_INLINE friend Vec round(Vec a) {  // adding 2^mantissa leaves no room for a fraction; larger numbers are whole
    const Vec whole(Format<T>::magic / T(1.5));
    return copysign(select(abs(a) < whole, (abs(a) + whole) - whole, abs(a)), a);
  }

  CHAINRULE_INLINE friend Mask<T> operator<(Vec a, Vec b) { return {a.v < b.v}; }
  CHAINRULE_INLINE friend Mask<T> operator<=(Vec a, Vec b) { return {a.v <= b.v}; }
  CHAINRULE_INLINE friend Mask<T> operator>(Vec a, Vec b) { return {a.v > b.v}; }
  CHAINRULE_INLINE friend Mask<T> operator>=(Vec a, Vec b) { return {a.v >= b.v}; }
  CHAINRULE_INLINE friend Mask<T> operator==(Vec a, Vec b) { return {a.v == b.v}; }
  CHAINRULE_INLINE friend Mask<T> operator!=(Vec a, Vec b) { return {a.v != b.v}; }
  CHAINRULE_INLINE friend Vec select(Mask<T> k, Vec a, Vec b) { return k.m ? a : b; }

  CHAINRULE_INLINE friend Vec operator&(Vec a, Vec b) { return from_bits(a.bits() & b.bits()); }
  CHAINRULE_INLINE friend Vec operator|(Vec a, Vec b) { return from_bits(a.bits() | b.bits()); }
  CHAINRULE_INLINE friend Vec operator^(Vec a, Vec b) { return from_bits(a.bits() ^ b.bits()); }
  CHAINRULE_INLINE friend Vec andnot(Vec a, Vec b) { return from_bits(~a.bits() & b.bits()); }
  CHAINRULE_INLINE friend Vec add_bits(Vec a, Vec b) { return from_bits(a.bits() + b.bits()); }
  CHAINRULE_INLINE friend Vec sub_bits(Vec a, Vec b) { return from_bits(a.bits() - b.bits()); }

  CHAINRULE_INLINE friend T reduce_add(Vec a) { return a.v; }
  CHAINRULE_INLINE friend T reduce_max(Vec a) { return a.v; }
};
constexpr bool streams = false;
CHAINRULE_INLINE void store_fence() {}
template <int k, class T> CHAINRULE_INLINE Vec<T> shift_left(Vec<T> a) { return Vec<T>::from_bits(a.bits() << k); }
template <int k, class T> CHAINRULE_INLINE Vec<T> shift_right(Vec<T> a) { return Vec<T>::from_bits(a.bits() >> k); }

/// One lane has no upper half: it is 0.
CHAINRULE_INLINE void widen(Vec<float> a, Vec<double>* low, Vec<double>* high) {
  *low = static_cast<double>(a.v);
  *high = 0.0;
}
CHAINRULE_INLINE void widen(const float* p, Vec<double>* low, Vec<double>* high) { widen(Vec<float>::load(p), low, high); }
CHAINRULE_INLINE Vec<float> narrow(Vec<double> low, Vec<double>) { return static_cast<float>(low.v); }
CHAINRULE_INLINE Vec<double> multiply_words(Vec<double> a, Vec<double> b) {
  return Vec<double>::from_bits((a.bits() & 0xffffffffu) * (b.bits() & 0xffffffffu));
}
CHAINRULE_INLINE Vec<double> upper_words(Vec<double> a) { return shift_right<32>(a); }
CHAINRULE_INLINE Mask<float> words_above(Vec<double> a, Vec<double>, uint32_t limit) { return {static_cast<uint32_t>(a.bits()) > limit}; }
CHAINRULE_INLINE Mask<double> words_above(Vec<double> a, uint32_t limit) { return {static_cast<uint32_t>(a.bits()) > limit}; }
template <class T> CHAINRULE_INLINE void transpose(Vec<T>*) {}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
