// Layer and batch normalisation over the pool's threads. Sums over rows are cut the same way for every number of threads.
#pragma once
#include "../base/thread_pool.h"
#include "../kernels/table.h"

namespace chainrule {

/// Doubles of scratch that the functions below need for a matrix of this shape.
std::size_t normalization_scratch(std::size_t rows, std::size_t cols);

/// dx (=), dgamma, dbeta (+=, each may be null).  x, dy, dx [rows, cols]; mean, rstd [rows]
template <class T>
void layer_norm_backward(const Kernels<T>& kernels, ThreadPool& pool, std::size_t rows, std::size_t cols, const T* x, const T* gamma, const T* mean,
                         const T* rstd, const T* dy, T* dx, T* dgamma, T* dbeta, double* scratch);

/// What batch normalisation scales with, and the running statistics that it updates: [cols] each, each may be null.
template <class T>
struct BatchNorm {
  const T *gamma, *beta;
  double epsilon, momentum;
  T *running_mean, *running_variance;  ///< r = (1 − momentum)·r + momentum·statistic; the variance there is unbiased
};

/// y = (x − mean)·rstd·γ + β with the statistics of these rows; mean, rstd [cols] (=). x == y allowed.
template <class T>
void batch_norm_forward(const Kernels<T>& kernels, ThreadPool& pool, std::size_t rows, std::size_t cols, const T* x, const BatchNorm<T>& norm, T* y, T* mean,
                        T* rstd, double* scratch);

/// y = (x − running mean)/√(running variance + ε)·γ + β
template <class T>
void batch_norm_infer(const Kernels<T>& kernels, ThreadPool& pool, std::size_t rows, std::size_t cols, const T* x, const BatchNorm<T>& norm, T* y,
                      double* scratch);

/// dx (=), dgamma, dbeta (+=, each may be null); dx == dy allowed.
template <class T>
void batch_norm_backward(const Kernels<T>& kernels, ThreadPool& pool, std::size_t rows, std::size_t cols, const T* x, const T* gamma, const T* mean,
                         const T* rstd, const T* dy, T* dx, T* dgamma, T* dbeta, double* scratch);

}  // namespace chainrule
