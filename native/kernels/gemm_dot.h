// GEMM for A·Bᵀ with rows of both contiguous along k, few rows and long k: tiles of dot products, vectors along k, no packing.
#pragma once
#include "gemm_block.h"

namespace chainrule {
namespace CHAINRULE_ISA {
namespace {

/// Four sums side by side: a vector of the compiler's where registers are that wide.
template <class T>
struct Four {
  T v[4];
  CHAINRULE_INLINE T& operator[](int i) { return v[i]; }
  CHAINRULE_INLINE friend Four operator+(Four a, Four b) { return {{a.v[0] + b.v[0], a.v[1] + b.v[1], a.v[2] + b.v[2], a.v[3] + b.v[3]}}; }
  CHAINRULE_INLINE friend Four operator*(Four a, T s) { return {{a.v[0] * s, a.v[1] * s, a.v[2] * s, a.v[3] * s}}; }
};
template <class T> struct QuadType { using Type = Four<T>; };
#if defined(CHAINRULE_ISA_avx512) || defined(CHAINRULE_ISA_avx2) || defined(CHAINRULE_ISA_neon)
template <> struct QuadType<float> { typedef float Type __attribute__((vector_size(16))); };
#endif
#if defined(CHAINRULE_ISA_avx512) || defined(CHAINRULE_ISA_avx2)
template <> struct QuadType<double> { typedef double Type __attribute__((vector_size(32))); };
#endif
template <class T> using Quad = typename QuadType<T>::Type;

template <class T>
CHAINRULE_INLINE Quad<T> load_quad(const T* p, int n) {
  Quad<T> q = {};
  if (n == 4) __builtin_memcpy(&q, p, sizeof q);
  else for (int i = 0; i < n; i++) q[i] = p[i];
  return q;
}
template <class T>
CHAINRULE_INLINE void store_quad(Quad<T> q, T* p, int n) {
  if (n == 4) __builtin_memcpy(p, &q, sizeof q);
  else for (int i = 0; i < n; i++) p[i] = q[i];
}

// {Σa, Σb, Σc, Σd} over lanes: pairs within blocks of 128 bits, then the blocks. The same order for each of the four.
#if defined(CHAINRULE_ISA_avx512) || defined(CHAINRULE_ISA_avx2)
CHAINRULE_INLINE Quad<float> sum_lanes_256(__m256 a, __m256 b, __m256 c, __m256 d) {
  const __m256 ab = _mm256_add_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
  const __m256 cd = _mm256_add_ps(_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
  const __m256 low = _mm256_castpd_ps(_mm256_unpacklo_pd(_mm256_castps_pd(ab), _mm256_castps_pd(cd)));
  const __m256 high = _mm256_castpd_ps(_mm256_unpackhi_pd(_mm256_castps_pd(ab), _mm256_castps_pd(cd)));
  const __m256 sums = _mm256_add_ps(low, high);
  return _mm_add_ps(_mm256_castps256_ps128(sums), _mm256_extractf128_ps(sums, 1));
}
CHAINRULE_INLINE Quad<double> sum_lanes_256(__m256d a, __m256d b, __m256d c, __m256d d) {
  const __m256d ab = _mm256_add_pd(_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b));
  const __m256d cd = _mm256_add_pd(_mm256_unpacklo_pd(c, d), _mm256_unpackhi_pd(c, d));
  return _mm256_add_pd(_mm256_permute2f128_pd(ab, cd, 0x20), _mm256_permute2f128_pd(ab, cd, 0x31));
}
#endif
#if defined(CHAINRULE_ISA_avx512)
CHAINRULE_INLINE Quad<float> sum_lanes(Vec<float> a, Vec<float> b, Vec<float> c, Vec<float> d) {
  const __m512 ab = _mm512_add_ps(_mm512_unpacklo_ps(a.v, b.v), _mm512_unpackhi_ps(a.v, b.v));
  const __m512 cd = _mm512_add_ps(_mm512_unpacklo_ps(c.v, d.v), _mm512_unpackhi_ps(c.v, d.v));
  const __m512 low = _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(ab), _mm512_castps_pd(cd)));
  const __m512 high = _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(ab), _mm512_castps_pd(cd)));
  const __m512 sums = _mm512_add_ps(low, high);
  const __m256 half = _mm256_add_ps(_mm512_castps512_ps256(sums), _mm512_extractf32x8_ps(sums, 1));
  return _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
}
CHAINRULE_INLINE __m256d fold(__m512d a) { return _mm256_add_pd(_mm512_castpd512_pd256(a), _mm512_extractf64x4_pd(a, 1)); }
CHAINRULE_INLINE Quad<double> sum_lanes(Vec<double> a, Vec<double> b, Vec<double> c, Vec<double> d) {
  return sum_lanes_256(fold(a.v), fold(b.v), fold(c.v), fold(d.v));
}
#elif defined(CHAINRULE_ISA_avx2)
template <class T>
CHAINRULE_INLINE Quad<T> sum_lanes(Vec<T> a, Vec<T> b, Vec<T> c, Vec<T> d) { return sum_lanes_256(a.v, b.v, c.v, d.v); }
#elif defined(CHAINRULE_ISA_neon)
CHAINRULE_INLINE Quad<float> sum_lanes(Vec<float> a, Vec<float> b, Vec<float> c, Vec<float> d) {
  return vpaddq_f32(vpaddq_f32(a.v, b.v), vpaddq_f32(c.v, d.v));
}
CHAINRULE_INLINE Quad<double> sum_lanes(Vec<double> a, Vec<double> b, Vec<double> c, Vec<double> d) {
  return {{vaddvq_f64(a.v), vaddvq_f64(b.v), vaddvq_f64(c.v), vaddvq_f64(d.v)}};
}
#else
template <class T>
CHAINRULE_INLINE Quad<T> sum_lanes(Vec<T> a, Vec<T> b, Vec<T> c, Vec<T> d) { return {{a.v, b.v, c.v, d.v}}; }
#endif

/// Rows × columns of dot products that the registers hold.
struct DotTiles {
#if defined(CHAINRULE_ISA_avx512) || defined(CHAINRULE_ISA_neon)
  static constexpr int rows = 6;
#else
  static constexpr int rows = 3;
#endif
  static constexpr int columns = 4;
};

/// c[Rows, Columns] = alpha·a·bᵀ + beta·c + bias, a(i,p) = a[i·a_row + p], b(p,j) = b[j·b_col + p].
template <class T, int Rows, int Columns>
void dot_tile(const GemmBlock<T>& block, const T* a, const T* b, T* c, const T* bias) {
  using V = Vec<T>;
  constexpr int lanes = V::lanes;
  V acc[Rows][4];
#pragma GCC unroll 8
  for (int i = 0; i < Rows; i++)
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) acc[i][j] = V(T(0));
  size_t row = block.a_row, column = block.b_col, column3 = 3 * column;
  const T* a3 = a + 3 * row;
  // The vector of k that lies `at` vectors on.
  const auto multiply = [&](int at, auto&& load) CHAINRULE_INLINE_LAMBDA {
    // Hidden anew, or else g++ keeps sums of strides and `at`, and more of them than there are registers.
    CHAINRULE_OPAQUE(row);
    CHAINRULE_OPAQUE(column);
    CHAINRULE_OPAQUE(column3);
    V bv[Columns];
#pragma GCC unroll 4
    for (int j = 0; j < Columns; j++) {
      bv[j] = load(b + (j == 3 ? column3 : static_cast<size_t>(j) * column) + at * lanes);
      CHAINRULE_PIN(bv[j].v);
    }
#pragma GCC unroll 8
    for (int i = 0; i < Rows; i++) {
      V av = load((i < 3 ? a : a3) + static_cast<size_t>(i % 3) * row + at * lanes);
      CHAINRULE_PIN(av.v);
#pragma GCC unroll 4
      for (int j = 0; j < Columns; j++) acc[i][j] = fma(av, bv[j], acc[i][j]);
    }
  };
  const auto move = [&](int vectors) CHAINRULE_INLINE_LAMBDA {
    a += vectors * lanes;
    a3 += vectors * lanes;
    b += vectors * lanes;
    CHAINRULE_OPAQUE(a);
    CHAINRULE_OPAQUE(a3);
    CHAINRULE_OPAQUE(b);
  };
  const auto whole = [](const T* x) CHAINRULE_INLINE_LAMBDA { return V::load(x); };
  size_t p = block.k;
  for (; p >= 2 * static_cast<size_t>(lanes); p -= 2 * static_cast<size_t>(lanes)) {
    multiply(0, whole);
    multiply(1, whole);
    move(2);
  }
  if (p >= static_cast<size_t>(lanes)) {
    multiply(0, whole);
    move(1);
    p -= static_cast<size_t>(lanes);
  }
  if (p != 0) {
    const typename V::Tail tail = V::tail(p);
    multiply(0, [&](const T* x) CHAINRULE_INLINE_LAMBDA { return V::load(x, tail); });
  }

  Quad<T> sums[Rows];
#pragma GCC unroll 8
  for (int i = 0; i < Rows; i++) sums[i] = sum_lanes(acc[i][0], acc[i][1], acc[i][2], acc[i][3]);
  const T alpha = block.alpha, beta = block.beta;
  Quad<T> shift = {};
  if (bias) shift = load_quad(bias, Columns);
#pragma GCC unroll 8
  for (int i = 0; i < Rows; i++, c += block.c_row) {
    Quad<T> value = sums[i];
    if (alpha != T(1)) value = value * alpha;
    if (beta != T(0)) value = value + load_quad(c, Columns) * beta;
    if (bias) value = value + shift;
    store_quad(value, c, Columns);
  }
}

template <class T>
using DotFunction = void (*)(const GemmBlock<T>&, const T*, const T*, T*, const T*);

template <class T>
struct DotTable {
  DotFunction<T> of[DotTiles::rows + 1][DotTiles::columns + 1] = {};
  constexpr DotTable() { fill(typename MakeIndices<DotTiles::rows>::Type{}); }
  template <int... Rows>
  constexpr void fill(Indices<Rows...>) { (fill_row<Rows + 1>(typename MakeIndices<DotTiles::columns>::Type{}), ...); }
  template <int Rows, int... Columns>
  constexpr void fill_row(Indices<Columns...>) { ((of[Rows][Columns + 1] = dot_tile<T, Rows, Columns + 1>), ...); }
};
template <class T>
constexpr DotTable<T> kDots;

/// Calls visit(first, count) for the pieces of [0, n).
template <class Visit>
CHAINRULE_INLINE void for_each_piece(size_t n, size_t most, Visit&& visit) {
  for (size_t i = 0; i < n;) {
    const size_t count = next_piece(n - i, most);
    visit(i, count);
    i += count;
  }
}

template <class T>
void gemm_dot(const GemmBlock<T>& block) {
  constexpr size_t lanes = Vec<T>::lanes;
  if (block.b_copy) {  // B's rows are contiguous: turn it over
    GemmBlock<T> turned = block;
    turned.b_row = 1;
    turned.b_col = (block.k + lanes - 1) / lanes * lanes;
    turned.b_copy = nullptr;
    if (!block.b_packed) transpose_panel(block.n, block.k, block.b, block.b_row, turned.b_col, block.b_copy);
    turned.b = block.b_copy;
    return gemm_dot(turned);
  }
  const auto tile = [&](size_t i, size_t rows, size_t j, size_t columns) CHAINRULE_INLINE_LAMBDA {
    kDots<T>.of[rows][columns](block, block.a + i * block.a_row, block.b + j * block.b_col, block.c + i * block.c_row + j, block.bias ? block.bias + j : nullptr);
  };
  // Loops 2 and 1: a few columns of B stay in L1 while all rows of A pass by; or all of B does, and A passes by once.
  if (block.n * block.k * sizeof(T) <= kNear && block.m * block.k * sizeof(T) > kNear) {
    for_each_piece(block.m, DotTiles::rows, [&](size_t i, size_t rows) CHAINRULE_INLINE_LAMBDA {
      for_each_piece(block.n, DotTiles::columns, [&](size_t j, size_t columns) CHAINRULE_INLINE_LAMBDA { tile(i, rows, j, columns); });
    });
  } else {
    for_each_piece(block.n, DotTiles::columns, [&](size_t j, size_t columns) CHAINRULE_INLINE_LAMBDA {
      for_each_piece(block.m, DotTiles::rows, [&](size_t i, size_t rows) CHAINRULE_INLINE_LAMBDA { tile(i, rows, j, columns); });
    });
  }
}

}  // namespace
}  // namespace CHAINRULE_ISA
}  // namespace chainrule
