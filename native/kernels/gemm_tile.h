// The micro-kernel: one tile of C in registers. Rows are broadcast from A, columns are vectors of B.
#pragma once
#include "gemm_table.h"
#include "simd/vec.h"

namespace chainrule {
namespace CHAINRULE_ISA {
namespace {

// Keeps a loaded value in its register: without it g++ folds the load into every multiply-add that uses it, and the tile
// is bound by loads.
#if defined(__GNUC__) && defined(CHAINRULE_ISA_avx512)
#define CHAINRULE_PIN(value) __asm__("" : "+v"(value))
#elif defined(__GNUC__) && defined(CHAINRULE_ISA_avx2)
#define CHAINRULE_PIN(value) __asm__("" : "+x"(value))
#elif defined(__GNUC__) && defined(CHAINRULE_ISA_neon)
#define CHAINRULE_PIN(value) __asm__("" : "+w"(value))
#else
#define CHAINRULE_PIN(value) (void)0
#endif
// Hides how a pointer was computed, so that g++ does not turn one pointer and fixed offsets into many pointers.
#if defined(__GNUC__)
#define CHAINRULE_OPAQUE(pointer) __asm__("" : "+r"(pointer))
#else
#define CHAINRULE_OPAQUE(pointer) (void)0
#endif

// acc += a·b, one instruction between registers: the compiler's own choice of form costs moves, and the tiles' speed depends on
// how few instructions they are where another hardware thread shares the core.
template <class T>
CHAINRULE_INLINE void fma_into(Vec<T>& acc, Vec<T> a, Vec<T> b) { acc = fma(a, b, acc); }
#if defined(__GNUC__) && defined(CHAINRULE_ISA_avx512)
CHAINRULE_INLINE void fma_into(Vec<float>& acc, Vec<float> a, Vec<float> b) { __asm__("vfmadd231ps %2, %1, %0" : "+v"(acc.v) : "v"(a.v), "v"(b.v)); }
CHAINRULE_INLINE void fma_into(Vec<double>& acc, Vec<double> a, Vec<double> b) { __asm__("vfmadd231pd %2, %1, %0" : "+v"(acc.v) : "v"(a.v), "v"(b.v)); }
#elif defined(__GNUC__) && defined(CHAINRULE_ISA_avx2)
CHAINRULE_INLINE void fma_into(Vec<float>& acc, Vec<float> a, Vec<float> b) { __asm__("vfmadd231ps %2, %1, %0" : "+x"(acc.v) : "x"(a.v), "x"(b.v)); }
CHAINRULE_INLINE void fma_into(Vec<double>& acc, Vec<double> a, Vec<double> b) { __asm__("vfmadd231pd %2, %1, %0" : "+x"(acc.v) : "x"(a.v), "x"(b.v)); }
#endif

/// Registers left for accumulators decide the tiles: rows[v] is the most rows of a tile of v vectors; a product of so few
/// rows that these registers stay empty is done in tiles of wide[rows] vectors, which read long pieces of B's rows.
struct Tiles {
#if defined(CHAINRULE_ISA_avx512) || defined(CHAINRULE_ISA_neon)
  static constexpr int vectors = 4;
  static constexpr int rows[5] = {0, 16, 12, 8, 6};
  static constexpr int wide[5] = {0, 16, 12, 8, 6};
#else
  static constexpr int vectors = 2;
  static constexpr int rows[3] = {0, 12, 6};
  static constexpr int wide[4] = {0, 8, 5, 3};
#endif
  static constexpr int max_rows = rows[1], most_wide_rows = static_cast<int>(sizeof wide / sizeof wide[0]) - 1, max_vectors = wide[1];
};

/// What a tile asks the cache for while it works: one line each step, `step` elements on, and another `hop` on whenever the
/// number of steps left has none of the bits of `turn`.
template <class T>
struct Ahead {
  const T* first;
  ptrdiff_t step = 0, hop = 0;
  size_t turn = ~size_t{0};
};

/// What the tiles of one column panel share.
template <class T>
struct Panel {
  size_t k;
  size_t a_row, a_col;
  const T* b;
  size_t b_row;
  size_t c_row;
  T alpha, beta;
  const T* bias;                ///< null, or the panel's part
  bool plain;                   ///< alpha = 1, beta = 0, no bias: the sums are what is stored
  T* copy;                      ///< where the copying tiles lay B's panel down, packed
  Ahead<T> ahead;
  typename Vec<T>::Tail tail;   ///< lanes of the last vector, for the masked tiles
};

template <bool Masked, class T>
CHAINRULE_INLINE Vec<T> load_last(const T* p, typename Vec<T>::Tail tail) {
  if constexpr (Masked) return Vec<T>::load(p, tail);
  else return Vec<T>::load(p);
}
template <bool Masked, class T>
CHAINRULE_INLINE void store_last(Vec<T> v, T* p, typename Vec<T>::Tail tail) {
  if constexpr (Masked) v.store(p, tail);
  else v.store(p);
}

/// What a tile does with the panel of B beside multiplying by it.
enum class Pass {
  usual,
  copying,  ///< lays it down in panel.copy, packed
  only,     ///< fetches its rows, because no other tile reads it and it lies far away
};

/// C[Rows, Vectors] = alpha·A·B + beta·C + bias; beta = 0 never reads C. Masked: the last vector ends at panel.tail.
template <class T, int Rows, int Vectors, bool Masked, Pass pass = Pass::usual>
void tile(const Panel<T>& panel, const T* a, T* c) {
  using V = Vec<T>;
  constexpr int lanes = V::lanes, groups = (Rows + 3) / 4, last = Vectors - 1;
  constexpr size_t rows_ahead = 8;
  const typename V::Tail tail = panel.tail;
  const size_t c_row = panel.c_row;

  V acc[Rows][Vectors];
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++)
#pragma GCC unroll 16
    for (int j = 0; j < Vectors; j++) acc[i][j] = V(T(0));

  // Rows of A in groups of four, each reached from one pointer by the strides row and 3·row.
  size_t row3 = 3 * panel.a_row;
  CHAINRULE_OPAQUE(row3);
  const size_t row = panel.a_row, col = panel.a_col, b_row = panel.b_row;
  const T* group[groups];
#pragma GCC unroll 4
  for (int g = 0; g < groups; g++) group[g] = a + static_cast<size_t>(4 * g) * row;
  const T* b = panel.b;
  T* copy = panel.copy;
  const T* ahead = panel.ahead.first;
  const ptrdiff_t step = panel.ahead.step;
  const size_t turn = panel.ahead.turn;
  // C is wanted at the end: a long sum leaves the time to fetch it, and is not delayed much by so many instructions.
  if (panel.k >= 256)
#pragma GCC unroll 16
    for (int i = 0; i < Rows; i++)
#pragma GCC unroll 16
      for (int j = 0; j < Vectors; j++) __builtin_prefetch(c + static_cast<size_t>(i) * c_row + j * lanes, 1);
  for (size_t p = panel.k; p != 0;) {
    if constexpr (pass == Pass::only) {
      constexpr int line = 64 / sizeof(T);
#pragma GCC unroll 16
      for (int j = 0; j < Vectors * lanes; j += line) __builtin_prefetch(b + rows_ahead * b_row + j);
    } else if constexpr (Vectors > 1) {
      __builtin_prefetch(ahead, 0, 2);
      ahead += step;
      CHAINRULE_OPAQUE(ahead);
    }
    const auto from_a = [&](int i) CHAINRULE_INLINE_LAMBDA {
      const T* g = group[i / 4];
      return V(i % 4 == 0 ? g[0] : i % 4 == 1 ? g[row] : i % 4 == 2 ? g[2 * row] : g[row3]);
    };
    const auto from_b = [&](int j) CHAINRULE_INLINE_LAMBDA {
      V v = j == last ? load_last<Masked>(b + j * lanes, tail) : V::load(b + j * lanes);
      CHAINRULE_PIN(v.v);
      if constexpr (pass == Pass::copying) v.store(copy + j * lanes);
      return v;
    };
    if constexpr (Rows <= Tiles::most_wide_rows && Vectors > Tiles::vectors) {
      V av[Rows];
#pragma GCC unroll 4
      for (int i = 0; i < Rows; i++) {
        av[i] = from_a(i);
        CHAINRULE_PIN(av[i].v);
      }
#pragma GCC unroll 16
      for (int j = 0; j < Vectors; j++) {
        const V bv = from_b(j);
#pragma GCC unroll 4
        for (int i = 0; i < Rows; i++) fma_into(acc[i][j], av[i], bv);
      }
    } else {
      V bv[Vectors];
#pragma GCC unroll 4
      for (int j = 0; j < Vectors; j++) bv[j] = from_b(j);
#pragma GCC unroll 16
      for (int i = 0; i < Rows; i++) {
        V av = from_a(i);
        if constexpr (Vectors > 1) CHAINRULE_PIN(av.v);
#pragma GCC unroll 4
        for (int j = 0; j < Vectors; j++) {
          if constexpr (Vectors > 1) fma_into(acc[i][j], av, bv[j]);
          else acc[i][j] = fma(av, bv[j], acc[i][j]);  // the number of A goes straight from memory into it
        }
      }
    }
    b += b_row;
    CHAINRULE_OPAQUE(b);
    if constexpr (pass == Pass::copying) copy += Vectors * lanes;
#pragma GCC unroll 4
    for (int g = 0; g < groups; g++) {
      group[g] += col;
      CHAINRULE_OPAQUE(group[g]);
    }
    p--;
    if constexpr (Vectors > 1 && pass != Pass::only)
      if (__builtin_expect((p & turn) == 0, 0)) ahead += panel.ahead.hop;
  }

  if (!panel.plain) {
    const V alpha(panel.alpha), beta(panel.beta);
#pragma GCC unroll 16
    for (int j = 0; j < Vectors; j++) {
      V bias(T(0));
      if (panel.bias) bias = j == last ? load_last<Masked>(panel.bias + j * lanes, tail) : V::load(panel.bias + j * lanes);
      const T* from = c + j * lanes;
#pragma GCC unroll 16
      for (int i = 0; i < Rows; i++) {
        acc[i][j] = fma(acc[i][j], alpha, bias);
        if (panel.beta != T(0)) acc[i][j] = fma(beta, j == last ? load_last<Masked>(from, tail) : V::load(from), acc[i][j]);
        from += c_row;
        CHAINRULE_OPAQUE(from);
      }
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++) {
#pragma GCC unroll 16
    for (int j = 0; j < Vectors; j++) {
      if (j == last) store_last<Masked>(acc[i][j], c + j * lanes, tail);
      else acc[i][j].store(c + j * lanes);
    }
    c += c_row;
    CHAINRULE_OPAQUE(c);
  }
}

}  // namespace
}  // namespace CHAINRULE_ISA
}  // namespace chainrule
