// Outer products, C[m,n] = a[m]·b[n]: nothing is summed, so all there is to do is to write C row by row.
#pragma once
#include "gemm_block.h"

namespace chainrule {
namespace CHAINRULE_ISA {
namespace {

/// alpha·a·b + beta·c + bias as the tiles round it; a sum of one product begins at 0, which turns -0 into 0.
template <bool Masked, bool Plain, class T>
CHAINRULE_INLINE void store_product(const GemmBlock<T>& block, Vec<T> a, Vec<T> b, const T* bias, T* c, typename Vec<T>::Tail tail) {
  using V = Vec<T>;
  V value = fma(a, b, V(T(0)));
  if constexpr (!Plain) {
    value = fma(value, V(block.alpha), bias ? load_last<Masked>(bias, tail) : V(T(0)));
    if (block.beta != T(0)) value = fma(V(block.beta), load_last<Masked>(c, tail), value);
  }
  store_last<Masked>(value, c, tail);
}

/// Columns [j, j + Vectors·lanes): b stays in registers.
template <class T, int Vectors, bool Masked, bool Plain>
void outer_panel(const GemmBlock<T>& block, size_t j, typename Vec<T>::Tail tail) {
  using V = Vec<T>;
  constexpr int lanes = V::lanes, last = Vectors - 1;
  const T *a = block.a, *bias = block.bias ? block.bias + j : nullptr;
  T* c = block.c + j;
  V b[Vectors];
#pragma GCC unroll 4
  for (int v = 0; v < Vectors; v++) b[v] = v == last ? load_last<Masked>(block.b + j + v * lanes, tail) : V::load(block.b + j + v * lanes);
  const size_t row = block.a_row, c_row = block.c_row;
#pragma GCC unroll 2
  for (size_t i = block.m; i != 0; i--, a += row, c += c_row) {
    const V x(*a);
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; v++) {
      const T* const shift = bias ? bias + v * lanes : nullptr;
      if (v == last) store_product<Masked, Plain>(block, x, b[v], shift, c + v * lanes, tail);
      else store_product<false, Plain>(block, x, b[v], shift, c + v * lanes, tail);
    }
  }
}

template <class T, int Vectors, bool Plain>
void outer_columns(const GemmBlock<T>& block, size_t j) {
  constexpr size_t lanes = Vec<T>::lanes, width = Vectors * lanes;
  const size_t left = block.n - j;
  if (left >= width) outer_panel<T, Vectors, false, Plain>(block, j, Vec<T>::tail(lanes));
  else outer_panel<T, Vectors, true, Plain>(block, j, Vec<T>::tail(left - (width - lanes)));
}

template <class T, bool Plain>
void outer(const GemmBlock<T>& block) {
  constexpr size_t lanes = Vec<T>::lanes;
  const size_t n = block.n;
  if (n > 4 * lanes && block.m * n * sizeof(T) > kNear) {  // whole rows: C is written in order
    const size_t whole = n / lanes * lanes, row = block.a_row, c_row = block.c_row;
    const typename Vec<T>::Tail tail = Vec<T>::tail(n - whole);
    const T *const b = block.b, *const bias = block.bias, *a = block.a;
    T* c = block.c;
    for (size_t i = block.m; i != 0; i--, a += row, c += c_row) {
      const Vec<T> x(*a);
#pragma GCC unroll 4
      for (size_t j = 0; j < whole; j += lanes) store_product<false, Plain>(block, x, Vec<T>::load(b + j), bias ? bias + j : nullptr, c + j, tail);
      if (whole < n) store_product<true, Plain>(block, x, Vec<T>::load(b + whole, tail), bias ? bias + whole : nullptr, c + whole, tail);
    }
    return;
  }
  for (size_t j = 0; j < n;) {
    const size_t vectors = next_piece((n - j + lanes - 1) / lanes, 4);
    if (vectors == 1) outer_columns<T, 1, Plain>(block, j);
    else if (vectors == 2) outer_columns<T, 2, Plain>(block, j);
    else if (vectors == 3) outer_columns<T, 3, Plain>(block, j);
    else outer_columns<T, 4, Plain>(block, j);
    j += vectors * lanes;
  }
}

/// k = 1 and b_col = 1.
template <class T>
void gemm_outer(const GemmBlock<T>& block) {
  if (block.alpha == T(1) && block.beta == T(0) && !block.bias) outer<T, true>(block);
  else outer<T, false>(block);
}

}  // namespace
}  // namespace CHAINRULE_ISA
}  // namespace chainrule
