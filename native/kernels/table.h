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

/// Losses of single elements (losses.cc): ℓ(x, target) with one parameter, which most do not look at.
enum class Loss : int32_t { absolute, squared, huber, smooth_l1, binary_cross_entropy, hinge, squared_hinge, poisson, kl_divergence, count };
/// Returns Σ weight·ℓ; dx = scale·weight·ℓ' (may be null, dx == x allowed). weight: null, or with stride 0 (one for all) or 1.
template <class T>
using ElementLossKernel = double (*)(size_t n, const T* x, const T* target, const T* weight, size_t stride, double parameter, double scale, T* dx);

/// What an axis is reduced by.
enum class Reduction : int32_t { sum, maximum, minimum, count };

/// Arrays of column totals (double, one for each column) are padded to a multiple of this: kernels touch whole vectors of them.
inline constexpr size_t kColumnPad = 16;

/// Elements of a tensor as another tensor's: out[i0, i1 …] = x[i0·strides[0] + i1·strides[1] + …].
struct Expansion {
  static constexpr size_t kMostAxes = 16;
  size_t axes;  ///< at least 1
  size_t shape[kMostAxes], strides[kMostAxes];
};

/// Update rules (optimizers.cc); their options stand in ops/optimize.h.
enum class Optimizer : int32_t { sgd, adam, adamw, amsgrad, nadam, radam, adamax, rmsprop, adagrad, adadelta, rprop, lion, count };
/// What one step of a rule needs: g += l1·sign(p) + decay·p, p *= shrink, and the rule's own numbers.
struct OptimizerStep {
  double l1, decay, shrink, coefficients[8];
};
/// One pass over [rows, columns] of the flat vectors, rows of parameters and states `stride` apart: parameters += , states
/// s0 … s2 = . States that a rule does not have, or does without, are null.
template <class T>
using OptimizerKernel = void (*)(size_t rows, size_t columns, size_t stride, T* parameters, const T* gradient, size_t gradient_stride, T* s0, T* s1, T* s2,
                                 const OptimizerStep* step);

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
  /// Rows are `stride` apart; for sa = 0 stride = channels.
  void (*prelu_backward)(size_t rows, size_t channels, size_t stride, const T* x, const T* alpha, size_t sa, const T* dy, T* dx, T* dalpha);

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
  /// The same with weights of classes [cols] and rows [rows] (each may be null) and label smoothing; a negative label's row is 0.
  void (*weighted_cross_entropy)(size_t rows, size_t cols, const T* x, const int32_t* labels, const T* class_weights, const T* row_weights, double smoothing,
                                 double scale, T* losses, T* dx);
  /// The same with probabilities as targets [rows, cols]. In both, dx may be null; dx == x allowed.
  void (*soft_cross_entropy)(size_t rows, size_t cols, const T* x, const T* targets, const T* row_weights, double scale, T* losses, T* dx);
  ElementLossKernel<T> element_loss[static_cast<int>(Loss::count)];
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
  /// The number of rows of which labels[r] is that index.
  size_t (*count_hits)(size_t rows, size_t cols, const T* x, const int32_t* labels);
  /// out[o, i] = Σ, max or min over e of x[o, e, i], for i < inner <= stride: x [outer, extent, stride], out [outer, stride].
  /// Max and min are NaN where there is one; of no elements they are −inf and inf.
  void (*reduce_axis)(Reduction kind, size_t outer, size_t extent, size_t inner, size_t stride, const T* x, T* out);
  /// Rows [first, last) of out, whose last axis is a row (rows are counted over all other axes).
  void (*expand)(const Expansion* expansion, size_t first, size_t last, const T* x, T* out);
  /// out[c·out_stride + r] = x[r·cols + c] for rows [0, rows)
  void (*transpose)(size_t rows, size_t cols, const T* x, size_t out_stride, T* out);

  /// y = (x − mean)·rstd·gamma + beta row by row; mean, rstd [rows] (=), of the biased variance. gamma, beta may be null.
  void (*layer_norm_forward)(size_t rows, size_t cols, const T* x, const T* gamma, const T* beta, double epsilon, T* y, T* mean, T* rstd);
  /// dx (=, dx == dy allowed), and dgamma, dbeta (+=, padded column totals, each may be null).
  void (*layer_norm_backward)(size_t rows, size_t cols, const T* x, const T* gamma, const T* mean, const T* rstd, const T* dy, T* dx,
                              double* dgamma, double* dbeta);
  /// sums += Σ (x − shift), squares += Σ (x − shift)² by column (padded column totals).  x [rows, cols], shift [cols]
  void (*column_moments)(size_t rows, size_t cols, const T* x, const T* shift, double* sums, double* squares);
  /// y = ((x − mean) − low)·factor + offset by column; low and offset may be null, x == y allowed.
  void (*normalize_columns)(size_t rows, size_t cols, const T* x, const T* mean, const T* low, const T* factor, const T* offset, T* y);
  /// sums[0] += Σ dy, sums[1] += Σ dy·(x − mean), sums[2] += Σ (x − mean) by column (padded column totals).
  void (*batch_norm_sums)(size_t rows, size_t cols, const T* x, const T* mean, const T* dy, double* const* sums);
  /// dx = factor·((dy − offset) − slope·(x − mean)) by column; dx == dy allowed.
  void (*batch_norm_backward)(size_t rows, size_t cols, const T* x, const T* mean, const T* dy, const T* factor, const T* offset, const T* slope, T* dx);

  /// y[i] = x[i]·m/(1 − p) with m = 0 with probability p, else 1: a function of (seed, stream, offset + i) alone, the same for
  /// both types and on every instruction set. x == y allowed.
  void (*dropout)(size_t n, const T* x, T* y, double p, uint64_t seed, uint64_t stream, uint64_t offset);
  /// y[r, :] = table[indices[r], :]. Rows whose index is not in [0, entries) are left alone: the caller has refused them.
  void (*embedding_forward)(size_t rows, size_t width, size_t entries, const T* table, const int32_t* indices, T* y);
  /// dtable[entry, :] += Σ of the rows dy[order[k], :] whose entry that is; entries [count] ascend, order [count] says whose they are.
  void (*embedding_backward)(size_t count, size_t width, const int32_t* entries, const int32_t* order, const T* dy, T* dtable);

  /// y += a·x, y = a·y, y cut to [−limit, limit] (in place; NaN stays)
  void (*axpy)(size_t n, double a, const T* x, T* y);
  void (*scale)(size_t n, double a, T* y);
  void (*clip_values)(size_t n, double limit, T* y);
  /// Index of the first element that is NaN or infinite, or n.
  size_t (*first_non_finite)(size_t n, const T* x);

  OptimizerKernel<T> optimize[static_cast<int>(Optimizer::count)];
};

struct KernelTable {
  const char* isa;
  int32_t lanes32, lanes64;  ///< vector width in elements
  int32_t unary_count;
  const UnaryInfo* unary_info;
  size_t* far_bytes;         ///< results of at least so many bytes are written past the caches
  Kernels<float> f32;
  Kernels<double> f64;

  template <class T> const Kernels<T>& of() const;
};
template <> inline const Kernels<float>& KernelTable::of<float>() const { return f32; }
template <> inline const Kernels<double>& KernelTable::of<double>() const { return f64; }

}  // namespace chainrule
