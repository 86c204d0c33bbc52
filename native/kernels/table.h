// The contract between the kernels and everything above them: one table of function pointers per instruction set.
// The same kernel source fills it once for each (kernels/instance.cc); dispatch/ picks one table at start.
// All arrays are dense unless a stride is named; lengths are in elements; no alignment is required.
// `=` after a parameter says that it is overwritten, `+=` that it is added to.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "gemm_table.h"

namespace chainrule {

/// What a gate's backward needs from its forward.
enum class Keeps : int32_t { nothing, input, output };

/// An elementwise gate of one input: y = f(x), dx = dy·f'(kept). `parameters` are its constants (alpha …), never trained.
struct UnaryInfo {
  const char* name;
  Keeps keeps;
  int32_t parameters;  ///< how many constants it takes (0 to 2)
};

template <class T>
struct UnaryKernel {
  /// y[i] = f(x[i]). x == y is allowed, any other overlap is not.
  void (*forward)(size_t n, const T* x, T* y, const double* parameters);
  /// dx[i] = dy[i]·f'(kept[i]), kept = x or y as Keeps says (null for `nothing`). dx == dy is allowed.
  void (*backward)(size_t n, const T* kept, const T* dy, T* dx, const double* parameters);
};

/// out[i] = a[i·sa] ∘ b[i·sb] with strides 0 (one value for all) or 1.
enum class Binary : int32_t { add, subtract, multiply, divide, maximum, minimum, count };
template <class T>
using BinaryKernel = void (*)(size_t n, const T* a, size_t sa, const T* b, size_t sb, T* out);

/// Settings of a momentum SGD step (PyTorch's torch.optim.SGD).
struct SgdOptions {
  double learning_rate, momentum, dampening, weight_decay;
  int32_t nesterov;
  int32_t first;  ///< first step: velocity = gradient, as PyTorch starts it
};

/// Settings of an Adam step (Kingma & Ba 2015; decoupled: AdamW, Loshchilov & Hutter 2019). step counts from 1.
struct AdamOptions {
  double learning_rate, beta1, beta2, epsilon, weight_decay;
  int32_t decoupled;
  int64_t step;
};

template <class T>
struct Kernels {
  GemmKernels<T> gemm;                 ///< see gemm_table.h
  /// Runs `rounds` rounds of independent FMAs on registers alone and returns the FLOPs done: the machine's peak.
  double (*fma_burst)(size_t rounds);
  const UnaryKernel<T>* unary;         ///< indexed like KernelTable::unary_info
  BinaryKernel<T> binary[static_cast<int>(Binary::count)];

  /// y = max(0,x) + alpha·min(0,x); channel c of row r uses alpha[c·sa], sa = 0 (one alpha) or 1 (one per channel).
  void (*prelu_forward)(size_t rows, size_t channels, const T* x, const T* alpha, size_t sa, T* y);
  /// dx = ; dalpha += Σ dy·min(0,x), over everything (sa = 0) or per channel (sa = 1). dx == dy allowed.
  void (*prelu_backward)(size_t rows, size_t channels, const T* x, const T* alpha, size_t sa, const T* dy, T* dx, T* dalpha);

  /// Row-wise, stable: y = e^(x-max)/Σ. x == y allowed. [rows, cols]
  void (*softmax_forward)(size_t rows, size_t cols, const T* x, T* y);
  /// dx = y·(dy − Σ dy·y); dx == dy allowed
  void (*softmax_backward)(size_t rows, size_t cols, const T* y, const T* dy, T* dx);
  /// y = x − max − log Σ e^(x-max)
  void (*log_softmax_forward)(size_t rows, size_t cols, const T* x, T* y);
  /// dx = dy − e^y·Σ dy; dx == dy allowed
  void (*log_softmax_backward)(size_t rows, size_t cols, const T* y, const T* dy, T* dx);
  /// Softmax cross-entropy in one sweep: losses[r] = log Σ e^x − x[label] (=), dx = scale·(softmax − onehot) (=, may be
  /// null, dx == x allowed). Labels must lie in [0, cols): the caller checks.
  void (*cross_entropy)(size_t rows, size_t cols, const T* x, const int32_t* labels, double scale, T* losses, T* dx);
  /// Returns Σ (x − target)²; dx = scale·(x − target) (may be null).
  double (*squared_error)(size_t n, const T* x, const T* target, double scale, T* dx);

  /// out[c] = (accumulate ? out[c] : 0) + Σ_r x[r·stride + c]
  void (*column_sums)(size_t rows, size_t cols, const T* x, size_t stride, T* out, int accumulate);
  /// Σ x, Σ x·y, max x (NaN if any is NaN; −inf for n = 0). Fixed order of summation: the same bits on every run.
  double (*sum)(size_t n, const T* x);
  double (*dot)(size_t n, const T* x, const T* y);
  double (*maximum)(size_t n, const T* x);
  /// Index of the largest of each row (the first of equals; a NaN counts as largest). out: int32 [rows]
  void (*argmax_rows)(size_t rows, size_t cols, const T* x, int32_t* out);
  /// y += a·x, y = a·y (in place)
  void (*axpy)(size_t n, double a, const T* x, T* y);
  void (*scale)(size_t n, double a, T* y);
  /// Index of the first element that is NaN or infinite, or n.
  size_t (*first_non_finite)(size_t n, const T* x);

  /// One pass over the flat vectors. velocity may be null when momentum is 0.
  void (*sgd)(size_t n, T* parameters, const T* gradient, T* velocity, const SgdOptions* options);
  void (*adam)(size_t n, T* parameters, const T* gradient, T* m, T* v, const AdamOptions* options);
};

struct KernelTable {
  const char* isa;
  int32_t lanes32, lanes64;  ///< vector width in elements
  int32_t unary_count;
  const UnaryInfo* unary_info;
  Kernels<float> f32;
  Kernels<double> f64;

  template <class T> const Kernels<T>& of() const;
};
template <> inline const Kernels<float>& KernelTable::of<float>() const { return f32; }
template <> inline const Kernels<double>& KernelTable::of<double>() const { return f64; }

}  // namespace chainrule
