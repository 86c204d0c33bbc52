// The table of all kernels for sweeps: what each takes, how long that is, how it is called, and how far instruction sets may
// lie apart. A kernel that is new gets a row here; the products (gemm) have gemm_run.h.
#pragma once
#include <functional>

#include "numeric.h"

namespace chainrule::test {

/// Of what a kernel works on: `rows` is 1 where it works on single elements.
struct Shape {
  size_t rows, cols;
  size_t elements() const { return rows * cols; }
};

enum class Element { number, total, integer };   ///< T, double, int32_t
enum class Access { read, write, change };
/// What stands in an argument: numbers in [-2, 2), in [0.1, 2), probabilities; class numbers and row numbers.
enum class Fill { any, positive, probability, label, index, ascending, order };

struct Argument {
  Access access;
  size_t (*length)(Shape);
  Fill fill = Fill::any;
  Element element = Element::number;
};

/// Distance that is allowed, in epsilons of max(1, |y|), for float32 and float64.
struct Tolerance {
  double float32, float64;
};
inline constexpr Tolerance kSameBits{0, 0}, kRounding{1, 8}, kFunctions{4, 8};
inline constexpr Tolerance kSums{1, 4096};      ///< taken in double, in another order
inline constexpr Tolerance kRowSums{16384, 16384};  ///< taken in the elements' type, of up to 2000, times up to e²

inline constexpr size_t kEntries = 7;  ///< of tables that are looked up

template <class T>
struct KernelRow {
  std::string name;
  bool elementwise;  ///< one row of elements; else a matrix of at least one column
  std::vector<Argument> arguments;
  /// Returns what the kernel returns, 0 if that is nothing.
  std::function<double(const Kernels<T>&, Shape, void* const*)> run;
  Tolerance tolerance;
  bool edges = false;  ///< also for infinities, NaN and the like
  int in = -1, out = -1;  ///< arguments that may be the same array
};

template <class T> T* at(void* const* p, int i) { return static_cast<T*>(p[i]); }

namespace length {
inline size_t all(Shape s) { return s.elements(); }
inline size_t rows(Shape s) { return s.rows; }
inline size_t cols(Shape s) { return s.cols; }
inline size_t one(Shape) { return 1; }
inline size_t padded(Shape s) { return (s.cols + kColumnPad - 1) / kColumnPad * kColumnPad; }
inline size_t table(Shape s) { return kEntries * s.cols; }
}  // namespace length

inline constexpr Argument kX{Access::read, length::all}, kPositive{Access::read, length::all, Fill::positive}, kY{Access::write, length::all},
    kChanged{Access::change, length::all}, kColumn{Access::read, length::cols}, kColumnPositive{Access::read, length::cols, Fill::positive},
    kOne{Access::read, length::one}, kRowOut{Access::write, length::rows}, kRowPositive{Access::read, length::rows, Fill::positive},
    kLabels{Access::read, length::rows, Fill::label, Element::integer}, kTotals{Access::change, length::padded, Fill::any, Element::total};

template <class T>
void add_elementwise(const KernelTable& table, std::vector<KernelRow<T>>* rows) {
  for (int op = 0; op < table.unary_count; op++) {
    const UnaryInfo& info = table.unary_info[op];
    static constexpr double parameters[2] = {0.7, 0.3};
    rows->push_back({std::string(info.name) + " forward", true, {kX, kY},
                     [op](const Kernels<T>& k, Shape s, void* const* p) { return k.unary[op].forward(s.cols, at<T>(p, 0), at<T>(p, 1), parameters), 0.0; }, kFunctions, true, 0, 1});
    const bool nothing = info.keeps == Keeps::nothing;
    rows->push_back({std::string(info.name) + " backward", true, {kPositive, kX, kY},
                     [op, nothing](const Kernels<T>& k, Shape s, void* const* p) {
                       return k.unary[op].backward(s.cols, nothing ? nullptr : at<T>(p, 0), at<T>(p, 1), at<T>(p, 2), parameters), 0.0;
                     }, kFunctions, false, 1, 2});
  }
  for (int op = 0; op < static_cast<int>(Binary::count); op++)
    for (size_t strides = 0; strides < 4; strides++) {
      const size_t sa = strides & 1, sb = strides >> 1;
      rows->push_back({"binary " + std::to_string(op) + " strides " + std::to_string(sa) + std::to_string(sb), true, {sa ? kX : kOne, sb ? kX : kOne, kY},
                       [=](const Kernels<T>& k, Shape s, void* const* p) { return k.binary[op](s.cols, at<T>(p, 0), sa, at<T>(p, 1), sb, at<T>(p, 2)), 0.0; }, kSameBits, true});
    }
  rows->push_back({"axpy", true, {kX, kChanged}, [](const Kernels<T>& k, Shape s, void* const* p) { return k.axpy(s.cols, -0.3, at<T>(p, 0), at<T>(p, 1)), 0.0; }, kRounding});
  rows->push_back({"scale", true, {kChanged}, [](const Kernels<T>& k, Shape s, void* const* p) { return k.scale(s.cols, -0.3, at<T>(p, 0)), 0.0; }, kSameBits, true});
  rows->push_back({"clip_values", true, {kChanged}, [](const Kernels<T>& k, Shape s, void* const* p) { return k.clip_values(s.cols, 0.8, at<T>(p, 0)), 0.0; }, kSameBits, true});
  rows->push_back({"dropout", true, {kX, kY}, [](const Kernels<T>& k, Shape s, void* const* p) { return k.dropout(s.cols, at<T>(p, 0), at<T>(p, 1), 0.4, 3, 5, s.cols), 0.0; },
                   kSameBits, false, 0, 1});
  rows->push_back({"dropout of none", true, {kX, kY},
                   [](const Kernels<T>& k, Shape s, void* const* p) { return k.dropout(s.cols, at<T>(p, 0), at<T>(p, 1), 0, 3, 5, 0), 0.0; }, kSameBits, true, 0, 1});
  rows->push_back({"first_non_finite", true, {kX}, [](const Kernels<T>& k, Shape s, void* const* p) { return static_cast<double>(k.first_non_finite(s.cols, at<T>(p, 0))); }, kSameBits, true});
  rows->push_back({"maximum", true, {kX}, [](const Kernels<T>& k, Shape s, void* const* p) { return k.maximum(s.cols, at<T>(p, 0)); }, kSameBits, true});
  rows->push_back({"sum", true, {kX}, [](const Kernels<T>& k, Shape s, void* const* p) { return k.sum(s.cols, at<T>(p, 0)); }, kSums});
  rows->push_back({"dot", true, {kX, kX}, [](const Kernels<T>& k, Shape s, void* const* p) { return k.dot(s.cols, at<T>(p, 0), at<T>(p, 1)); }, kSums});
}

template <class T>
void add_losses(std::vector<KernelRow<T>>* rows) {
  for (int loss = 0; loss < static_cast<int>(Loss::count); loss++)
    for (int weights = 0; weights < 3; weights++) {  // none, one for all, one for each
      const size_t stride = weights == 2;
      rows->push_back({"element_loss " + std::to_string(loss) + " weights " + std::to_string(weights), true, {kX, kPositive, stride ? kPositive : kOne, kY},
                       [=](const Kernels<T>& k, Shape s, void* const* p) {
                         return k.element_loss[loss](s.cols, at<T>(p, 0), at<T>(p, 1), weights ? at<T>(p, 2) : nullptr, stride, 0.7, 0.3, at<T>(p, 3));
                       }, kSums, false, 0, 3});
    }
  rows->push_back({"element_loss without gradient", true, {kX, kPositive},
                   [](const Kernels<T>& k, Shape s, void* const* p) {
                     return k.element_loss[static_cast<int>(Loss::huber)](s.cols, at<T>(p, 0), at<T>(p, 1), nullptr, 0, 0.7, 0.3, nullptr);
                   }, kSums});
  rows->push_back({"squared_error", true, {kX, kX, kY}, [](const Kernels<T>& k, Shape s, void* const* p) { return k.squared_error(s.cols, at<T>(p, 0), at<T>(p, 1), 0.3, at<T>(p, 2)); }, kSums});
  rows->push_back({"cross_entropy", false, {kX, kLabels, kRowOut, kY},
                   [](const Kernels<T>& k, Shape s, void* const* p) { return k.cross_entropy(s.rows, s.cols, at<T>(p, 0), at<int32_t>(p, 1), 0.3, at<T>(p, 2), at<T>(p, 3)), 0.0; },
                   kFunctions, false, 0, 3});
  rows->push_back({"cross_entropy without gradient", false, {kX, kLabels, kRowOut},
                   [](const Kernels<T>& k, Shape s, void* const* p) { return k.cross_entropy(s.rows, s.cols, at<T>(p, 0), at<int32_t>(p, 1), 0.3, at<T>(p, 2), nullptr), 0.0; }, kFunctions});
  for (int given = 0; given < 4; given++)
    rows->push_back({"weighted_cross_entropy " + std::to_string(given), false, {kX, kLabels, kColumnPositive, kRowPositive, kRowOut, kY},
                     [=](const Kernels<T>& k, Shape s, void* const* p) {
                       return k.weighted_cross_entropy(s.rows, s.cols, at<T>(p, 0), at<int32_t>(p, 1), given & 1 ? at<T>(p, 2) : nullptr, given & 2 ? at<T>(p, 3) : nullptr,
                                                       given & 1 ? 0.1 : 0, 0.3, at<T>(p, 4), at<T>(p, 5)), 0.0;
                     }, kFunctions, false, 0, 5});
  for (bool weighted : {false, true})
    rows->push_back({weighted ? "soft_cross_entropy weighted" : "soft_cross_entropy", false, {kX, {Access::read, length::all, Fill::probability}, kRowPositive, kRowOut, kY},
                     [=](const Kernels<T>& k, Shape s, void* const* p) {
                       return k.soft_cross_entropy(s.rows, s.cols, at<T>(p, 0), at<T>(p, 1), weighted ? at<T>(p, 2) : nullptr, 0.3, at<T>(p, 3), at<T>(p, 4)), 0.0;
                     }, {64, 128}, false, 0, 4});
}

template <class T>
void add_rows(std::vector<KernelRow<T>>* rows) {
  rows->push_back({"softmax_forward", false, {kX, kY}, [](const Kernels<T>& k, Shape s, void* const* p) { return k.softmax_forward(s.rows, s.cols, at<T>(p, 0), at<T>(p, 1)), 0.0; }, kFunctions, false, 0, 1});
  rows->push_back({"softmax_backward", false, {kX, kX, kY}, [](const Kernels<T>& k, Shape s, void* const* p) { return k.softmax_backward(s.rows, s.cols, at<T>(p, 0), at<T>(p, 1), at<T>(p, 2)), 0.0; },
                   kRowSums, false, 1, 2});
  rows->push_back({"log_softmax_forward", false, {kX, kY}, [](const Kernels<T>& k, Shape s, void* const* p) { return k.log_softmax_forward(s.rows, s.cols, at<T>(p, 0), at<T>(p, 1)), 0.0; }, kFunctions, false, 0, 1});
  rows->push_back({"log_softmax_backward", false, {kX, kX, kY},
                   [](const Kernels<T>& k, Shape s, void* const* p) { return k.log_softmax_backward(s.rows, s.cols, at<T>(p, 0), at<T>(p, 1), at<T>(p, 2)), 0.0; }, kRowSums, false, 1, 2});
  rows->push_back({"argmax_rows", false, {kX, {Access::write, length::rows, Fill::any, Element::integer}},
                   [](const Kernels<T>& k, Shape s, void* const* p) { return k.argmax_rows(s.rows, s.cols, at<T>(p, 0), at<int32_t>(p, 1)), 0.0; }, kSameBits, true});
  for (size_t sa : {0, 1}) {
    const Argument alpha = sa ? kColumn : kOne;
    const Argument sums{Access::change, alpha.length};
    rows->push_back({sa ? "prelu_forward by channel" : "prelu_forward", false, {kX, alpha, kY},
                     [=](const Kernels<T>& k, Shape s, void* const* p) { return k.prelu_forward(s.rows, s.cols, at<T>(p, 0), at<T>(p, 1), sa, at<T>(p, 2)), 0.0; }, kSameBits});
    rows->push_back({sa ? "prelu_backward by channel" : "prelu_backward", false, {kX, alpha, kX, kY, sums},
                     [=](const Kernels<T>& k, Shape s, void* const* p) {
                       return k.prelu_backward(s.rows, s.cols, s.cols, at<T>(p, 0), at<T>(p, 1), sa, at<T>(p, 2), at<T>(p, 3), at<T>(p, 4)), 0.0;
                     }, kSums, false, 2, 3});
  }
  rows->push_back({"embedding_forward", false, {{Access::read, length::table}, {Access::read, length::rows, Fill::index, Element::integer}, kY},
                   [](const Kernels<T>& k, Shape s, void* const* p) { return k.embedding_forward(s.rows, s.cols, kEntries, at<T>(p, 0), at<int32_t>(p, 1), at<T>(p, 2)), 0.0; }, kSameBits});
  rows->push_back({"embedding_backward", false,
                   {{Access::read, length::rows, Fill::ascending, Element::integer}, {Access::read, length::rows, Fill::order, Element::integer}, kX, {Access::change, length::table}},
                   [](const Kernels<T>& k, Shape s, void* const* p) { return k.embedding_backward(s.rows, s.cols, at<int32_t>(p, 0), at<int32_t>(p, 1), at<T>(p, 2), at<T>(p, 3)), 0.0; }, kSums});
  for (int given = 0; given < 4; given++) {
    rows->push_back({"layer_norm_forward " + std::to_string(given), false, {kX, kColumn, kColumn, kY, kRowOut, kRowOut},
                     [=](const Kernels<T>& k, Shape s, void* const* p) {
                       return k.layer_norm_forward(s.rows, s.cols, at<T>(p, 0), given & 1 ? at<T>(p, 1) : nullptr, given & 2 ? at<T>(p, 2) : nullptr, 1e-2, at<T>(p, 3), at<T>(p, 4), at<T>(p, 5)), 0.0;
                     }, kSums});
    rows->push_back({"layer_norm_backward " + std::to_string(given), false, {kX, kColumn, {Access::read, length::rows}, kRowPositive, kX, kY, kTotals, kTotals},
                     [=](const Kernels<T>& k, Shape s, void* const* p) {
                       return k.layer_norm_backward(s.rows, s.cols, at<T>(p, 0), given & 1 ? at<T>(p, 1) : nullptr, at<T>(p, 2), at<T>(p, 3), at<T>(p, 4), at<T>(p, 5),
                                                    given & 1 ? at<double>(p, 6) : nullptr, given & 2 ? at<double>(p, 7) : nullptr), 0.0;
                     }, kSums, false, 4, 5});
  }
}

template <class T>
void add_columns(std::vector<KernelRow<T>>* rows) {
  for (int accumulate : {0, 1})
    rows->push_back({accumulate ? "column_sums accumulating" : "column_sums", false, {kX, {Access::change, length::cols}},
                     [=](const Kernels<T>& k, Shape s, void* const* p) { return k.column_sums(s.rows, s.cols, at<T>(p, 0), s.cols, at<T>(p, 1), accumulate), 0.0; }, kSums});
  for (int kind = 0; kind < static_cast<int>(Reduction::count); kind++) {
    const Tolerance tolerance = kind ? kSameBits : kSums;
    rows->push_back({"reduce_axis " + std::to_string(kind) + " first", false, {kX, {Access::write, length::cols}},
                     [=](const Kernels<T>& k, Shape s, void* const* p) { return k.reduce_axis(static_cast<Reduction>(kind), 1, s.rows, s.cols, s.cols, at<T>(p, 0), at<T>(p, 1)), 0.0; }, tolerance, kind != 0});
    rows->push_back({"reduce_axis " + std::to_string(kind) + " last", false, {kX, kRowOut},
                     [=](const Kernels<T>& k, Shape s, void* const* p) { return k.reduce_axis(static_cast<Reduction>(kind), s.rows, s.cols, 1, 1, at<T>(p, 0), at<T>(p, 1)), 0.0; }, tolerance, kind != 0});
  }
  rows->push_back({"transpose", false, {kX, kY}, [](const Kernels<T>& k, Shape s, void* const* p) { return k.transpose(s.rows, s.cols, at<T>(p, 0), s.rows, at<T>(p, 1)), 0.0; }, kSameBits, true});
  for (size_t stride : {0, 1, 2}) {  // a row for all, a row for each (stride 1 or, of columns in reverse roles, `rows`)
    static constexpr auto expanded = [](size_t kind, Shape s) {
      Expansion e{};
      e.axes = 2;
      e.shape[0] = s.rows, e.shape[1] = s.cols;
      e.strides[0] = kind == 0 ? 0 : kind == 1 ? s.cols : 1, e.strides[1] = kind == 0 ? 1 : kind == 1 ? 1 : s.rows;
      return e;
    };
    rows->push_back({"expand " + std::to_string(stride), false, {stride == 0 ? kColumn : kX, kY},
                     [=](const Kernels<T>& k, Shape s, void* const* p) {
                       const Expansion e = expanded(stride, s);
                       return k.expand(&e, 0, s.rows, at<T>(p, 0), at<T>(p, 1)), 0.0;
                     }, kSameBits, true});
  }
  rows->push_back({"column_moments", false, {kX, kColumn, kTotals, kTotals},
                   [](const Kernels<T>& k, Shape s, void* const* p) { return k.column_moments(s.rows, s.cols, at<T>(p, 0), at<T>(p, 1), at<double>(p, 2), at<double>(p, 3)), 0.0; }, kSums});
  for (int given = 0; given < 4; given++)
    rows->push_back({"normalize_columns " + std::to_string(given), false, {kX, kColumn, kColumn, kColumn, kColumn, kY},
                     [=](const Kernels<T>& k, Shape s, void* const* p) {
                       return k.normalize_columns(s.rows, s.cols, at<T>(p, 0), at<T>(p, 1), given & 1 ? at<T>(p, 2) : nullptr, at<T>(p, 3), given & 2 ? at<T>(p, 4) : nullptr, at<T>(p, 5)), 0.0;
                     }, kRounding, false, 0, 5});
  rows->push_back({"batch_norm_sums", false, {kX, kColumn, kX, kTotals, kTotals, kTotals},
                   [](const Kernels<T>& k, Shape s, void* const* p) {
                     double* const sums[3] = {at<double>(p, 3), at<double>(p, 4), at<double>(p, 5)};
                     return k.batch_norm_sums(s.rows, s.cols, at<T>(p, 0), at<T>(p, 1), at<T>(p, 2), sums), 0.0;
                   }, kSums});
  rows->push_back({"batch_norm_backward", false, {kX, kColumn, kX, kColumn, kColumn, kColumn, kY},
                   [](const Kernels<T>& k, Shape s, void* const* p) {
                     return k.batch_norm_backward(s.rows, s.cols, at<T>(p, 0), at<T>(p, 1), at<T>(p, 2), at<T>(p, 3), at<T>(p, 4), at<T>(p, 5), at<T>(p, 6)), 0.0;
                   }, kRounding, false, 2, 6});
}

/// With each set of states that a rule may have. Centred RMSprop divides by what is left of a difference.
template <class T>
void add_optimizers(std::vector<KernelRow<T>>* rows) {
  static constexpr Argument state{Access::change, length::all, Fill::positive};
  for (int rule = 0; rule < static_cast<int>(Optimizer::count); rule++) {
    const bool rms = rule == static_cast<int>(Optimizer::rmsprop);
    for (int states : {0, 1, 3, 5, 7}) {
      if (states != 7 && !(rms && states) && !(rule == static_cast<int>(Optimizer::sgd) && states < 3)) continue;
      rows->push_back({"optimizer " + std::to_string(rule) + " states " + std::to_string(states), false, {kChanged, kX, state, state, state},
                       [=](const Kernels<T>& k, Shape s, void* const* p) {
                         const OptimizerStep step{0.01, 0.02, 0.99, {0.9, 0.1, 0.8, 0.2, 0.05, 0.7, 0.1, 0.3}};
                         const auto given = [&](int i) { return states >> i & 1 ? at<T>(p, 2 + i) : nullptr; };
                         return k.optimize[rule](s.rows, s.cols, s.cols, at<T>(p, 0), at<T>(p, 1), s.cols, given(0), given(1), given(2), &step), 0.0;
                       }, rms && states > 3 ? Tolerance{1e6, 1e12} : Tolerance{4, 16}});
    }
  }
}

template <class T>
std::vector<KernelRow<T>> kernel_rows(const KernelTable& table) {
  std::vector<KernelRow<T>> rows;
  add_elementwise<T>(table, &rows);
  add_losses<T>(&rows);
  add_rows<T>(&rows);
  add_columns<T>(&rows);
  add_optimizers<T>(&rows);
  return rows;
}

}  // namespace chainrule::test
