// Vec for NEON (AArch64): 4 floats or 2 doubles, masks as vectors of all-ones and all-zeros.
#pragma once
#include <arm_neon.h>

namespace chainrule {
namespace CHAINRULE_ISA {

template <> struct Mask<float> {
  uint32x4_t m;
  CHAINRULE_INLINE friend Mask operator&(Mask a, Mask b) { return {vandq_u32(a.m, b.m)}; }
  CHAINRULE_INLINE friend Mask operator|(Mask a, Mask b) { return {vorrq_u32(a.m, b.m)}; }
  CHAINRULE_INLINE friend Mask operator!(Mask a) { return {vmvnq_u32(a.m)}; }
  CHAINRULE_INLINE friend bool any(Mask a) { return vmaxvq_u32(a.m) != 0; }
  CHAINRULE_INLINE friend bool all(Mask a) { return vminvq_u32(a.m) != 0; }
  CHAINRULE_INLINE friend int first(Mask a) {  // 16 bits for each lane
    return __builtin_ctzll(vget_lane_u64(vreinterpret_u64_u16(vmovn_u32(a.m)), 0)) / 16;
  }
};

template <> struct Mask<double> {
  uint64x2_t m;
  CHAINRULE_INLINE friend Mask operator&(Mask a, Mask b) { return {vandq_u64(a.m, b.m)}; }
  CHAINRULE_INLINE friend Mask operator|(Mask a, Mask b) { return {vorrq_u64(a.m, b.m)}; }
  CHAINRULE_INLINE friend Mask operator!(Mask a) { return {veorq_u64(a.m, vdupq_n_u64(~uint64_t(0)))}; }
  CHAINRULE_INLINE friend bool any(Mask a) { return (vgetq_lane_u64(a.m, 0) | vgetq_lane_u64(a.m, 1)) != 0; }
  CHAINRULE_INLINE friend bool all(Mask a) { return (vgetq_lane_u64(a.m, 0) & vgetq_lane_u64(a.m, 1)) != 0; }
  CHAINRULE_INLINE friend int first(Mask a) { return vgetq_lane_u64(a.m, 0) ? 0 : 1; }
};

template <> struct Vec<float> {
  static constexpr int lanes = 4;
  using Tail = size_t;
  float32x4_t v;
  Vec() = default;
  CHAINRULE_INLINE Vec(float32x4_t r) : v(r) {}
  CHAINRULE_INLINE Vec(float s) : v(vdupq_n_f32(s)) {}
  static CHAINRULE_INLINE Tail tail(size_t n) { return n; }
  static CHAINRULE_INLINE Vec load(const float* p) { return vld1q_f32(p); }
  static CHAINRULE_INLINE Vec load(const float* p, Tail n) {
    if (n >= 4) return vld1q_f32(p);
    float32x4_t r = vdupq_n_f32(0.0f);
    if (n >= 1) r = vld1q_lane_f32(p, r, 0);
    if (n >= 2) r = vld1q_lane_f32(p + 1, r, 1);
    if (n >= 3) r = vld1q_lane_f32(p + 2, r, 2);
    return r;
  }
  CHAINRULE_INLINE void store(float* p) const { vst1q_f32(p, v); }
  CHAINRULE_INLINE void stream(float* p) const { store(p); }
  CHAINRULE_INLINE void store(float* p, Tail n) const {
    if (n >= 4) return vst1q_f32(p, v);
    if (n >= 1) vst1q_lane_f32(p, v, 0);
    if (n >= 2) vst1q_lane_f32(p + 1, v, 1);
    if (n >= 3) vst1q_lane_f32(p + 2, v, 2);
  }
  CHAINRULE_INLINE uint32x4_t bits() const { return vreinterpretq_u32_f32(v); }
  static CHAINRULE_INLINE Vec from_bits(uint32x4_t b) { return vreinterpretq_f32_u32(b); }

  CHAINRULE_INLINE friend Vec operator+(Vec a, Vec b) { return vaddq_f32(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator-(Vec a, Vec b) { return vsubq_f32(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator*(Vec a, Vec b) { return vmulq_f32(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator/(Vec a, Vec b) { return vdivq_f32(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator-(Vec a) { return vnegq_f32(a.v); }
  CHAINRULE_INLINE friend Vec fma(Vec a, Vec b, Vec c) { return vfmaq_f32(c.v, a.v, b.v); }
  CHAINRULE_INLINE friend Vec fms(Vec a, Vec b, Vec c) { return vfmaq_f32(vnegq_f32(c.v), a.v, b.v); }
  CHAINRULE_INLINE friend Vec fnma(Vec a, Vec b, Vec c) { return vfmsq_f32(c.v, a.v, b.v); }
  CHAINRULE_INLINE friend Vec exact_error(Vec a, Vec b, Vec p) { return fms(a, b, p); }
  CHAINRULE_INLINE friend Vec min(Vec a, Vec b) { return vbslq_f32(vcltq_f32(a.v, b.v), a.v, b.v); }
  CHAINRULE_INLINE friend Vec max(Vec a, Vec b) { return vbslq_f32(vcgtq_f32(a.v, b.v), a.v, b.v); }
  CHAINRULE_INLINE friend Vec sqrt(Vec a) { return vsqrtq_f32(a.v); }
  CHAINRULE_INLINE friend Vec near_sqrt(Vec a) { return sqrt(a); }
  CHAINRULE_INLINE friend Vec abs(Vec a) { return vabsq_f32(a.v); }
  CHAINRULE_INLINE friend Vec copysign(Vec magnitude, Vec sign) { return vbslq_f32(vdupq_n_u32(0x80000000u), sign.v, magnitude.v); }
  CHAINRULE_INLINE friend Vec round(Vec a) { return vrndnq_f32(a.v); }

  CHAINRULE_INLINE friend Mask<float> operator<(Vec a, Vec b) { return {vcltq_f32(a.v, b.v)}; }
  CHAINRULE_INLINE friend Mask<float> operator<=(Vec a, Vec b) { return {vcleq_f32(a.v, b.v)}; }
  CHAINRULE_INLINE friend Mask<float> operator>(Vec a, Vec b) { return {vcgtq_f32(a.v, b.v)}; }
  CHAINRULE_INLINE friend Mask<float> operator>=(Vec a, Vec b) { return {vcgeq_f32(a.v, b.v)}; }
  CHAINRULE_INLINE friend Mask<float> operator==(Vec a, Vec b) { return {vceqq_f32(a.v, b.v)}; }
  CHAINRULE_INLINE friend Mask<float> operator!=(Vec a, Vec b) { return {vmvnq_u32(vceqq_f32(a.v, b.v))}; }
  CHAINRULE_INLINE friend Vec select(Mask<float> k, Vec a, Vec b) { return vbslq_f32(k.m, a.v, b.v); }

  CHAINRULE_INLINE friend Vec operator&(Vec a, Vec b) { return from_bits(vandq_u32(a.bits(), b.bits())); }
  CHAINRULE_INLINE friend Vec operator|(Vec a, Vec b) { return from_bits(vorrq_u32(a.bits(), b.bits())); }
  CHAINRULE_INLINE friend Vec operator^(Vec a, Vec b) { return from_bits(veorq_u32(a.bits(), b.bits())); }
  CHAINRULE_INLINE friend Vec andnot(Vec a, Vec b) { return from_bits(vbicq_u32(b.bits(), a.bits())); }
  CHAINRULE_INLINE friend Vec add_bits(Vec a, Vec b) { return from_bits(vaddq_u32(a.bits(), b.bits())); }
  CHAINRULE_INLINE friend Vec sub_bits(Vec a, Vec b) { return from_bits(vsubq_u32(a.bits(), b.bits())); }

  CHAINRULE_INLINE friend float reduce_add(Vec a) { return vaddvq_f32(a.v); }
  CHAINRULE_INLINE friend float reduce_max(Vec a) { return vmaxvq_f32(a.v); }
};
constexpr bool streams = false;
CHAINRULE_INLINE void store_fence() {}
template <int k> CHAINRULE_INLINE Vec<float> shift_left(Vec<float> a) { return Vec<float>::from_bits(vshlq_n_u32(a.bits(), k)); }
template <int k> CHAINRULE_INLINE Vec<float> shift_right(Vec<float> a) { return Vec<float>::from_bits(vshrq_n_u32(a.bits(), k)); }

template <> struct Vec<double> {
  static constexpr int lanes = 2;
  using Tail = size_t;
  float64x2_t v;
  Vec() = default;
  CHAINRULE_INLINE Vec(float64x2_t r) : v(r) {}
  CHAINRULE_INLINE Vec(double s) : v(vdupq_n_f64(s)) {}
  static CHAINRULE_INLINE Tail tail(size_t n) { return n; }
  static CHAINRULE_INLINE Vec load(const double* p) { return vld1q_f64(p); }
  static CHAINRULE_INLINE Vec load(const double* p, Tail n) {
    if (n >= 2) return vld1q_f64(p);
    const float64x2_t r = vdupq_n_f64(0.0);
    return n ? vld1q_lane_f64(p, r, 0) : r;
  }
  CHAINRULE_INLINE void store(double* p) const { vst1q_f64(p, v); }
  CHAINRULE_INLINE void stream(double* p) const { store(p); }
  CHAINRULE_INLINE void store(double* p, Tail n) const {
    if (n >= 2) return vst1q_f64(p, v);
    if (n) vst1q_lane_f64(p, v, 0);
  }
  CHAINRULE_INLINE uint64x2_t bits() const { return vreinterpretq_u64_f64(v); }
  static CHAINRULE_INLINE Vec from_bits(uint64x2_t b) { return vreinterpretq_f64_u64(b); }

  CHAINRULE_INLINE friend Vec operator+(Vec a, Vec b) { return vaddq_f64(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator-(Vec a, Vec b) { return vsubq_f64(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator*(Vec a, Vec b) { return vmulq_f64(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator/(Vec a, Vec b) { return vdivq_f64(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator-(Vec a) { return vnegq_f64(a.v); }
  CHAINRULE_INLINE friend Vec fma(Vec a, Vec b, Vec c) { return vfmaq_f64(c.v, a.v, b.v); }
  CHAINRULE_INLINE friend Vec fms(Vec a, Vec b, Vec c) { return vfmaq_f64(vnegq_f64(c.v), a.v, b.v); }
  CHAINRULE_INLINE friend Vec fnma(Vec a, Vec b, Vec c) { return vfmsq_f64(c.v, a.v, b.v); }
  CHAINRULE_INLINE friend Vec exact_error(Vec a, Vec b, Vec p) { return fms(a, b, p); }
  CHAINRULE_INLINE friend Vec min(Vec a, Vec b) { return vbslq_f64(vcltq_f64(a.v, b.v), a.v, b.v); }
  CHAINRULE_INLINE friend Vec max(Vec a, Vec b) { return vbslq_f64(vcgtq_f64(a.v, b.v), a.v, b.v); }
  CHAINRULE_INLINE friend Vec sqrt(Vec a) { return vsqrtq_f64(a.v); }
  CHAINRULE_INLINE friend Vec near_sqrt(Vec a) { return sqrt(a); }
  CHAINRULE_INLINE friend Vec abs(Vec a) { return vabsq_f64(a.v); }
  CHAINRULE_INLINE friend Vec copysign(Vec magnitude, Vec sign) {
    return vbslq_f64(vdupq_n_u64(uint64_t(1) << 63), sign.v, magnitude.v);
  }
  CHAINRULE_INLINE friend Vec round(Vec a) { return vrndnq_f64(a.v); }

  CHAINRULE_INLINE friend Mask<double> operator<(Vec a, Vec b) { return {vcltq_f64(a.v, b.v)}; }
  CHAINRULE_INLINE friend Mask<double> operator<=(Vec a, Vec b) { return {vcleq_f64(a.v, b.v)}; }
  CHAINRULE_INLINE friend Mask<double> operator>(Vec a, Vec b) { return {vcgtq_f64(a.v, b.v)}; }
  CHAINRULE_INLINE friend Mask<double> operator>=(Vec a, Vec b) { return {vcgeq_f64(a.v, b.v)}; }
  CHAINRULE_INLINE friend Mask<double> operator==(Vec a, Vec b) { return {vceqq_f64(a.v, b.v)}; }
  CHAINRULE_INLINE friend Mask<double> operator!=(Vec a, Vec b) { return !(a == b); }
  CHAINRULE_INLINE friend Vec select(Mask<double> k, Vec a, Vec b) { return vbslq_f64(k.m, a.v, b.v); }

  CHAINRULE_INLINE friend Vec operator&(Vec a, Vec b) { return from_bits(vandq_u64(a.bits(), b.bits())); }
  CHAINRULE_INLINE friend Vec operator|(Vec a, Vec b) { return from_bits(vorrq_u64(a.bits(), b.bits())); }
  CHAINRULE_INLINE friend Vec operator^(Vec a, Vec b) { return from_bits(veorq_u64(a.bits(), b.bits())); }
  CHAINRULE_INLINE friend Vec andnot(Vec a, Vec b) { return from_bits(vbicq_u64(b.bits(), a.bits())); }
  CHAINRULE_INLINE friend Vec add_bits(Vec a, Vec b) { return from_bits(vaddq_u64(a.bits(), b.bits())); }
  CHAINRULE_INLINE friend Vec sub_bits(Vec a, Vec b) { return from_bits(vsubq_u64(a.bits(), b.bits())); }

  CHAINRULE_INLINE friend double reduce_add(Vec a) { return vaddvq_f64(a.v); }
  CHAINRULE_INLINE friend double reduce_max(Vec a) { return vmaxvq_f64(a.v); }
};
template <int k> CHAINRULE_INLINE Vec<double> shift_left(Vec<double> a) { return Vec<double>::from_bits(vshlq_n_u64(a.bits(), k)); }
template <int k> CHAINRULE_INLINE Vec<double> shift_right(Vec<double> a) { return Vec<double>::from_bits(vshrq_n_u64(a.bits(), k)); }

/// The lower and upper halves of a, exactly.
CHAINRULE_INLINE void widen(Vec<float> a, Vec<double>* low, Vec<double>* high) {
  low->v = vcvt_f64_f32(vget_low_f32(a.v));
  high->v = vcvt_high_f64_f32(a.v);
}
CHAINRULE_INLINE void widen(const float* p, Vec<double>* low, Vec<double>* high) { widen(Vec<float>::load(p), low, high); }
CHAINRULE_INLINE Vec<float> narrow(Vec<double> low, Vec<double> high) { return vcvt_high_f32_f64(vcvt_f32_f64(low.v), high.v); }
CHAINRULE_INLINE Vec<double> multiply_words(Vec<double> a, Vec<double> b) {
  return Vec<double>::from_bits(vmull_u32(vmovn_u64(a.bits()), vmovn_u64(b.bits())));
}
CHAINRULE_INLINE Vec<double> upper_words(Vec<double> a) { return shift_right<32>(a); }
CHAINRULE_INLINE Mask<float> words_above(Vec<double> a, Vec<double> b, uint32_t limit) {
  return {vcgtq_u32(vuzp1q_u32(vreinterpretq_u32_u64(a.bits()), vreinterpretq_u32_u64(b.bits())), vdupq_n_u32(limit))};
}
CHAINRULE_INLINE Mask<double> words_above(Vec<double> a, uint32_t limit) {
  return {vcgtq_u64(vshlq_n_u64(a.bits(), 32), vdupq_n_u64(uint64_t{limit} << 32))};
}

/// rows[i] lane j <-> rows[j] lane i
CHAINRULE_INLINE void transpose(Vec<float>* rows) {
  const float64x2_t a = vreinterpretq_f64_f32(vtrn1q_f32(rows[0].v, rows[1].v)), b = vreinterpretq_f64_f32(vtrn2q_f32(rows[0].v, rows[1].v));
  const float64x2_t c = vreinterpretq_f64_f32(vtrn1q_f32(rows[2].v, rows[3].v)), d = vreinterpretq_f64_f32(vtrn2q_f32(rows[2].v, rows[3].v));
  rows[0].v = vreinterpretq_f32_f64(vtrn1q_f64(a, c));
  rows[1].v = vreinterpretq_f32_f64(vtrn1q_f64(b, d));
  rows[2].v = vreinterpretq_f32_f64(vtrn2q_f64(a, c));
  rows[3].v = vreinterpretq_f32_f64(vtrn2q_f64(b, d));
}
CHAINRULE_INLINE void transpose(Vec<double>* rows) {
  const float64x2_t a = rows[0].v, b = rows[1].v;
  rows[0].v = vtrn1q_f64(a, b);
  rows[1].v = vtrn2q_f64(a, b);
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
