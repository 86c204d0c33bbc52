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
#if defined(CHAINRULE_ISA_avx512) || defined(CHAINRULE_ISA_avx2)
  static constexpr bool fours = true;  ///< whether tiles that take four steps of k at a time are made: measured where addresses are sums
#else
  static constexpr bool fours = false;
#endif
  static constexpr int max_rows = rows[1], most_wide_rows = static_cast<int>(sizeof wide / sizeof wide[0]) - 1, max_vectors = wide[1];
};

/// What a tile asks the cache for while it works: one line each step (each second one where four of them are taken at a time),
/// `step` elements on, and another `hop` on whenever the number of steps left has none of the bits of `turn`.
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

/// How a tile reaches A. Where one of A's strides is known, four steps of k share what moves pointers and counts.
enum class Reach {
  any,
  rows,     ///< a_col = 1
  columns,  ///< a_row = 1
  packed,   ///< a_row = 1, a_col = Rows
};

/// C[Rows, Vectors] = alpha·A·B + beta·C + bias; beta = 0 never reads C. Masked: the last vector ends at panel.tail.
template <class T, int Rows, int Vectors, bool Masked, Pass pass = Pass::usual, Reach reach = Reach::any>
void tile(const Panel<T>& panel, const T* a, T* c) {
  using V = Vec<T>;
  constexpr bool by_rows = reach == Reach::any || reach == Reach::rows;
  constexpr int lanes = V::lanes, groups = by_rows ? (Rows + 3) / 4 : 1, last = Vectors - 1, deep = reach == Reach::any ? 1 : 4;
  constexpr size_t rows_ahead = 8;
  const typename V::Tail tail = panel.tail;
  const size_t c_row = panel.c_row;

  V acc[Rows][Vectors];
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++)
#pragma GCC unroll 16
    for (int j = 0; j < Vectors; j++) acc[i][j] = V(T(0));

  // Strides in bytes, each with its triple: addresses are sums of one pointer and one of them. Rows of A in groups of four.
  const auto at = [](const T* p, size_t bytes) CHAINRULE_INLINE_LAMBDA { return reinterpret_cast<const T*>(reinterpret_cast<const char*>(p) + bytes); };
  const auto at_row = [&](const T* p, int i, size_t bytes, size_t bytes3) CHAINRULE_INLINE_LAMBDA { return i == 0 ? p : i == 1 ? at(p, bytes) : i == 2 ? at(p, 2 * bytes) : at(p, bytes3); };
  size_t stride = (by_rows ? panel.a_row : panel.a_col) * sizeof(T), stride3 = 3 * stride, b_row = panel.b_row * sizeof(T), b_row3 = 3 * b_row;
  CHAINRULE_OPAQUE(stride3);
  const size_t a_col = reach == Reach::rows ? 1 : reach == Reach::packed ? Rows : panel.a_col;
  const T* group[groups];
#pragma GCC unroll 4
  for (int g = 0; g < groups; g++) group[g] = a + static_cast<size_t>(4 * g) * panel.a_row;
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

  // Step u of those that lie before the pointers.
  const auto multiply = [&](int u) CHAINRULE_INLINE_LAMBDA {
    // Hidden anew, or else g++ keeps sums of strides and what this step adds, and more of them than there are registers.
    if constexpr (deep > 1) {
      if constexpr (reach != Reach::packed) {
        CHAINRULE_OPAQUE(stride);
        CHAINRULE_OPAQUE(stride3);
      }
      CHAINRULE_OPAQUE(b_row);
      CHAINRULE_OPAQUE(b_row3);
    }
    const T* const row_of_b = at_row(b, u, b_row, b_row3);
    if constexpr (pass == Pass::only) {
      constexpr int line = 64 / sizeof(T);
#pragma GCC unroll 16
      for (int j = 0; j < Vectors * lanes; j += line) __builtin_prefetch(at(row_of_b, rows_ahead * b_row) + j);
    } else if (Vectors > 1 && u % 2 == 0) {
      __builtin_prefetch(ahead, 0, 2);
      ahead += step;
      CHAINRULE_OPAQUE(ahead);
    }
    const auto from_a = [&](int i) CHAINRULE_INLINE_LAMBDA {
      if constexpr (by_rows) return V(*(at_row(group[i / 4], i % 4, stride, stride3) + u));
      else if constexpr (reach == Reach::packed) return V(group[0][u * Rows + i]);
      else return V(*(at_row(group[0], u, stride, stride3) + i));
    };
    const auto from_b = [&](int j) CHAINRULE_INLINE_LAMBDA {
      V v = j == last ? load_last<Masked>(row_of_b + j * lanes, tail) : V::load(row_of_b + j * lanes);
      CHAINRULE_PIN(v.v);
      if constexpr (pass == Pass::copying) v.store(copy + (u * Vectors + j) * lanes);
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
  };
  size_t p = panel.k;
  const auto move = [&](int steps) CHAINRULE_INLINE_LAMBDA {
    const size_t count = static_cast<size_t>(steps);
    b = at(b, count * b_row);
    CHAINRULE_OPAQUE(b);
    if constexpr (pass == Pass::copying) copy += steps * Vectors * lanes;
#pragma GCC unroll 4
    for (int g = 0; g < groups; g++) {
      group[g] += count * a_col;
      CHAINRULE_OPAQUE(group[g]);
    }
    p -= count;
    if constexpr (Vectors > 1 && pass != Pass::only)
      if (__builtin_expect((p & turn) == 0, 0)) ahead += panel.ahead.hop;
  };
  if constexpr (deep > 1)
    while (p % deep != 0) {
      multiply(0);
      move(1);
    }
  while (p != 0) {
#pragma GCC unroll 4
    for (int u = 0; u < deep; u++) multiply(u);
    move(deep);
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
