// Products of one row, y[n] = x[k]·B[k,n]: bound by the reading of B, and by latencies where B is small. So several chains
// of sums for each column, added at the end in a fixed order, and nothing to prepare.
#pragma once
#include "gemm_dot.h"

namespace chainrule {
namespace CHAINRULE_ISA {
namespace {

/// alpha·sums + beta·c + bias for one vector of columns; beta = 0 never reads c.
template <bool Masked, class T>
CHAINRULE_INLINE void store_row(const GemmBlock<T>& block, Vec<T> sums, size_t j, typename Vec<T>::Tail tail) {
  using V = Vec<T>;
  V value = sums * V(block.alpha);
  if (block.beta != T(0)) value = fma(V(block.beta), load_last<Masked>(block.c + j, tail), value);
  if (block.bias) value = value + load_last<Masked>(block.bias + j, tail);
  store_last<Masked>(value, block.c + j, tail);
}

/// Columns [j, j + Vectors·lanes) of B with rows of adjacent elements: Chains sums for each, over p, p + Chains, p + 2·Chains …
template <class T, int Vectors, int Chains, bool Masked>
void row_times_panel(const GemmBlock<T>& block, size_t j, typename Vec<T>::Tail tail) {
  using V = Vec<T>;
  constexpr int lanes = V::lanes, last = Vectors - 1;
  V acc[Chains][Vectors];
#pragma GCC unroll 8
  for (int c = 0; c < Chains; c++)
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; v++) acc[c][v] = V(T(0));
  const T *a = block.a, *b = block.b + j;
  const size_t col = block.a_col, row = block.b_row;
  size_t p = block.k;
  for (; p >= Chains; p -= Chains) {
#pragma GCC unroll 8
    for (int c = 0; c < Chains; c++, a += col, b += row) {
      const V x(*a);
#pragma GCC unroll 8
      for (int v = 0; v < Vectors; v++) acc[c][v] = fma(x, v == last ? load_last<Masked>(b + v * lanes, tail) : V::load(b + v * lanes), acc[c][v]);
    }
  }
  for (; p != 0; p--, a += col, b += row)
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; v++) acc[0][v] = fma(V(*a), v == last ? load_last<Masked>(b + v * lanes, tail) : V::load(b + v * lanes), acc[0][v]);
#pragma GCC unroll 8
  for (int v = 0; v < Vectors; v++) {
#pragma GCC unroll 3
    for (int half = Chains / 2; half > 0; half /= 2)
#pragma GCC unroll 4
      for (int c = 0; c < half; c++) acc[c][v] = acc[c][v] + acc[c + half][v];
    if (v == last) store_row<Masked>(block, acc[0][v], j + v * lanes, tail);
    else store_row<false>(block, acc[0][v], j + v * lanes, tail);
  }
}

template <class T, int Vectors, int Chains>
CHAINRULE_INLINE void row_times_columns(const GemmBlock<T>& block, size_t j) {
  constexpr size_t width = static_cast<size_t>(Vectors) * Vec<T>::lanes;
  const size_t left = block.n - j;
  if (left >= width) row_times_panel<T, Vectors, Chains, false>(block, j, Vec<T>::tail(Vec<T>::lanes));
  else row_times_panel<T, Vectors, Chains, true>(block, j, Vec<T>::tail(left - (width - Vec<T>::lanes)));
}

/// Vectors of columns that are summed together: parts of a product begin with whole panels, or else their sums would be others.
static constexpr int row_panel = Tiles::max_vectors > 8 ? 8 : 4;

/// b_col = 1: sums down the columns.
template <class T>
void gemv_columns(const GemmBlock<T>& block) {
  constexpr size_t lanes = Vec<T>::lanes;
  size_t j = 0;
  if constexpr (row_panel == 8)
    for (; block.n - j >= 8 * lanes; j += 8 * lanes) row_times_columns<T, 8, 2>(block, j);
  for (; j < block.n; j += 4 * lanes) {
    const size_t left = block.n - j;
    if (left > 2 * lanes) left > 3 * lanes ? row_times_columns<T, 4, 4>(block, j) : row_times_columns<T, 3, 4>(block, j);
    else left > lanes ? row_times_columns<T, 2, 4>(block, j) : row_times_columns<T, 1, 8>(block, j);
  }
}

/// Columns [j, j + 4·Quads) of B whose elements lie together: dot products, vectors along k.
template <class T, int Quads>
CHAINRULE_INLINE void row_times_rows(const GemmBlock<T>& block, size_t j) {
  using V = Vec<T>;
  constexpr size_t lanes = V::lanes;
  V acc[4 * Quads];
#pragma GCC unroll 8
  for (int c = 0; c < 4 * Quads; c++) acc[c] = V(T(0));
  const T *a = block.a, *b = block.b + j * block.b_col;
  const size_t column = block.b_col;
  size_t p = 0;
  for (; p + lanes <= block.k; p += lanes) {
    const V x = V::load(a + p);
#pragma GCC unroll 8
    for (int c = 0; c < 4 * Quads; c++) acc[c] = fma(x, V::load(b + static_cast<size_t>(c) * column + p), acc[c]);
  }
  if (p < block.k) {
    const typename V::Tail tail = V::tail(block.k - p);
    const V x = V::load(a + p, tail);
#pragma GCC unroll 8
    for (int c = 0; c < 4 * Quads; c++) acc[c] = fma(x, V::load(b + static_cast<size_t>(c) * column + p, tail), acc[c]);
  }
#pragma GCC unroll 2
  for (int q = 0; q < Quads; q++) {
    const size_t at = j + 4 * static_cast<size_t>(q);
    Quad<T> value = sum_lanes(acc[4 * q], acc[4 * q + 1], acc[4 * q + 2], acc[4 * q + 3]) * block.alpha;
    if (block.beta != T(0)) value = value + load_quad(block.c + at, 4) * block.beta;
    if (block.bias) value = value + load_quad(block.bias + at, 4);
    store_quad(value, block.c + at, 4);
  }
}

/// One row: a_col = 1 and b_row = 1, or b_col = 1; neither packed, not transposed.
template <class T>
void gemv(const GemmBlock<T>& block) {
  if (block.b_col == 1) return gemv_columns(block);
  const size_t eights = block.n / 8;
  for (size_t i = 0; i < eights; i++) row_times_rows<T, 2>(block, 8 * (block.from_end ? eights - 1 - i : i));
  size_t j = 8 * eights;
  if (j + 4 <= block.n) {
    row_times_rows<T, 1>(block, j);
    j += 4;
  }
  if (j == block.n) return;
  if (j > 0 && block.beta == T(0)) return row_times_rows<T, 1>(block, block.n - 4);  // some once more: the same bits, and no other kernel
  GemmBlock<T> rest = block;
  rest.n = block.n - j;
  rest.b = block.b + j * block.b_col;
  rest.c = block.c + j;
  if (block.bias) rest.bias = block.bias + j;
  gemm_dot(rest);
}

}  // namespace
}  // namespace CHAINRULE_ISA
}  // namespace chainrule
