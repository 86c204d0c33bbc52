// Losses over the pool's threads: elements and rows are divided, sums are taken in an order that the shapes alone decide.
#pragma once
#include "../base/status.h"
#include "../base/thread_pool.h"
#include "../kernels/table.h"

namespace chainrule {

/// Σ weight·ℓ(x, target); dx = scale·weight·ℓ' unless null. weight is null, or has one element (stride 0) or n (stride 1).
template <class T>
double element_loss(const Kernels<T>& kernels, ThreadPool& pool, Loss kind, std::size_t n, const T* x, const T* target, const T* weight, std::size_t stride,
                    double parameter, double scale, T* dx);

/// Memory for the losses of the rows and a copy of the labels: bytes.
inline std::size_t cross_entropy_scratch(std::size_t rows) { return rows * (sizeof(double) + sizeof(int32_t)); }

/// For no label.
inline constexpr int64_t kNoLabel = INT64_MIN;

/// How rows and classes count. Absent weights are 1; `ignored` is a label whose rows count nothing, or kNoLabel.
template <class T>
struct CrossEntropyWeights {
  const T *classes, *rows;
  double smoothing;
  int64_t ignored;
};
struct WeightedLoss {
  double loss, weight;  ///< Σ of the rows' weighted losses, Σ of the weights of their labels
};

/// Softmax cross-entropy as torch.nn.CrossEntropyLoss; dx = scale·d(Σ loss)/dx unless null. out_of_range for a bad label.
template <class T>
Status weighted_cross_entropy(const Kernels<T>& kernels, ThreadPool& pool, std::size_t rows, std::size_t cols, const T* x, const int32_t* labels,
                              const CrossEntropyWeights<T>& weights, double scale, T* dx, WeightedLoss* out, void* scratch);

/// The same with probabilities as targets [rows, cols]. Returns the sum of the rows' weighted losses.
template <class T>
double soft_cross_entropy(const Kernels<T>& kernels, ThreadPool& pool, std::size_t rows, std::size_t cols, const T* x, const T* targets, const T* row_weights,
                          double scale, T* dx, void* scratch);

}  // namespace chainrule
