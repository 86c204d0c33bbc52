// What an instruction set offers to GEMM. native/gemm/ cuts a product into blocks (loops 5 to 3 of the BLIS scheme), the
// functions here compute one block (loops 2 and 1 and the micro-kernel) or rearrange an operand for it.
#pragma once
#include <stddef.h>

namespace chainrule {

/// Tiles of at most `rows` × `vectors`.
struct TileShape {
  int rows, vectors;
};

/// One block: C[m,n] = alpha·A[m,k]·B[k,n] + beta·C + bias. beta = 0 never reads C. Each element is one chain of fused
/// multiply-adds over p = 0 … k-1, whatever the tile it falls into, so that any way to cut m and n gives the same bits.
template <class T>
struct GemmBlock {
  size_t m, n, k;
  const T* a;            ///< a(i,p) = a[i·a_row + p·a_col], or packed by pack_a
  size_t a_row, a_col;
  const T* b;            ///< b(p,j) = b[p·b_row + j·b_col], or packed by an earlier block
  size_t b_row, b_col;
  T* c;                  ///< c(i,j) = c[i·c_row + j], or c[j·c_row + i] if transposed
  size_t c_row;
  T alpha, beta;
  const T* bias;         ///< null, or [n] (transposed: [m])
  TileShape shape;       ///< of the tiles
  /// Where B is packed while its first rows of C are computed: null (b_col = 1 then), or room for one panel,
  /// k·max_vectors·lanes elements; with `keep` for all of them, k·(n rounded up to lanes), to be `b` of the next block.
  T* b_copy;
  bool keep, a_packed, b_packed, transposed;
  bool c_far;            ///< C lies beyond the caches: fetch it ahead rather than B
  bool from_end;         ///< gemv: the last columns come first, where B's columns are contiguous; the same bits
  bool b_far;            ///< B does, and a single strip of rows passes by
};

template <class T>
struct GemmKernels {
  int lanes;             ///< elements of a vector
  int vectors;           ///< the widest tile of several rows, in vectors
  const int* rows;       ///< rows[v]: the most rows of a tile of v vectors
  int most_wide_rows;    ///< up to so many rows there are wider tiles
  const int* wide;       ///< wide[r]: their width in vectors; wide[1] is the widest
  int row_panel;         ///< vectors of columns that gemv sums together: a part of a product begins with a whole panel
  void (*block)(const GemmBlock<T>& block);
  /// The same for a_col = 1 and b(p,j) = b[j·b_col + p], neither packed: dot products with vectors along k, summed lane by
  /// lane and then across lanes. With b_copy B is b[p·b_row + j], or in b_copy if b_packed: it is turned over there, room for
  /// n·(k rounded up to lanes) elements. Takes neither `shape` nor `transposed`.
  void (*dot)(const GemmBlock<T>& block);
  /// The same for m = 1 and b_col = 1, or a_col = 1 and b_row = 1: each column's sum is cut into several chains.
  void (*gemv)(const GemmBlock<T>& block);
  /// The same for k = 1 and b_col = 1, neither packed. Takes neither `shape` nor `transposed`.
  void (*outer)(const GemmBlock<T>& block);
  /// packed = A[m,k], a(i,p) = a[i·row + p·col], in strips as `block` walks them for tiles of `rows`. Room for m·k + lanes elements.
  void (*pack_a)(size_t m, size_t k, const T* a, size_t row, size_t col, int rows, T* packed);
};

}  // namespace chainrule
