// Loops 2 and 1 of GEMM: the column panels of one block, and the row strips of each panel.
#pragma once
#include "gemm_pack.h"

namespace chainrule {
namespace CHAINRULE_ISA {
namespace {

/// Calls visit(first column, columns, vectors) for each panel of n columns: whole ones of `wide` vectors while they last,
/// the rest in panels that have tiles of every height and a masked last vector.
template <class T, class Visit>
CHAINRULE_INLINE void for_each_panel(size_t n, int wide, Visit&& visit) {
  constexpr size_t lanes = Vec<T>::lanes;
  size_t j = 0;
  if (wide > Tiles::vectors)
    for (; n - j >= static_cast<size_t>(wide) * lanes; j += static_cast<size_t>(wide) * lanes) visit(j, static_cast<size_t>(wide) * lanes, wide);
  const size_t most = static_cast<size_t>(wide < Tiles::vectors ? wide : Tiles::vectors);
  while (j < n) {
    const size_t vectors = next_piece((n - j + lanes - 1) / lanes, most);
    const size_t columns = n - j < vectors * lanes ? n - j : vectors * lanes;
    visit(j, columns, static_cast<int>(vectors));
    j += columns;
  }
}

/// Bytes that any L1 has room for, beside what passes by.
static constexpr size_t kNear = 32 << 10;

template <class T>
using TileFunction = void (*)(const Panel<T>&, const T*, T*);

template <int... I> struct Indices {};
template <int N, int... I> struct MakeIndices : MakeIndices<N - 1, N - 1, I...> {};
template <int... I> struct MakeIndices<0, I...> { using Type = Indices<I...>; };

/// The micro-kernels by vectors, rows, whether the last vector is masked, and what they do with B. Copying tiles are at least
/// half as high as their width allows, tiles of a single strip two thirds.
template <class T>
struct TileTable {
  TileFunction<T> of[Tiles::vectors + 1][2][Tiles::max_rows + 1] = {};
  TileFunction<T> copying[Tiles::vectors + 1][2][Tiles::max_rows + 1] = {};
  TileFunction<T> only[Tiles::vectors + 1][Tiles::max_rows + 1] = {};
  TileFunction<T> four[3][Tiles::vectors + 1][2][Tiles::max_rows + 1] = {};  // by Reach, without `any`
  TileFunction<T> wide[Tiles::most_wide_rows + 1] = {};
  TileFunction<T> wide_only[Tiles::most_wide_rows + 1] = {};

  constexpr TileTable() {
    fill(typename MakeIndices<Tiles::vectors + 1>::Type{});
    fill_wide(typename MakeIndices<Tiles::most_wide_rows>::Type{});
  }
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
      if constexpr (2 * Rows >= Tiles::rows[Vectors]) {
        copying[Vectors][0][Rows] = tile<T, Rows, Vectors, false, Pass::copying>;
        copying[Vectors][1][Rows] = tile<T, Rows, Vectors, true, Pass::copying>;
      }
      if constexpr (Tiles::fours && (Vectors == Tiles::vectors ? 3 * Rows >= 2 * Tiles::rows[Vectors] : Vectors > 1 && (Rows == 8 || Rows == Tiles::rows[Vectors]))) {
        four[0][Vectors][0][Rows] = tile<T, Rows, Vectors, false, Pass::usual, Reach::rows>;
        four[1][Vectors][0][Rows] = four[2][Vectors][0][Rows] = tile<T, Rows, Vectors, false, Pass::usual, Reach::columns>;
        if constexpr (Vectors == Tiles::vectors && Rows == Tiles::rows[Vectors]) four[2][Vectors][0][Rows] = tile<T, Rows, Vectors, false, Pass::usual, Reach::packed>;
        if constexpr (Rows == Tiles::rows[Vectors]) four[1][Vectors][1][Rows] = four[2][Vectors][1][Rows] = tile<T, Rows, Vectors, true, Pass::usual, Reach::columns>;
      }
      if constexpr (Vectors > 1 && 3 * Rows >= 2 * Tiles::rows[Vectors]) only[Vectors][Rows] = tile<T, Rows, Vectors, false, Pass::only>;
    }
  }
  template <int... Rows>
  constexpr void fill_wide(Indices<Rows...>) {
    ((wide[Rows + 1] = tile<T, Rows + 1, Tiles::wide[Rows + 1], false>), ...);
    ((wide_only[Rows + 1] = Rows < 2 ? wide[Rows + 1] : tile<T, Rows + 1, Tiles::wide[Rows + 1], false, Pass::only>), ...);  // one or two rows: their loads are all there is to wait for
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
  const bool plain = block.alpha == T(1) && block.beta == T(0) && !bias;
  for (size_t i = 0; i < rows; i += lanes) {
    const size_t high = rows - i < lanes ? rows - i : lanes;
    const typename V::Tail tail = V::tail(high);
    const V shift = bias ? V::load(bias + i, tail) : V(T(0));
    for (size_t j = 0; j < columns; j += lanes) {
      const size_t wide = columns - j < lanes ? columns - j : lanes;
      turn_square<T>(high, wide, tile + i * width + j, width, V::tail(lanes), c + j * block.c_row + i, block.c_row, [&](T* to, V value) CHAINRULE_INLINE_LAMBDA {
        if (!plain) {
          value = value * alpha;
          if (block.beta != T(0)) value = fma(beta, V::load(to, tail), value);
          value = value + shift;
        }
        value.store(to, tail);
      });
    }
  }
}

/// What the strips of panel [j, j + columns) fetch for the next one: its rows line by line, whichever way B lies. A line's width of them
/// has two halves, which are counted over the strips; tiles that take four steps at a time come to one of them, others to both.
template <class T>
CHAINRULE_INLINE Ahead<T> ahead_of(const GemmBlock<T>& block, size_t j, size_t half, bool deep) {
  constexpr size_t line = 64 / sizeof(T);
  const size_t lines = static_cast<size_t>(block.shape.vectors) * Vec<T>::lanes / line, at = half / 2 * line, second = half % 2 * (block.k / 2 / line * line);
  if (j >= block.n || half >= 2 * lines) return {block.b};
  if (block.b_packed) return {block.b + (j + at) * block.k + second * line, line};
  const T* next = block.b + j * block.b_col;
  if (block.b_col == 1) return {next + (j + at < block.n ? at : 0) + second * block.b_row, static_cast<ptrdiff_t>(block.b_row)};
  // `line` columns in turn. The first turn comes after as many as the steps are more than whole turns.
  if (j + at + line > block.n) return {block.b};
  const size_t more = deep ? block.k / 4 * 2 % line : block.k % line;
  const ptrdiff_t column = static_cast<ptrdiff_t>(block.b_col);
  return {next + (at + (line - more) % line) * block.b_col + second, column, static_cast<ptrdiff_t>(line) * (1 - column), deep ? 2 * line - 1 : line - 1};
}

/// What a strip fetches for the next one once there is no next panel: A's rows from i on, line by line.
template <class T>
CHAINRULE_INLINE Ahead<T> ahead_of_rows(const GemmBlock<T>& block, size_t i, bool deep) {
  constexpr size_t line = 64 / sizeof(T);
  const size_t turn = deep ? line / 2 : line;  // as many rows as there are steps for a line of each
  const size_t more = deep ? block.k / 4 * 2 % turn : block.k % turn;
  const ptrdiff_t row = static_cast<ptrdiff_t>(block.a_row);
  return {block.a + (i + (turn - more) % turn) * block.a_row, row, static_cast<ptrdiff_t>(line) - static_cast<ptrdiff_t>(turn) * row, line - 1};
}

/// Whether C had better be written row by row: it does not stay in L1, and B does, or is so little that computing leaves the time to
/// read it from L2.
template <class T>
bool by_rows_pays(const GemmBlock<T>& block) {
  if (block.b_col != 1 || block.b_copy || block.b_packed || block.a_packed || block.transposed || block.shape.vectors > Tiles::vectors) return false;
  return block.n * block.k * sizeof(T) <= (block.k <= 64 ? 4 : 1) * kNear && block.m * block.n * sizeof(T) > 2 * kNear;
}

/// Strips of rows in the outer loop, panels of columns in the inner one.
template <class T>
void rows_by_rows(const GemmBlock<T>& block, Panel<T>& panel) {
  constexpr size_t lanes = Vec<T>::lanes;
  const int widest = block.shape.vectors < Tiles::vectors ? block.shape.vectors : Tiles::vectors;
  const T* a = block.a;
  T* c = block.c;
  for (size_t left = block.m; left != 0;) {
    const size_t rows = next_piece(left, static_cast<size_t>(block.shape.rows));
    for_each_panel<T>(block.n, widest, [&](size_t j, size_t columns, int wide) CHAINRULE_INLINE_LAMBDA {
      const size_t width = static_cast<size_t>(wide) * lanes;
      const bool masked = columns != width;
      panel.b = block.b + j;
      panel.bias = block.bias ? block.bias + j : nullptr;
      panel.tail = Vec<T>::tail(columns - (width - lanes));
      const TileFunction<T> four = block.a_row == 1 ? kTiles<T>.four[1][wide][masked][rows] : nullptr;
      (four ? four : kTiles<T>.of[wide][masked][rows])(panel, a, c + j);
    });
    a += rows * block.a_row;
    c += rows * block.c_row;
    left -= rows;
  }
}

template <class T>
void gemm_block(const GemmBlock<T>& block) {
  constexpr size_t lanes = Vec<T>::lanes;
  constexpr ptrdiff_t line = 64 / sizeof(T);
  // The highest tile, rounded up to whole squares; or the widest.
  alignas(64) T scratch[(Tiles::max_rows + lanes) * lanes * Tiles::vectors];
  static_assert(sizeof scratch >= sizeof(T) * Tiles::max_vectors * lanes * Tiles::most_wide_rows);
  Panel<T> panel;
  panel.k = block.k;
  panel.alpha = block.transposed ? T(1) : block.alpha;
  panel.beta = block.transposed ? T(0) : block.beta;
  panel.plain = block.transposed || (block.alpha == T(1) && block.beta == T(0) && !block.bias);
  panel.ahead = {block.b};
  // Not where A is in the first cache anyway, and B is a single panel.
  const bool looks_ahead = block.k >= 32 && block.m > static_cast<size_t>(block.shape.rows) &&
                           (block.n > static_cast<size_t>(block.shape.vectors) * lanes || block.m * block.k * sizeof(T) > kNear);
  const bool simple = !looks_ahead && !block.b_copy && !block.b_far && !block.transposed;
  if (by_rows_pays(block)) {
    panel.a_row = block.a_row, panel.a_col = block.a_col, panel.b_row = block.b_row, panel.c_row = block.c_row;
    return rows_by_rows(block, panel);
  }
  const int reach = block.a_packed ? 2 : block.a_col == 1 ? 0 : block.a_row == 1 ? 1 : -1;
  // Loop 2: column panels. B's panel stays in L2 while all rows pass by.
  for_each_panel<T>(block.n, block.shape.vectors, [&](size_t j, size_t columns, int wide) {
    const size_t width = static_cast<size_t>(wide) * lanes;
    const bool masked = columns != width, narrow = wide <= Tiles::vectors;
    const TileFunction<T>* const tiles = narrow ? kTiles<T>.of[wide][masked] : kTiles<T>.wide;
    panel.b = block.b_packed ? block.b + j * block.k : block.b + j * block.b_col;
    panel.b_row = block.b_packed ? width : block.b_row;
    panel.c_row = block.transposed ? width : block.c_row;
    panel.bias = block.bias && !block.transposed ? block.bias + j : nullptr;
    panel.tail = Vec<T>::tail(columns - (width - lanes));
    T* copy = block.b_copy && !block.b_packed ? block.b_copy + (block.keep ? j * block.k : 0) : nullptr;
    // Packed strips are as high as the block's main tile wants them; otherwise a narrow panel takes higher tiles.
    const size_t most = static_cast<size_t>(block.a_packed || !narrow ? block.shape.rows : Tiles::rows[wide]);
    const TileFunction<T>* const fours = reach >= 0 && narrow ? kTiles<T>.four[reach][wide][masked] : nullptr;
    const TileFunction<T> copying = copy && narrow ? kTiles<T>.copying[wide][masked][next_piece(block.m, most)] : nullptr;
    if (copy && (block.b_col != 1 || !copying)) {
      pack_panel(block.k, columns, panel.b, block.b_row, block.b_col, width, copy);
      panel.b = copy;
      panel.b_row = width;
      copy = nullptr;
    }
    panel.copy = copy;
    // Loop 1: row strips.
    if (simple) {
      const T* a = block.a;
      T* c = block.c + j;
      for (size_t left = block.m; left != 0;) {
        const size_t rows = next_piece(left, most);
        panel.a_row = block.a_packed ? 1 : block.a_row;
        panel.a_col = block.a_packed ? rows : block.a_col;
        (fours && fours[rows] ? fours[rows] : tiles[rows])(panel, a, c);
        a += rows * (block.a_packed ? block.k : block.a_row);
        c += rows * block.c_row;
        left -= rows;
      }
      return;
    }
    for (size_t i = 0, strip = 0, half = 0; i < block.m; strip++) {
      const size_t rows = next_piece(block.m - i, most);
      const T* a = block.a_packed ? block.a + i * block.k : block.a + i * block.a_row;
      panel.a_row = block.a_packed ? 1 : block.a_row;
      panel.a_col = block.a_packed ? rows : block.a_col;
      const bool copies = copy && strip == 0, four = fours && fours[rows] && !copies;
      if (looks_ahead) {
        if (block.c_far) panel.ahead = {block.c + (i + rows < block.m ? i + rows : i) * block.c_row + j, line, static_cast<ptrdiff_t>(block.c_row) - 4 * line, four ? size_t{7} : size_t{3}};
        else if (j + columns >= block.n && !block.a_packed && block.a_col == 1 && i + rows < block.m) panel.ahead = ahead_of_rows(block, i + rows, four);
        else panel.ahead = ahead_of(block, j + columns, four ? half : half += half % 2, four);
        half += four ? 1 : 2;
      }
      TileFunction<T> function = copies ? copying : four ? fours[rows] : tiles[rows];
      if (block.b_far && !masked && rows == block.m) {
        const TileFunction<T> fetching = narrow ? kTiles<T>.only[wide][rows] : kTiles<T>.wide_only[rows];
        if (fetching) function = fetching;
      }
      if (block.transposed) {
        function(panel, a, scratch);
        store_transposed(block, block.bias ? block.bias + i : nullptr, scratch, width, rows, columns, block.c + j * block.c_row + i);
      } else {
        function(panel, a, block.c + i * block.c_row + j);
      }
      if (copy && strip == 0) {
        panel.b = copy;
        panel.b_row = width;
      }
      i += rows;
    }
  });
}

}  // namespace
}  // namespace CHAINRULE_ISA
}  // namespace chainrule
