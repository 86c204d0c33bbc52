// General matrix multiplication with a fused epilogue: C = act(alpha·A·B + beta·C + bias).
#pragma once
#include <stddef.h>

#include "../base/status.h"
#include "../base/thread_pool.h"
#include "../kernels/table.h"

namespace chainrule {

/// A matrix in memory: element (i, j) is data[i·row_stride + j·col_stride]. Row-major has col_stride 1, a transposed view
/// of a row-major matrix has row_stride 1; any other positive strides work too, more slowly.
template <class T>
struct Matrix {
  T* data;
  size_t row_stride, col_stride;
};

/// Takes a product block by block, in memory's stead: for what is consumed as soon as it is computed.
template <class T>
struct Sink {
  /// Elements (row + i, column + j) of C, i < rows and j < columns, are block[i·columns + j]. Called by several threads.
  void (*take)(void* context, size_t row, size_t column, size_t rows, size_t columns, const T* block);
  void* context;
};

/// What happens to C while its blocks are in cache. All parts are optional.
template <class T>
struct Epilogue {
  const T* bias = nullptr;                  ///< [n], added to every row
  const UnaryKernel<T>* activation = nullptr;
  const double* parameters = nullptr;       ///< the activation's constants
  T* before = nullptr;                      ///< (=) copy of C before the activation, for backward; row stride below
  size_t before_stride = 0;
  const Sink<T>* sink = nullptr;            ///< takes C; alone, beta = 0, and where gemm_sinks
};

/// Whether the sums of a product are complete in one sweep, so that a sink can take them.
template <class T>
bool gemm_sinks(const KernelTable& table, size_t m, size_t n, size_t k, Matrix<const T> a, Matrix<const T> b);

/// C[m,n] = act(alpha·A[m,k]·B[k,n] + beta·C + bias). beta = 0 never reads C; k = 0 or alpha = 0 never reads A and B.
/// Each element is summed in the same order whatever the number of threads: the same bits for every n of threads.
/// C must have col_stride 1 and overlap nothing else. Error bound: (k + 2)·u·|A||B| per element.
template <class T>
Status gemm(const KernelTable& table, ThreadPool& pool, size_t m, size_t n, size_t k, T alpha, Matrix<const T> a,
            Matrix<const T> b, T beta, Matrix<T> c, const Epilogue<T>& epilogue = {});

}  // namespace chainrule
