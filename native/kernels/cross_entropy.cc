// Softmax cross-entropy with weights of classes and rows, label smoothing and ignored rows, and with probabilities as
// targets: short rows turned over in registers, `lanes` of them at once, long ones vector by vector.
#include "accumulate.h"
#include "rows.h"
#include "table.h"

namespace chainrule {
namespace CHAINRULE_ISA {

template <class T>
CHAINRULE_INLINE T lane_log(T x) { return first_lane(log(Vec<T>(x))); }

/// What makes up the loss of a row whose label is y, p = softmax(x), L = log Σ e^(x - max), C = cols:
///   r·((1 - ε)·w_y·(L - (x_y - max)) + ε/C·(W·L - Σ w·(x - max)))
///   dx = scale·r·(p·((1 - ε)·w_y + ε/C·W) - ε/C·w - (1 - ε)·w_y·onehot)
template <class T> struct WeightedRow {
  T label;     ///< r·(1 - ε)·w_y
  T smoothed;  ///< r·ε/C
};

template <class T> struct Weights {
  const T *classes, *rows;
  T kept, spread, total;  ///< 1 - ε, ε/C, W = Σ w
  CHAINRULE_INLINE WeightedRow<T> row(size_t r, int32_t label) const {
    if (label < 0) return {T(0), T(0)};
    const T weight = rows ? rows[r] : T(1);
    return {weight * kept * (classes ? classes[label] : T(1)), weight * spread};
  }
};

/// Σ w·(x - m) of a row, 0 where w is 0.
template <class T>
CHAINRULE_INLINE Vec<T> weighted_gap(Vec<T> x, Vec<T> m, Vec<T> w) { return select(w == 0.0, w, w * (x - m)); }

template <class T>
CHAINRULE_INLINE void weighted_block(size_t rows, size_t cols, const T* x, const int32_t* labels, const Weights<T>& w, size_t first, T scale, T* losses, T* dx) {
  RowBlock<T> block;
  block.rows = rows;
  block.cols = cols;
  block.load(x);
  T chosen[Vec<T>::lanes] = {}, label[Vec<T>::lanes] = {}, smoothed[Vec<T>::lanes] = {};
  for (size_t r = 0; r < rows; r++) {
    const WeightedRow<T> row = w.row(first + r, labels[r]);
    label[r] = row.label;
    smoothed[r] = row.smoothed;
    if (labels[r] >= 0) chosen[r] = x[r * cols + static_cast<size_t>(labels[r])];
  }
  const Vec<T> m = block.maximum(), own = Vec<T>::load(label), other = Vec<T>::load(smoothed), zero(T(0));
  Vec<T> gaps = zero;
  if (w.spread != T(0))
    for (size_t c = 0; c < cols; c++) gaps = gaps + weighted_gap(block.column[c], m, Vec<T>(w.classes ? w.classes[c] : T(1)));
  const Vec<T> sum = block.exp_sum(m), log_sum = log(sum), total(w.total);
  Vec<T> loss = select(own == 0.0, zero, own * (log_sum + (m - Vec<T>::load(chosen))));
  loss = loss + select(other == 0.0, zero, other * (total * log_sum - gaps));
  loss.store(losses, Vec<T>::tail(rows));
  if (!dx) return;
  const Vec<T> s(scale), factor = s * fma(other, total, own), off = s * other;
  const Vec<T> each = select(factor == 0.0, zero, factor / sum);
  for (size_t c = 0; c < cols; c++) {
    const Vec<T> p = select(each == 0.0, zero, block.column[c] * each);
    block.column[c] = w.spread == T(0) ? p : fnma(off, Vec<T>(w.classes ? w.classes[c] : T(1)), p);
  }
  block.store(dx);
  for (size_t r = 0; r < rows; r++)
    if (labels[r] >= 0) dx[r * cols + static_cast<size_t>(labels[r])] -= scale * label[r];
}

template <class T>
CHAINRULE_INLINE void weighted_row(size_t cols, const T* x, int32_t at_label, const Weights<T>& w, size_t r, T scale, T* loss, T* dx) {
  const WeightedRow<T> row = w.row(r, at_label);
  if (at_label < 0) {
    *loss = T(0);
    if (dx) for_each_vector<T>(cols, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(dx, Vec<T>(T(0))); });
    return;
  }
  const T m = row_maximum(cols, x), chosen = x[at_label];
  const Vec<T> vm(m), one(T(1));
  Vec<T> gaps = 0.0;
  const bool smoothing = w.spread != T(0);
  const T sum = row_exp_sum(cols, x, m, [&](auto at, Vec<T> e) CHAINRULE_INLINE_LAMBDA {
    if (smoothing) gaps = gaps + weighted_gap(at.load(x), vm, w.classes ? at.load(w.classes) : at.within(one));
    if (dx) at.store(dx, e);
  });
  const T log_sum = lane_log(sum);
  *loss = row.label == T(0) ? T(0) : row.label * (log_sum + (m - chosen));
  if (smoothing) *loss += row.smoothed * (w.total * log_sum - reduce_add(gaps));
  if (!dx) return;
  const Vec<T> each(scale * (row.label + row.smoothed * w.total) / sum), off(scale * row.smoothed);
  for_each_vector<T>(cols, [=](auto at) CHAINRULE_INLINE_LAMBDA {
    const Vec<T> p = at.load(dx) * each;
    at.store(dx, smoothing ? fnma(off, w.classes ? at.load(w.classes) : one, p) : p);
  });
  dx[at_label] -= scale * row.label;
}

template <class T>
static void weighted_cross_entropy(size_t rows, size_t cols, const T* x, const int32_t* labels, const T* class_weights, const T* row_weights, double smoothing,
                                   double scale, T* losses, T* dx) {
  constexpr size_t lanes = Vec<T>::lanes;
  const double total = class_weights ? sum_of<T>(cols, [=](Accumulator<T>& s, auto at) CHAINRULE_INLINE_LAMBDA { s.add(at.load(class_weights)); }) : static_cast<double>(cols);
  const Weights<T> w = {class_weights, row_weights, static_cast<T>(1.0 - smoothing), static_cast<T>(smoothing / static_cast<double>(cols)), static_cast<T>(total)};
  const T s = static_cast<T>(scale);
  if (RowBlock<T>::takes(cols)) {
    for (size_t r = 0; r < rows; r += lanes)
      weighted_block(rows - r < lanes ? rows - r : lanes, cols, x + r * cols, labels + r, w, r, s, losses + r, dx ? dx + r * cols : dx);
    return;
  }
  for (size_t r = 0; r < rows; r++) weighted_row(cols, x + r * cols, labels[r], w, r, s, losses + r, dx ? dx + r * cols : dx);
}

/// With S = Σ t: loss = r·(S·L - Σ t·(x - max)); dx = scale·r·(p·S - t), unless null.
template <class T>
CHAINRULE_INLINE void soft_block(size_t left, size_t cols, const T* x, const T* targets, const T* row_weights, T scale, T* losses, T* dx) {
  RowBlock<T> block(left, cols), goal(left, cols);
  block.load(x);
  goal.load(targets);
  const auto tail = Vec<T>::tail(block.rows);
  const Vec<T> m = block.maximum(), weight = row_weights ? Vec<T>::load(row_weights, tail) : Vec<T>(T(1));
  Vec<T> mass = 0.0, gaps = 0.0;
  for (size_t c = 0; c < cols; c++) {
    gaps = gaps + weighted_gap(block.column[c], m, goal.column[c]);
    mass = mass + goal.column[c];
  }
  const Vec<T> sum = block.exp_sum(m);
  (weight * (mass * log(sum) - gaps)).store(losses, tail);
  if (!dx) return;
  const Vec<T> off = Vec<T>(scale) * weight, each = off * mass / sum;
  block.map([&](Vec<T> e, size_t c) CHAINRULE_INLINE_LAMBDA { return fnma(off, goal.column[c], e * each); });
  block.store(dx);
}

template <class T>
static void soft_cross_entropy(size_t rows, size_t cols, const T* x, const T* targets, const T* row_weights, double scale, T* losses, T* dx) {
  constexpr size_t lanes = Vec<T>::lanes;
  if (RowBlock<T>::takes(cols)) {
    for (size_t r = 0; r < rows; r += lanes)
      soft_block(rows - r, cols, x + r * cols, targets + r * cols, row_weights ? row_weights + r : nullptr, static_cast<T>(scale), losses + r, dx ? dx + r * cols : nullptr);
    return;
  }
  for (size_t r = 0; r < rows; r++, x += cols, targets += cols) {
    const T weight = row_weights ? row_weights[r] : T(1), m = row_maximum(cols, x);
    const Vec<T> vm(m);
    Vec<T> sums = 0.0, gaps = 0.0;
    const T sum = row_exp_sum(cols, x, m, [&](auto at, Vec<T> e) CHAINRULE_INLINE_LAMBDA {
      const Vec<T> t = at.load(targets);
      sums = sums + t;
      gaps = gaps + weighted_gap(at.load(x), vm, t);
      if (dx) at.store(dx, e);
    });
    const T mass = reduce_add(sums);
    losses[r] = weight * (mass * lane_log(sum) - reduce_add(gaps));
    if (!dx) continue;
    const Vec<T> each(static_cast<T>(scale) * weight * mass / sum), off(static_cast<T>(scale) * weight);
    for_each_vector<T>(cols, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(dx, fnma(off, at.load(targets), at.load(dx) * each)); });
    dx += cols;
  }
}

template <class T>
CHAINRULE_INLINE void fill_cross_entropy(Kernels<T>* k) {
  k->weighted_cross_entropy = weighted_cross_entropy<T>;
  k->soft_cross_entropy = soft_cross_entropy<T>;
}

void fill_cross_entropy(KernelTable* table) {
  fill_cross_entropy(&table->f32);
  fill_cross_entropy(&table->f64);
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
