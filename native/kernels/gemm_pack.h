// Packing: copies an operand into the order in which the micro-kernel reads it.
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

/// Turns over `high` vectors that lie `row` elements apart, and stores the first `deep` columns of them `width` apart. Beyond what there
/// is are zeros: what memory held before would be computed with, subnormal numbers perhaps, which are slow.
template <class T, class Store>
CHAINRULE_INLINE void turn_square(size_t high, size_t deep, const T* from, size_t row, typename Vec<T>::Tail tail, T* to, size_t width, Store&& store) {
  using V = Vec<T>;
  constexpr size_t lanes = V::lanes;
  V square[lanes];
#pragma GCC unroll 16
  for (size_t i = 0; i < lanes; i++) {
    square[i] = i < high ? V::load(from, tail) : V(T(0));
    from += row;
    CHAINRULE_OPAQUE(from);
  }
  transpose(square);
#pragma GCC unroll 16
  for (size_t i = 0; i < lanes; i++) {
    if (i >= deep) break;
    store(to, square[i]);
    to += width;
    CHAINRULE_OPAQUE(to);
  }
}

/// strip[p·rows + r] = a[r·row + p] for rows that are contiguous along k: squares turned in registers. Stores reach up to
/// lanes elements beyond the strip's end.
template <class T>
void transpose_strip(size_t rows, size_t k, const T* a, size_t row, T* strip) {
  using V = Vec<T>;
  constexpr size_t lanes = V::lanes;
  for (size_t p = 0; p < k; p += lanes) {
    const size_t deep = k - p < lanes ? k - p : lanes;
    const typename V::Tail tail = V::tail(deep);
    for (size_t r = 0; r < rows; r += lanes) {
      const size_t high = rows - r < lanes ? rows - r : lanes;
      T* const to = strip + p * rows + r;
      if (rows <= lanes) {
        // In order: each store's surplus lanes are overwritten by the next.
        turn_square<T>(high, deep, a + r * row + p, row, tail, to, rows, [](T* at, V v) CHAINRULE_INLINE_LAMBDA { v.store(at); });
      } else {
        const typename V::Tail part = V::tail(high);
        turn_square<T>(high, deep, a + r * row + p, row, tail, to, rows, [&](T* at, V v) CHAINRULE_INLINE_LAMBDA { v.store(at, part); });
      }
    }
  }
}

/// The same for `strips` strips of columns that are contiguous, a[r + p·col]: side by side, so that each row of them is read once.
template <class T>
void copy_strips(size_t strips, size_t rows, size_t k, const T* a, size_t col, T* packed) {
  using V = Vec<T>;
  constexpr size_t lanes = V::lanes;
  for (size_t r = 0; r < rows; r += lanes) {
    const typename V::Tail tail = V::tail(rows - r < lanes ? rows - r : lanes);
    const T* from = a + r;
    T* to = packed + r;
    for (size_t p = 0; p < k; p++, from += col, to += rows)
      for (size_t s = 0; s < strips; s++) V::load(from + s * rows, tail).store(to + s * rows * k, tail);
  }
}

template <class T>
void pack_a(size_t m, size_t k, const T* a, size_t row, size_t col, int most, T* packed) {
  constexpr size_t side_by_side = 8;
  for (size_t i = 0; i < m;) {
    const size_t rows = next_piece(m - i, static_cast<size_t>(most));
    const T* strip = a + i * row;
    size_t strips = 1;
    if (row == 1) {
      while (strips < side_by_side && m - i >= (strips + 2) * rows) strips++;
      copy_strips(strips, rows, k, strip, col, packed);
    } else if (col == 1 && Vec<T>::lanes > 1) {
      transpose_strip(rows, k, strip, row, packed);
    } else {
      for (size_t p = 0; p < k; p++)
        for (size_t r = 0; r < rows; r++) packed[p * rows + r] = strip[r * row + p * col];
    }
    packed += strips * rows * k;
    i += strips * rows;
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
      if (filled == lanes && deep == lanes) {
        V rows[lanes];
        load_transposed(from, col, rows);
#pragma GCC unroll 16
        for (size_t i = 0; i < lanes; i++) rows[i].store(to + i * width);
      } else {
        turn_square<T>(filled, deep, from, col, V::tail(deep), to, width, [](T* at, V v) CHAINRULE_INLINE_LAMBDA { v.store(at); });
      }
    }
  }
}

/// panel[p·width + j] = b[p·row + j] for rows of B that are contiguous.
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

/// panel[p·width + j] = b(p,j) = b[p·row + j·col], zeros in the columns up to `width`.
template <class T>
void pack_panel(size_t k, size_t columns, const T* b, size_t row, size_t col, size_t width, T* panel) {
  if (col == 1) return copy_panel(k, columns, b, row, width, panel);
  if (row == 1) return transpose_panel(k, columns, b, col, width, panel);
  for (size_t p = 0; p < k; p++)
    for (size_t x = 0; x < width; x++) panel[p * width + x] = x < columns ? b[p * row + x * col] : T(0);
}

}  // namespace
}  // namespace CHAINRULE_ISA
}  // namespace chainrule
