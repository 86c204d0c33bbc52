// Loops 2 and 1 of GEMM: the column panels of one block, and the row strips of each panel.
#pragma once
#include "gemm_tile.h"

namespace chainrule {
namespace CHAINRULE_ISA {
namespace {

/// The next piece of `left` rows (or vectors), at most `most`: whole ones while they last, and what is left over is shared
/// evenly by the last two, because a tile of one row would be bound by loads.
CHAINRULE_INLINE size_t next_piece(size_t left, size_t most) {
  if (left <= most) return left;
  return left >= 2 * most ? most : (left + 1) / 2;
}

/// Calls visit(first column, columns, vectors) for each panel of n columns.
template <class T, class Visit>
CHAINRULE_INLINE void for_each_panel(size_t n, int vectors, Visit&& visit) {
  constexpr size_t lanes = Vec<T>::lanes;
  for (size_t j = 0; j < n;) {
    const size_t wide = next_piece((n - j + lanes - 1) / lanes, static_cast<size_t>(vectors));
    const size_t columns = n - j < wide * lanes ? n - j : wide * lanes;
    visit(j, columns, static_cast<int>(wide));
    j += columns;
  }
}

template <class T>
using TileFunction = void (*)(const Panel<T>&, const T*, T*);

template <int... I> struct Indices {};
template <int N, int... I> struct MakeIndices : MakeIndices<N - 1, N - 1, I...> {};
template <int... I> struct MakeIndices<0, I...> { using Type = Indices<I...>; };

/// The micro-kernels by vectors, rows and whether the last vector is masked.
template <class T>
struct TileTable {
  TileFunction<T> of[Tiles::vectors + 1][2][Tiles::max_rows + 1] = {};

  constexpr TileTable() { fill(typename MakeIndices<Tiles::vectors + 1>::Type{}); }
  template <int... Vectors>
  constexpr void fill(Indices<Vectors...>) {
    (fill_width<Vectors>(typename MakeIndices<Tiles::rows[Vectors] + 1>::Type{}), ...);
  }
  template <int Vectors, int... Rows>
  constexpr void fill_width(Indices<Rows...>) {
    (fill_one<Vectors, Rows>(), ...);
  }
  template <int Vectors, int Rows>
  constexpr void fill_one() {
    if constexpr (Vectors > 0 && Rows > 0) {
      of[Vectors][0][Rows] = tile<T, Rows, Vectors, false>;
      of[Vectors][1][Rows] = tile<T, Rows, Vectors, true>;
    }
  }
};
template <class T>
constexpr TileTable<T> kTiles;

/// c[j·c_row + i] = alpha·tile(i,j) + beta·c + bias[i], squares of lanes × lanes turned in registers.
template <class T>
void store_transposed(const GemmBlock<T>& block, const T* bias, const T* tile, size_t width, size_t rows, size_t columns, T* c) {
  using V = Vec<T>;
  constexpr size_t lanes = V::lanes;
  const V alpha(block.alpha), beta(block.beta);
  for (size_t i = 0; i < rows; i += lanes) {
    const size_t high = rows - i < lanes ? rows - i : lanes;
    const typename V::Tail tail = V::tail(high);
    const V shift = bias ? V::load(bias + i, tail) : V(T(0));
    for (size_t j = 0; j < columns; j += lanes) {
      const size_t wide = columns - j < lanes ? columns - j : lanes;
      V square[lanes];
      for (size_t r = 0; r < lanes; r++) square[r] = V::load(tile + (i + r) * width + j);
      transpose(square);
      T* out = c + j * block.c_row + i;
      for (size_t r = 0; r < wide; r++, out += block.c_row) {
        V value = square[r] * alpha;
        if (block.beta != T(0)) value = fma(beta, V::load(out, tail), value);
        if (bias) value = value + shift;
        value.store(out, tail);
      }
    }
  }
}

template <class T>
void gemm_block(const GemmBlock<T>& block) {
  constexpr size_t lanes = Vec<T>::lanes;
  // The highest tile, rounded up to whole squares.
  alignas(64) T scratch[(Tiles::max_rows + lanes) * lanes * Tiles::vectors];
  Panel<T> panel;
  panel.k = block.k;
  panel.alpha = block.transposed ? T(1) : block.alpha;
  panel.beta = block.transposed ? T(0) : block.beta;
  panel.plain = block.transposed || (block.alpha == T(1) && block.beta == T(0) && !block.bias);
  // Loop 2: column panels. B's panel stays in L2 while all rows pass by.
  for_each_panel<T>(block.n, block.vectors, [&](size_t j, size_t columns, int wide) {
    const size_t width = static_cast<size_t>(wide) * lanes;
    const bool masked = columns != width;
    panel.b = block.b_packed ? block.b + j * block.k : block.b + j;
    panel.b_row = block.b_packed ? width : block.b_row;
    panel.c_row = block.transposed ? width : block.c_row;
    panel.bias = block.bias && !block.transposed ? block.bias + j : nullptr;
    panel.tail = Vec<T>::tail(columns - (width - lanes));
    const TileFunction<T>* const tiles = kTiles<T>.of[wide][masked];
    // Packed strips are as high as the block's main tile wants them; otherwise a narrow panel takes higher tiles.
    const size_t most = static_cast<size_t>(Tiles::rows[block.a_packed ? block.vectors : wide]);
    // Loop 1: row strips.
    for (size_t i = 0; i < block.m;) {
      const size_t rows = next_piece(block.m - i, most);
      const T* a = block.a_packed ? block.a + i * block.k : block.a + i * block.a_row;
      panel.a_row = block.a_packed ? 1 : block.a_row;
      panel.a_col = block.a_packed ? rows : block.a_col;
      if (block.transposed) {
        tiles[rows](panel, a, scratch);
        store_transposed(block, block.bias ? block.bias + i : nullptr, scratch, width, rows, columns, block.c + j * block.c_row + i);
      } else {
        tiles[rows](panel, a, block.c + i * block.c_row + j);
      }
      i += rows;
    }
  });
}

}  // namespace
}  // namespace CHAINRULE_ISA
}  // namespace chainrule
