// Packing: copies an operand into the order in which the micro-kernel reads it.
#pragma once
#include "gemm_block.h"

namespace chainrule {
namespace CHAINRULE_ISA {
namespace {

template <class T>
void pack_a(size_t m, size_t k, const T* a, size_t row, size_t col, int vectors, T* packed) {
  const size_t most = static_cast<size_t>(Tiles::rows[vectors]);
  for (size_t i = 0; i < m;) {
    const size_t rows = next_piece(m - i, most);
    const T* strip = a + i * row;
    for (size_t p = 0; p < k; p++)
      for (size_t r = 0; r < rows; r++) *packed++ = strip[r * row + p * col];
    i += rows;
  }
}

/// panel[p·width + j] = b[p·row + j] for whole rows of B.
template <class T>
void copy_panel(size_t k, size_t columns, const T* b, size_t row, size_t width, T* panel) {
  using V = Vec<T>;
  constexpr size_t lanes = V::lanes;
  const size_t whole = columns / lanes * lanes;
  const typename V::Tail tail = V::tail(columns - whole);
  for (size_t p = 0; p < k; p++, b += row, panel += width) {
    for (size_t j = 0; j < whole; j += lanes) V::load(b + j).store(panel + j);
    if (whole != columns) V::load(b + whole, tail).store(panel + whole);
  }
}

/// panel[p·width + j] = b[j·col + p] for columns of B that are contiguous: squares of lanes × lanes in registers.
template <class T>
void transpose_panel(size_t k, size_t columns, const T* b, size_t col, size_t width, T* panel) {
  using V = Vec<T>;
  constexpr size_t lanes = V::lanes;
  for (size_t j = 0; j < columns; j += lanes) {
    const size_t filled = columns - j < lanes ? columns - j : lanes;
    for (size_t p = 0; p < k; p += lanes) {
      const size_t deep = k - p < lanes ? k - p : lanes;
      const T* from = b + j * col + p;
      T* to = panel + p * width + j;
      V rows[lanes];
      if (filled == lanes && deep == lanes) {
#pragma GCC unroll 16
        for (size_t i = 0; i < lanes; i++) rows[i] = V::load(from + i * col);
        transpose(rows);
#pragma GCC unroll 16
        for (size_t i = 0; i < lanes; i++) rows[i].store(to + i * width);
      } else {
        const typename V::Tail tail = V::tail(deep);
        for (size_t i = 0; i < lanes; i++) rows[i] = i < filled ? V::load(from + i * col, tail) : V(T(0));
        transpose(rows);
        for (size_t i = 0; i < deep; i++) rows[i].store(to + i * width);
      }
    }
  }
}

template <class T>
void pack_b(size_t k, size_t n, const T* b, size_t row, size_t col, int vectors, T* packed) {
  constexpr size_t lanes = Vec<T>::lanes;
  for_each_panel<T>(n, vectors, [&](size_t j, size_t columns, int wide) {
    const size_t width = static_cast<size_t>(wide) * lanes;
    const T* from = b + j * col;
    T* panel = packed + j * k;
    if (col == 1) return copy_panel(k, columns, from, row, width, panel);
    if (row == 1) return transpose_panel(k, columns, from, col, width, panel);
    for (size_t p = 0; p < k; p++)
      for (size_t x = 0; x < width; x++) panel[p * width + x] = x < columns ? from[p * row + x * col] : T(0);
  });
}

}  // namespace
}  // namespace CHAINRULE_ISA
}  // namespace chainrule
