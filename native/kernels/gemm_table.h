// What an instruction set offers to GEMM. native/gemm/ cuts a product into blocks (loops 5 to 3 of the BLIS scheme), the
// functions here compute one block (loops 2 and 1 and the micro-kernel) or rearrange an operand for it.
#pragma once
#include <stddef.h>

namespace chainrule {

/// One block: C[m,n] = alpha·A[m,k]·B[k,n] + beta·C + bias. beta = 0 never reads C. Each element is one chain of fused
/// multiply-adds over p = 0 … k-1, whatever the tile it falls into, so that any way to cut m and n gives the same bits.
template <class T>
struct GemmBlock {
  size_t m, n, k;
  const T* a;            ///< a(i,p) = a[i·a_row + p·a_col], or packed by pack_a
  size_t a_row, a_col;
  const T* b;            ///< b(p,j) = b[p·b_row + j], or packed by pack_b
  size_t b_row;
  T* c;                  ///< c(i,j) = c[i·c_row + j], or c[j·c_row + i] if transposed
  size_t c_row;
  T alpha, beta;
  const T* bias;         ///< null, or [n] (transposed: [m])
  int vectors;           ///< width of the tiles in vectors, 1 to GemmKernels::vectors
  bool a_packed, b_packed, transposed;
};

template <class T>
struct GemmKernels {
  int lanes;             ///< elements of a vector
  int vectors;           ///< the widest tile, in vectors
  const int* rows;       ///< rows[v]: the most rows of a tile of v vectors
  void (*block)(const GemmBlock<T>& block);
  /// The same for a_col = 1 and b(p,j) = b[j·b_row + p], neither packed: dot products with vectors along k, summed lane by
  /// lane and then across lanes. Takes neither `vectors` nor `transposed`.
  void (*dot)(const GemmBlock<T>& block);
  /// packed = A[m,k], a(i,p) = a[i·row + p·col], in strips as `block` walks them for tiles of `vectors`. m·k elements.
  void (*pack_a)(size_t m, size_t k, const T* a, size_t row, size_t col, int vectors, T* packed);
  /// packed = B[k,n], b(p,j) = b[p·row + j·col], in panels as `block` walks them. k·(n rounded up to lanes) elements.
  void (*pack_b)(size_t k, size_t n, const T* b, size_t row, size_t col, int vectors, T* packed);
};

}  // namespace chainrule
