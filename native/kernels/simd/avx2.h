// Vec for AVX2 + FMA: 8 floats or 4 doubles, masks as vectors of all-ones and all-zeros.
#pragma once
#include <immintrin.h>

namespace chainrule {
namespace CHAINRULE_ISA {

// Read from word 8 - n: the first n words are all ones.
static constexpr int32_t kTailWords[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
CHAINRULE_INLINE __m256i tail_words(size_t words) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kTailWords + 8 - words));
}

template <> struct Mask<float> {
  __m256 m;
  CHAINRULE_INLINE friend Mask operator&(Mask a, Mask b) { return {_mm256_and_ps(a.m, b.m)}; }
  CHAINRULE_INLINE friend Mask operator|(Mask a, Mask b) { return {_mm256_or_ps(a.m, b.m)}; }
  CHAINRULE_INLINE friend Mask operator!(Mask a) { return {_mm256_xor_ps(a.m, _mm256_castsi256_ps(_mm256_set1_epi32(-1)))}; }
  CHAINRULE_INLINE friend bool any(Mask a) { return _mm256_movemask_ps(a.m) != 0; }
  CHAINRULE_INLINE friend bool all(Mask a) { return _mm256_movemask_ps(a.m) == 0xff; }
  CHAINRULE_INLINE friend int first(Mask a) { return __builtin_ctz(static_cast<unsigned>(_mm256_movemask_ps(a.m))); }
};

template <> struct Mask<double> {
  __m256d m;
  CHAINRULE_INLINE friend Mask operator&(Mask a, Mask b) { return {_mm256_and_pd(a.m, b.m)}; }
  CHAINRULE_INLINE friend Mask operator|(Mask a, Mask b) { return {_mm256_or_pd(a.m, b.m)}; }
  CHAINRULE_INLINE friend Mask operator!(Mask a) { return {_mm256_xor_pd(a.m, _mm256_castsi256_pd(_mm256_set1_epi32(-1)))}; }
  CHAINRULE_INLINE friend bool any(Mask a) { return _mm256_movemask_pd(a.m) != 0; }
  CHAINRULE_INLINE friend bool all(Mask a) { return _mm256_movemask_pd(a.m) == 0xf; }
  CHAINRULE_INLINE friend int first(Mask a) { return __builtin_ctz(static_cast<unsigned>(_mm256_movemask_pd(a.m))); }
};

template <> struct Vec<float> {
  static constexpr int lanes = 8;
  using Tail = __m256i;
  __m256 v;
  Vec() = default;
  CHAINRULE_INLINE Vec(__m256 r) : v(r) {}
  CHAINRULE_INLINE Vec(float s) : v(_mm256_set1_ps(s)) {}
  static CHAINRULE_INLINE Tail tail(size_t n) { return tail_words(n); }
  static CHAINRULE_INLINE Vec load(const float* p) { return _mm256_loadu_ps(p); }
  static CHAINRULE_INLINE Vec load(const float* p, Tail t) { return _mm256_maskload_ps(p, t); }
  CHAINRULE_INLINE void store(float* p) const { _mm256_storeu_ps(p, v); }
  CHAINRULE_INLINE void stream(float* p) const { _mm256_stream_ps(p, v); }
  CHAINRULE_INLINE void store(float* p, Tail t) const { _mm256_maskstore_ps(p, t, v); }
  CHAINRULE_INLINE __m256i bits() const { return _mm256_castps_si256(v); }
  static CHAINRULE_INLINE Vec from_bits(__m256i b) { return _mm256_castsi256_ps(b); }

  CHAINRULE_INLINE friend Vec operator+(Vec a, Vec b) { return _mm256_add_ps(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator-(Vec a, Vec b) { return _mm256_sub_ps(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator*(Vec a, Vec b) { return _mm256_mul_ps(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator/(Vec a, Vec b) { return _mm256_div_ps(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator-(Vec a) { return _mm256_xor_ps(a.v, _mm256_set1_ps(-0.0f)); }
  CHAINRULE_INLINE friend Vec fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a.v, b.v, c.v); }
  CHAINRULE_INLINE friend Vec fms(Vec a, Vec b, Vec c) { return _mm256_fmsub_ps(a.v, b.v, c.v); }
  CHAINRULE_INLINE friend Vec fnma(Vec a, Vec b, Vec c) { return _mm256_fnmadd_ps(a.v, b.v, c.v); }
  CHAINRULE_INLINE friend Vec exact_error(Vec a, Vec b, Vec p) { return fms(a, b, p); }
  CHAINRULE_INLINE friend Vec min(Vec a, Vec b) { return _mm256_min_ps(a.v, b.v); }
  CHAINRULE_INLINE friend Vec max(Vec a, Vec b) { return _mm256_max_ps(a.v, b.v); }
  CHAINRULE_INLINE friend Vec sqrt(Vec a) { return _mm256_sqrt_ps(a.v); }
  CHAINRULE_INLINE friend Vec near_sqrt(Vec a) { return sqrt(a); }
  CHAINRULE_INLINE friend Vec abs(Vec a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v); }
  CHAINRULE_INLINE friend Vec copysign(Vec magnitude, Vec sign) {
    return abs(magnitude) | Vec(_mm256_and_ps(_mm256_set1_ps(-0.0f), sign.v));
  }
  CHAINRULE_INLINE friend Vec round(Vec a) { return _mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

  CHAINRULE_INLINE friend Mask<float> operator<(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ)}; }
  CHAINRULE_INLINE friend Mask<float> operator<=(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LE_OQ)}; }
  CHAINRULE_INLINE friend Mask<float> operator>(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_GT_OQ)}; }
  CHAINRULE_INLINE friend Mask<float> operator>=(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_GE_OQ)}; }
  CHAINRULE_INLINE friend Mask<float> operator==(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_EQ_OQ)}; }
  CHAINRULE_INLINE friend Mask<float> operator!=(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_NEQ_UQ)}; }
  CHAINRULE_INLINE friend Vec select(Mask<float> k, Vec a, Vec b) { return _mm256_blendv_ps(b.v, a.v, k.m); }

  CHAINRULE_INLINE friend Vec operator&(Vec a, Vec b) { return _mm256_and_ps(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator|(Vec a, Vec b) { return _mm256_or_ps(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator^(Vec a, Vec b) { return _mm256_xor_ps(a.v, b.v); }
  CHAINRULE_INLINE friend Vec andnot(Vec a, Vec b) { return _mm256_andnot_ps(a.v, b.v); }
  CHAINRULE_INLINE friend Vec add_bits(Vec a, Vec b) { return from_bits(_mm256_add_epi32(a.bits(), b.bits())); }
  CHAINRULE_INLINE friend Vec sub_bits(Vec a, Vec b) { return from_bits(_mm256_sub_epi32(a.bits(), b.bits())); }

  CHAINRULE_INLINE friend float reduce_add(Vec a) {
    __m128 h = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
    h = _mm_add_ps(h, _mm_movehl_ps(h, h));
    return _mm_cvtss_f32(_mm_add_ss(h, _mm_movehdup_ps(h)));
  }
  CHAINRULE_INLINE friend float reduce_max(Vec a) {
    __m128 h = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
    h = _mm_max_ps(h, _mm_movehl_ps(h, h));
    return _mm_cvtss_f32(_mm_max_ss(h, _mm_movehdup_ps(h)));
  }
};
constexpr bool streams = true;
CHAINRULE_INLINE void store_fence() { _mm_sfence(); }
template <int k> CHAINRULE_INLINE Vec<float> shift_left(Vec<float> a) { return Vec<float>::from_bits(_mm256_slli_epi32(a.bits(), k)); }
template <int k> CHAINRULE_INLINE Vec<float> shift_right(Vec<float> a) { return Vec<float>::from_bits(_mm256_srli_epi32(a.bits(), k)); }

template <> struct Vec<double> {
  static constexpr int lanes = 4;
  using Tail = __m256i;
  __m256d v;
  Vec() = default;
  CHAINRULE_INLINE Vec(__m256d r) : v(r) {}
  CHAINRULE_INLINE Vec(double s) : v(_mm256_set1_pd(s)) {}
  static CHAINRULE_INLINE Tail tail(size_t n) { return tail_words(2 * n); }
  static CHAINRULE_INLINE Vec load(const double* p) { return _mm256_loadu_pd(p); }
  static CHAINRULE_INLINE Vec load(const double* p, Tail t) { return _mm256_maskload_pd(p, t); }
  CHAINRULE_INLINE void store(double* p) const { _mm256_storeu_pd(p, v); }
  CHAINRULE_INLINE void stream(double* p) const { _mm256_stream_pd(p, v); }
  CHAINRULE_INLINE void store(double* p, Tail t) const { _mm256_maskstore_pd(p, t, v); }
  CHAINRULE_INLINE __m256i bits() const { return _mm256_castpd_si256(v); }
  static CHAINRULE_INLINE Vec from_bits(__m256i b) { return _mm256_castsi256_pd(b); }

  CHAINRULE_INLINE friend Vec operator+(Vec a, Vec b) { return _mm256_add_pd(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator-(Vec a, Vec b) { return _mm256_sub_pd(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator*(Vec a, Vec b) { return _mm256_mul_pd(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator/(Vec a, Vec b) { return _mm256_div_pd(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator-(Vec a) { return _mm256_xor_pd(a.v, _mm256_set1_pd(-0.0)); }
  CHAINRULE_INLINE friend Vec fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_pd(a.v, b.v, c.v); }
  CHAINRULE_INLINE friend Vec fms(Vec a, Vec b, Vec c) { return _mm256_fmsub_pd(a.v, b.v, c.v); }
  CHAINRULE_INLINE friend Vec fnma(Vec a, Vec b, Vec c) { return _mm256_fnmadd_pd(a.v, b.v, c.v); }
  CHAINRULE_INLINE friend Vec exact_error(Vec a, Vec b, Vec p) { return fms(a, b, p); }
  CHAINRULE_INLINE friend Vec min(Vec a, Vec b) { return _mm256_min_pd(a.v, b.v); }
  CHAINRULE_INLINE friend Vec max(Vec a, Vec b) { return _mm256_max_pd(a.v, b.v); }
  CHAINRULE_INLINE friend Vec sqrt(Vec a) { return _mm256_sqrt_pd(a.v); }
  CHAINRULE_INLINE friend Vec near_sqrt(Vec a) { return sqrt(a); }
  CHAINRULE_INLINE friend Vec abs(Vec a) { return _mm256_andnot_pd(_mm256_set1_pd(-0.0), a.v); }
  CHAINRULE_INLINE friend Vec copysign(Vec magnitude, Vec sign) {
    return abs(magnitude) | Vec(_mm256_and_pd(_mm256_set1_pd(-0.0), sign.v));
  }
  CHAINRULE_INLINE friend Vec round(Vec a) { return _mm256_round_pd(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

  CHAINRULE_INLINE friend Mask<double> operator<(Vec a, Vec b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_LT_OQ)}; }
  CHAINRULE_INLINE friend Mask<double> operator<=(Vec a, Vec b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_LE_OQ)}; }
  CHAINRULE_INLINE friend Mask<double> operator>(Vec a, Vec b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_GT_OQ)}; }
  CHAINRULE_INLINE friend Mask<double> operator>=(Vec a, Vec b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_GE_OQ)}; }
  CHAINRULE_INLINE friend Mask<double> operator==(Vec a, Vec b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_EQ_OQ)}; }
  CHAINRULE_INLINE friend Mask<double> operator!=(Vec a, Vec b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_NEQ_UQ)}; }
  CHAINRULE_INLINE friend Vec select(Mask<double> k, Vec a, Vec b) { return _mm256_blendv_pd(b.v, a.v, k.m); }

  CHAINRULE_INLINE friend Vec operator&(Vec a, Vec b) { return _mm256_and_pd(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator|(Vec a, Vec b) { return _mm256_or_pd(a.v, b.v); }
  CHAINRULE_INLINE friend Vec operator^(Vec a, Vec b) { return _mm256_xor_pd(a.v, b.v); }
  CHAINRULE_INLINE friend Vec andnot(Vec a, Vec b) { return _mm256_andnot_pd(a.v, b.v); }
  CHAINRULE_INLINE friend Vec add_bits(Vec a, Vec b) { return from_bits(_mm256_add_epi64(a.bits(), b.bits())); }
  CHAINRULE_INLINE friend Vec sub_bits(Vec a, Vec b) { return from_bits(_mm256_sub_epi64(a.bits(), b.bits())); }

  CHAINRULE_INLINE friend double reduce_add(Vec a) {
    const __m128d h = _mm_add_pd(_mm256_castpd256_pd128(a.v), _mm256_extractf128_pd(a.v, 1));
    return _mm_cvtsd_f64(_mm_add_sd(h, _mm_unpackhi_pd(h, h)));
  }
  CHAINRULE_INLINE friend double reduce_max(Vec a) {
    const __m128d h = _mm_max_pd(_mm256_castpd256_pd128(a.v), _mm256_extractf128_pd(a.v, 1));
    return _mm_cvtsd_f64(_mm_max_sd(h, _mm_unpackhi_pd(h, h)));
  }
};
template <int k> CHAINRULE_INLINE Vec<double> shift_left(Vec<double> a) { return Vec<double>::from_bits(_mm256_slli_epi64(a.bits(), k)); }
template <int k> CHAINRULE_INLINE Vec<double> shift_right(Vec<double> a) { return Vec<double>::from_bits(_mm256_srli_epi64(a.bits(), k)); }

/// The lower and upper halves of a, exactly.
CHAINRULE_INLINE void widen(Vec<float> a, Vec<double>* low, Vec<double>* high) {
  low->v = _mm256_cvtps_pd(_mm256_castps256_ps128(a.v));
  high->v = _mm256_cvtps_pd(_mm256_extractf128_ps(a.v, 1));
}
CHAINRULE_INLINE void widen(const float* p, Vec<double>* low, Vec<double>* high) {
  low->v = _mm256_cvtps_pd(_mm_loadu_ps(p));
  high->v = _mm256_cvtps_pd(_mm_loadu_ps(p + 4));
}
CHAINRULE_INLINE Vec<float> narrow(Vec<double> low, Vec<double> high) {
  return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm256_cvtpd_ps(low.v)), _mm256_cvtpd_ps(high.v), 1);
}
CHAINRULE_INLINE Vec<double> multiply_words(Vec<double> a, Vec<double> b) { return Vec<double>::from_bits(_mm256_mul_epu32(a.bits(), b.bits())); }
CHAINRULE_INLINE Vec<double> upper_words(Vec<double> a) { return Vec<double>::from_bits(_mm256_shuffle_epi32(a.bits(), 0xf5)); }
// Comparisons of whole numbers are signed: with the sign bit turned over they are right.
CHAINRULE_INLINE Mask<float> words_above(Vec<double> a, Vec<double> b, uint32_t limit) {
  const __m256i even = _mm256_castps_si256(_mm256_shuffle_ps(_mm256_castpd_ps(a.v), _mm256_castpd_ps(b.v), 0x88)), sign = _mm256_set1_epi32(INT32_MIN);
  const __m256i words = _mm256_permute4x64_epi64(even, 0xd8), least = _mm256_set1_epi32(static_cast<int>(limit ^ 0x80000000u));
  return {_mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_xor_si256(words, sign), least))};
}
CHAINRULE_INLINE Mask<double> words_above(Vec<double> a, uint32_t limit) {
  const __m256i words = _mm256_xor_si256(_mm256_slli_epi64(a.bits(), 32), _mm256_set1_epi64x(INT64_MIN));
  return {_mm256_castsi256_pd(_mm256_cmpgt_epi64(words, _mm256_set1_epi64x(static_cast<int64_t>(uint64_t{limit ^ 0x80000000u} << 32))))};
}

template <class T> struct Splice {  // both are turned by n lanes, then joined
  __m256i from, second;
  CHAINRULE_INLINE explicit Splice(size_t n) {
    const __m256i words = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    from = _mm256_add_epi32(words, _mm256_set1_epi32(static_cast<int>(n * sizeof(T) / 4)));
    second = _mm256_cmpgt_epi32(from, _mm256_set1_epi32(7));
  }
  CHAINRULE_INLINE Vec<float> operator()(Vec<float> a, Vec<float> b) const {
    return _mm256_blendv_ps(_mm256_permutevar8x32_ps(a.v, from), _mm256_permutevar8x32_ps(b.v, from), _mm256_castsi256_ps(second));
  }
  CHAINRULE_INLINE Vec<double> operator()(Vec<double> a, Vec<double> b) const {
    return _mm256_castps_pd(Splice<float>(*this)(Vec<float>(_mm256_castpd_ps(a.v)), Vec<float>(_mm256_castpd_ps(b.v))).v);
  }
  template <class U> CHAINRULE_INLINE explicit Splice(const Splice<U>& other) : from(other.from), second(other.second) {}
};

/// rows[i] lane j <-> rows[j] lane i: within the 128-bit halves by unpacking, then the halves themselves.
CHAINRULE_INLINE void transpose(Vec<float>* rows) {
  __m256 t[8], u[8];
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_ps(rows[i].v, rows[i + 1].v);
    t[i + 1] = _mm256_unpackhi_ps(rows[i].v, rows[i + 1].v);
  }
  for (int i = 0; i < 8; i += 4)
    for (int h = 0; h < 2; h++) {
      const __m256d a = _mm256_castps_pd(t[i + h]), b = _mm256_castps_pd(t[i + h + 2]);
      u[i + 2 * h] = _mm256_castpd_ps(_mm256_unpacklo_pd(a, b));
      u[i + 2 * h + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(a, b));
    }
  for (int c = 0; c < 4; c++) {  // u[4·g + c] holds columns c and c+4 of rows 4·g to 4·g+3
    rows[c].v = _mm256_permute2f128_ps(u[c], u[4 + c], 0x20);
    rows[c + 4].v = _mm256_permute2f128_ps(u[c], u[4 + c], 0x31);
  }
}
CHAINRULE_INLINE void transpose(Vec<double>* rows) {
  const __m256d a = _mm256_unpacklo_pd(rows[0].v, rows[1].v), b = _mm256_unpackhi_pd(rows[0].v, rows[1].v);
  const __m256d c = _mm256_unpacklo_pd(rows[2].v, rows[3].v), d = _mm256_unpackhi_pd(rows[2].v, rows[3].v);
  rows[0].v = _mm256_permute2f128_pd(a, c, 0x20);
  rows[1].v = _mm256_permute2f128_pd(b, d, 0x20);
  rows[2].v = _mm256_permute2f128_pd(a, c, 0x31);
  rows[3].v = _mm256_permute2f128_pd(b, d, 0x31);
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
