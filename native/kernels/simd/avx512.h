// Vec for AVX-512 (F, DQ, BW, VL): 16 floats or 8 doubles, masks in their own registers.
#pragma once
#if defined(__GNUC__) && !defined(__clang__)  // g++ 12 warns about its own header's "undefined" registers
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#else
#include <immintrin.h>
#endif

namespace chainrule {
namespace CHAINRULE_ISA {

template <> struct Mask<float> {
  __mmask16 m;
  CHAINRULE_INLINE friend Mask operator&(Mask a, Mask b) { return {static_cast<__mmask16>(a.m & b.m)}; }
  CHAINRULE_INLINE friend Mask operator|(Mask a, Mask b) { return {static_cast<__mmask16>(a.m | b.m)}; }
  CHAINRULE_INLINE friend Mask operator!(Mask a) { return {static_cast<__mmask16>(~a.m)}; }
  CHAINRULE_INLINE friend bool any(Mask a) { return a.m != 0; }
  CHAINRULE_INLINE friend bool all(Mask a) { return a.m == 0xffff; }
  CHAINRULE_INLINE friend int first(Mask a) { return __builtin_ctz(a.m); }
};

template <> struct Mask<double> {
  __mmask8 m;
  CHAINRULE_INLINE friend Mask operator&(Mask a, Mask b) { return {static_cast<__mmask8>(a.m & b.m)}; }
  CHAINRULE_INLINE friend Mask operator|(Mask a, Mask b) { return {static_cast<__mmask8>(a.m | b.m)}; }
  CHAINRULE_INLINE friend Mask operator!(Mask a) { return {static_cast<__mmask8>(~a.m)}; }
  CHAINRULE_INLINE friend bool any(Mask a) { return a.m != 0; }
  CHAINRULE_INLINE friend bool all(Mask a) { return a.m == 0xff; }
  CHAINRULE_INLINE friend int first(Mask a) { return __builtin_ctz(a.m); }
};

template <> struct Vec<float> {
  static constexpr int lanes = 16;
  using Tail = __mmask16;
  __m512 v;
  Vec() = default;
  CHAINRULE_INLINE Vec(__m512 r) : v(r) {}
  CHAINRULE_INLINE Vec(float s) : v(_mm512_set1_ps(s)) {}
  static CHAINRULE_INLINE Tail tail(size_t n) { return static_cast<Tail>((1u << n) - 1u); }
  static CHAINRULE_INLINE Vec load(const float* p) { return _mm512_loadu_ps(p); }
  static CHAINRULE_INLINE Vec load(const float* p, Tail t) { return _mm512_maskz_loadu_ps(t, p); }
  CHAINRULE_INLINE void store(float* p) const { _mm512_storeu_ps(p, v); }
  CHAINRULE_INLINE void stream(float* p) const { _mm512_stream_ps(p, v); }
  CHAINRULE_INLINE void store(float* p, Tail t) const { _mm512_mask_storeu_ps(p, t, v); }
  CHAINRULE_INLINE __m512i bits() const { return _mm512_castps_si512(v); }
  static CHAINRULE_INLINE Vec from_bits(__m512i b) { return _mm512_castsi512_ps(b); }

  CHAINRULE_INLINE friend Vec operator+(Vec a, Vec b) { return _mm512_add_ps(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator-(Vec a, Vec b) { return _mm512_sub_ps(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator*(Vec a, Vec b) { return _mm512_mul_ps(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator/(Vec a, Vec b) { return _mm512_div_ps(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator-(Vec a) { return _mm512_xor_ps(a.v, _mm512_set1_ps(-0.0f)); }
  CHAINRULE_INLINE friend Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a.v, b.v, c.v); }
  CHAINRULE_INLINE friend Vec fms(Vec a, Vec b, Vec c) { return _mm512_fmsub_ps(a.v, b.v, c.v); }
  CHAINRULE_INLINE friend Vec fnma(Vec a, Vec b, Vec c) { return _mm512_fnmadd_ps(a.v, b.v, c.v); }
  CHAINRULE_INLINE friend Vec exact_error(Vec a, Vec b, Vec p) { return fms(a, b, p); }
  CHAINRULE_INLINE friend Vec min(Vec a, Vec b) { return _mm512_min_ps(a.v, b.v); }
  CHAINRULE_INLINE friend Vec max(Vec a, Vec b) { return _mm512_max_ps(a.v, b.v); }
  CHAINRULE_INLINE friend Vec sqrt(Vec a) { return _mm512_sqrt_ps(a.v); }
  CHAINRULE_INLINE friend Vec near_sqrt(Vec a) {  // one step of Goldschmidt's; 0 and inf are their own roots
    const __m512 r = _mm512_rsqrt14_ps(a.v), root = _mm512_mul_ps(a.v, r), half = _mm512_mul_ps(r, _mm512_set1_ps(0.5f));
    const __m512 better = _mm512_fmadd_ps(_mm512_fnmadd_ps(root, half, _mm512_set1_ps(0.5f)), root, root);
    return _mm512_mask_mov_ps(better, _mm512_fpclass_ps_mask(a.v, 0x0e), a.v);
  }
  CHAINRULE_INLINE friend Vec abs(Vec a) { return _mm512_andnot_ps(_mm512_set1_ps(-0.0f), a.v); }
  CHAINRULE_INLINE friend Vec copysign(Vec magnitude, Vec sign) {  // bit by bit: mask ? sign : magnitude
    return from_bits(_mm512_ternarylogic_epi32(_mm512_set1_epi32(INT32_MIN), sign.bits(), magnitude.bits(), 0xca));
  }
  CHAINRULE_INLINE friend Vec round(Vec a) { return _mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
  CHAINRULE_INLINE friend Vec scale2(Vec x, Vec n) { return _mm512_scalef_ps(x.v, n.v); }
  /// x·2^n where the mask is set, `other` elsewhere.
  CHAINRULE_INLINE friend Vec scale2_where(Mask<float> k, Vec x, Vec n, Vec other) { return _mm512_mask_scalef_ps(other.v, k.m, x.v, n.v); }

  CHAINRULE_INLINE friend Mask<float> operator<(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
  CHAINRULE_INLINE friend Mask<float> operator<=(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LE_OQ)}; }
  CHAINRULE_INLINE friend Mask<float> operator>(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ)}; }
  CHAINRULE_INLINE friend Mask<float> operator>=(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GE_OQ)}; }
  CHAINRULE_INLINE friend Mask<float> operator==(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ)}; }
  CHAINRULE_INLINE friend Mask<float> operator!=(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_NEQ_UQ)}; }
  CHAINRULE_INLINE friend Mask<float> above(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_NLE_UQ)}; }
  CHAINRULE_INLINE friend Vec select(Mask<float> k, Vec a, Vec b) { return _mm512_mask_blend_ps(k.m, b.v, a.v); }
  CHAINRULE_INLINE friend Vec keep(Mask<float> k, Vec v) { return _mm512_maskz_mov_ps(k.m, v.v); }

  CHAINRULE_INLINE friend Vec operator&(Vec a, Vec b) { return _mm512_and_ps(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator|(Vec a, Vec b) { return _mm512_or_ps(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator^(Vec a, Vec b) { return _mm512_xor_ps(a.v, b.v); }
  CHAINRULE_INLINE friend Vec andnot(Vec a, Vec b) { return _mm512_andnot_ps(a.v, b.v); }
  CHAINRULE_INLINE friend Vec add_bits(Vec a, Vec b) { return from_bits(_mm512_add_epi32(a.bits(), b.bits())); }
  CHAINRULE_INLINE friend Vec sub_bits(Vec a, Vec b) { return from_bits(_mm512_sub_epi32(a.bits(), b.bits())); }

  CHAINRULE_INLINE friend float reduce_add(Vec a) { return _mm512_reduce_add_ps(a.v); }
  CHAINRULE_INLINE friend float reduce_max(Vec a) { return _mm512_reduce_max_ps(a.v); }
};
constexpr bool streams = true;
CHAINRULE_INLINE void store_fence() { _mm_sfence(); }
template <int k> CHAINRULE_INLINE Vec<float> shift_left(Vec<float> a) { return Vec<float>::from_bits(_mm512_slli_epi32(a.bits(), k)); }
template <int k> CHAINRULE_INLINE Vec<float> shift_right(Vec<float> a) { return Vec<float>::from_bits(_mm512_srli_epi32(a.bits(), k)); }

template <> struct Vec<double> {
  static constexpr int lanes = 8;
  using Tail = __mmask8;
  __m512d v;
  Vec() = default;
  CHAINRULE_INLINE Vec(__m512d r) : v(r) {}
  CHAINRULE_INLINE Vec(double s) : v(_mm512_set1_pd(s)) {}
  static CHAINRULE_INLINE Tail tail(size_t n) { return static_cast<Tail>((1u << n) - 1u); }
  static CHAINRULE_INLINE Vec load(const double* p) { return _mm512_loadu_pd(p); }
  static CHAINRULE_INLINE Vec load(const double* p, Tail t) { return _mm512_maskz_loadu_pd(t, p); }
  CHAINRULE_INLINE void store(double* p) const { _mm512_storeu_pd(p, v); }
  CHAINRULE_INLINE void stream(double* p) const { _mm512_stream_pd(p, v); }
  CHAINRULE_INLINE void store(double* p, Tail t) const { _mm512_mask_storeu_pd(p, t, v); }
  CHAINRULE_INLINE __m512i bits() const { return _mm512_castpd_si512(v); }
  static CHAINRULE_INLINE Vec from_bits(__m512i b) { return _mm512_castsi512_pd(b); }

  CHAINRULE_INLINE friend Vec operator+(Vec a, Vec b) { return _mm512_add_pd(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator-(Vec a, Vec b) { return _mm512_sub_pd(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator*(Vec a, Vec b) { return _mm512_mul_pd(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator/(Vec a, Vec b) { return _mm512_div_pd(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator-(Vec a) { return _mm512_xor_pd(a.v, _mm512_set1_pd(-0.0)); }
  CHAINRULE_INLINE friend Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_pd(a.v, b.v, c.v); }
  CHAINRULE_INLINE friend Vec fms(Vec a, Vec b, Vec c) { return _mm512_fmsub_pd(a.v, b.v, c.v); }
  CHAINRULE_INLINE friend Vec fnma(Vec a, Vec b, Vec c) { return _mm512_fnmadd_pd(a.v, b.v, c.v); }
  CHAINRULE_INLINE friend Vec exact_error(Vec a, Vec b, Vec p) { return fms(a, b, p); }
  CHAINRULE_INLINE friend Vec min(Vec a, Vec b) { return _mm512_min_pd(a.v, b.v); }
  CHAINRULE_INLINE friend Vec max(Vec a, Vec b) { return _mm512_max_pd(a.v, b.v); }
  CHAINRULE_INLINE friend Vec sqrt(Vec a) { return _mm512_sqrt_pd(a.v); }
  CHAINRULE_INLINE friend Vec near_sqrt(Vec a) { return sqrt(a); }
  CHAINRULE_INLINE friend Vec abs(Vec a) { return _mm512_andnot_pd(_mm512_set1_pd(-0.0), a.v); }
  CHAINRULE_INLINE friend Vec copysign(Vec magnitude, Vec sign) {
    return from_bits(_mm512_ternarylogic_epi64(_mm512_set1_epi64(INT64_MIN), sign.bits(), magnitude.bits(), 0xca));
  }
  CHAINRULE_INLINE friend Vec round(Vec a) { return _mm512_roundscale_pd(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
  CHAINRULE_INLINE friend Vec scale2(Vec x, Vec n) { return _mm512_scalef_pd(x.v, n.v); }
  /// x·2^n where the mask is set, `other` elsewhere.
  CHAINRULE_INLINE friend Vec scale2_where(Mask<double> k, Vec x, Vec n, Vec other) { return _mm512_mask_scalef_pd(other.v, k.m, x.v, n.v); }

  CHAINRULE_INLINE friend Mask<double> operator<(Vec a, Vec b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_LT_OQ)}; }
  CHAINRULE_INLINE friend Mask<double> operator<=(Vec a, Vec b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_LE_OQ)}; }
  CHAINRULE_INLINE friend Mask<double> operator>(Vec a, Vec b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_GT_OQ)}; }
  CHAINRULE_INLINE friend Mask<double> operator>=(Vec a, Vec b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_GE_OQ)}; }
  CHAINRULE_INLINE friend Mask<double> operator==(Vec a, Vec b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_EQ_OQ)}; }
  CHAINRULE_INLINE friend Mask<double> operator!=(Vec a, Vec b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_NEQ_UQ)}; }
  CHAINRULE_INLINE friend Mask<double> above(Vec a, Vec b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_NLE_UQ)}; }
  CHAINRULE_INLINE friend Vec select(Mask<double> k, Vec a, Vec b) { return _mm512_mask_blend_pd(k.m, b.v, a.v); }
  CHAINRULE_INLINE friend Vec keep(Mask<double> k, Vec v) { return _mm512_maskz_mov_pd(k.m, v.v); }

  CHAINRULE_INLINE friend Vec operator&(Vec a, Vec b) { return _mm512_and_pd(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator|(Vec a, Vec b) { return _mm512_or_pd(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator^(Vec a, Vec b) { return _mm512_xor_pd(a.v, b.v); }
  CHAINRULE_INLINE friend Vec andnot(Vec a, Vec b) { return _mm512_andnot_pd(a.v, b.v); }
  CHAINRULE_INLINE friend Vec add_bits(Vec a, Vec b) { return from_bits(_mm512_add_epi64(a.bits(), b.bits())); }
  CHAINRULE_INLINE friend Vec sub_bits(Vec a, Vec b) { return from_bits(_mm512_sub_epi64(a.bits(), b.bits())); }

  CHAINRULE_INLINE friend double reduce_add(Vec a) { return _mm512_reduce_add_pd(a.v); }
  CHAINRULE_INLINE friend double reduce_max(Vec a) { return _mm512_reduce_max_pd(a.v); }
};
template <int k> CHAINRULE_INLINE Vec<double> shift_left(Vec<double> a) { return Vec<double>::from_bits(_mm512_slli_epi64(a.bits(), k)); }
template <int k> CHAINRULE_INLINE Vec<double> shift_right(Vec<double> a) { return Vec<double>::from_bits(_mm512_srli_epi64(a.bits(), k)); }

/// The lower and upper halves of a, exactly.
CHAINRULE_INLINE void widen(Vec<float> a, Vec<double>* low, Vec<double>* high) {
  low->v = _mm512_cvtps_pd(_mm512_castps512_ps256(a.v));
  high->v = _mm512_cvtps_pd(_mm512_extractf32x8_ps(a.v, 1));
}
CHAINRULE_INLINE void widen(const float* p, Vec<double>* low, Vec<double>* high) {
  low->v = _mm512_cvtps_pd(_mm256_loadu_ps(p));
  high->v = _mm512_cvtps_pd(_mm256_loadu_ps(p + 8));
}
CHAINRULE_INLINE Vec<float> narrow(Vec<double> low, Vec<double> high) {
  return _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(low.v)), _mm512_cvtpd_ps(high.v), 1);
}
CHAINRULE_INLINE Vec<double> multiply_words(Vec<double> a, Vec<double> b) { return Vec<double>::from_bits(_mm512_mul_epu32(a.bits(), b.bits())); }
CHAINRULE_INLINE Vec<double> upper_words(Vec<double> a) { return Vec<double>::from_bits(_mm512_shuffle_epi32(a.bits(), static_cast<_MM_PERM_ENUM>(0xf5))); }
CHAINRULE_INLINE Mask<float> words_above(Vec<double> a, Vec<double> b, uint32_t limit) {
  const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  return {_mm512_cmpgt_epu32_mask(_mm512_permutex2var_epi32(a.bits(), even, b.bits()), _mm512_set1_epi32(static_cast<int>(limit)))};
}
CHAINRULE_INLINE Mask<double> words_above(Vec<double> a, uint32_t limit) {
  return {_mm512_cmpgt_epu64_mask(_mm512_slli_epi64(a.bits(), 32), _mm512_set1_epi64(static_cast<int64_t>(uint64_t{limit} << 32)))};
}

template <class T> struct Splice {
  __m512i from;
  CHAINRULE_INLINE explicit Splice(size_t n) : from(sizeof(T) == 4 ? _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) : _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7)) {
    from = sizeof(T) == 4 ? _mm512_add_epi32(from, _mm512_set1_epi32(static_cast<int>(n))) : _mm512_add_epi64(from, _mm512_set1_epi64(static_cast<int64_t>(n)));
  }
  CHAINRULE_INLINE Vec<float> operator()(Vec<float> a, Vec<float> b) const { return _mm512_permutex2var_ps(a.v, from, b.v); }
  CHAINRULE_INLINE Vec<double> operator()(Vec<double> a, Vec<double> b) const { return _mm512_permutex2var_pd(a.v, from, b.v); }
};

/// rows[i] lane j <-> rows[j] lane i: within 128-bit blocks by unpacking, then the blocks themselves.
CHAINRULE_INLINE void transpose(Vec<float>* rows) {
  __m512 t[16], u[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_ps(rows[i].v, rows[i + 1].v);
    t[i + 1] = _mm512_unpackhi_ps(rows[i].v, rows[i + 1].v);
  }
  for (int i = 0; i < 16; i += 4)
    for (int h = 0; h < 2; h++) {
      const __m512d a = _mm512_castps_pd(t[i + h]), b = _mm512_castps_pd(t[i + h + 2]);
      u[i + 2 * h] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
      u[i + 2 * h + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
    }
  for (int c = 0; c < 4; c++) {  // u[4·g + c] holds columns c, c+4, c+8, c+12 of rows 4·g to 4·g+3
    const __m512 a = _mm512_shuffle_f32x4(u[c], u[4 + c], 0x44), b = _mm512_shuffle_f32x4(u[c], u[4 + c], 0xee);
    const __m512 d = _mm512_shuffle_f32x4(u[8 + c], u[12 + c], 0x44), e = _mm512_shuffle_f32x4(u[8 + c], u[12 + c], 0xee);
    rows[c].v = _mm512_shuffle_f32x4(a, d, 0x88);
    rows[c + 4].v = _mm512_shuffle_f32x4(a, d, 0xdd);
    rows[c + 8].v = _mm512_shuffle_f32x4(b, e, 0x88);
    rows[c + 12].v = _mm512_shuffle_f32x4(b, e, 0xdd);
  }
}
/// rows[c] lane r = from[r·stride + c]: the 128-bit blocks are put in their places as they are loaded, which spares half of the shuffles.
CHAINRULE_INLINE void load_transposed(const float* from, size_t stride, Vec<float>* rows) {
  for (int q = 0; q < 4; q++, from += 4) {
    __m512 t[4];  // t[j]: columns 4·q … of rows j, 4 + j, 8 + j, 12 + j
    for (size_t j = 0; j < 4; j++) {
      const float* const p = from + j * stride;
      t[j] = _mm512_castps128_ps512(_mm_loadu_ps(p));
      t[j] = _mm512_insertf32x4(t[j], _mm_loadu_ps(p + 4 * stride), 1);
      t[j] = _mm512_insertf32x4(t[j], _mm_loadu_ps(p + 8 * stride), 2);
      t[j] = _mm512_insertf32x4(t[j], _mm_loadu_ps(p + 12 * stride), 3);
    }
    const __m512d a = _mm512_castps_pd(_mm512_unpacklo_ps(t[0], t[1])), b = _mm512_castps_pd(_mm512_unpackhi_ps(t[0], t[1]));
    const __m512d c = _mm512_castps_pd(_mm512_unpacklo_ps(t[2], t[3])), d = _mm512_castps_pd(_mm512_unpackhi_ps(t[2], t[3]));
    rows[4 * q].v = _mm512_castpd_ps(_mm512_unpacklo_pd(a, c));
    rows[4 * q + 1].v = _mm512_castpd_ps(_mm512_unpackhi_pd(a, c));
    rows[4 * q + 2].v = _mm512_castpd_ps(_mm512_unpacklo_pd(b, d));
    rows[4 * q + 3].v = _mm512_castpd_ps(_mm512_unpackhi_pd(b, d));
  }
}
CHAINRULE_INLINE void transpose(Vec<double>* rows) {
  __m512d t[8];
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm512_unpacklo_pd(rows[i].v, rows[i + 1].v);
    t[i + 1] = _mm512_unpackhi_pd(rows[i].v, rows[i + 1].v);
  }
  for (int c = 0; c < 2; c++) {  // t[2·g + c] holds columns c, c+2, c+4, c+6 of rows 2·g and 2·g+1
    const __m512d a = _mm512_shuffle_f64x2(t[c], t[2 + c], 0x44), b = _mm512_shuffle_f64x2(t[c], t[2 + c], 0xee);
    const __m512d d = _mm512_shuffle_f64x2(t[4 + c], t[6 + c], 0x44), e = _mm512_shuffle_f64x2(t[4 + c], t[6 + c], 0xee);
    rows[c].v = _mm512_shuffle_f64x2(a, d, 0x88);
    rows[c + 2].v = _mm512_shuffle_f64x2(a, d, 0xdd);
    rows[c + 4].v = _mm512_shuffle_f64x2(b, e, 0x88);
    rows[c + 6].v = _mm512_shuffle_f64x2(b, e, 0xdd);
  }
}
/// The same for double: halves of rows are put together as they are loaded, which spares a third of the shuffles.
CHAINRULE_INLINE void load_transposed(const double* from, size_t stride, Vec<double>* rows) {
  const auto pair = [&](size_t row) CHAINRULE_INLINE_LAMBDA {  // of rows `row` and `row` + 2
    const double* const p = from + row * stride;
    return _mm512_insertf64x4(_mm512_castpd256_pd512(_mm256_loadu_pd(p)), _mm256_loadu_pd(p + 2 * stride), 1);
  };
  for (int half = 0; half < 2; half++, from += 4, rows += 4) {
    const __m512d a = pair(0), b = pair(1), c = pair(4), d = pair(5);
    const __m512d even_low = _mm512_unpacklo_pd(a, b), odd_low = _mm512_unpackhi_pd(a, b);
    const __m512d even_high = _mm512_unpacklo_pd(c, d), odd_high = _mm512_unpackhi_pd(c, d);
    rows[0].v = _mm512_shuffle_f64x2(even_low, even_high, 0x88);
    rows[1].v = _mm512_shuffle_f64x2(odd_low, odd_high, 0x88);
    rows[2].v = _mm512_shuffle_f64x2(even_low, even_high, 0xdd);
    rows[3].v = _mm512_shuffle_f64x2(odd_low, odd_high, 0xdd);
  }
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
