// Sums, dot products, maxima and searches. Sums are taken in double, in an order that only the lengths decide.
#include "accumulate.h"
#include "math.h"
#include "table.h"

namespace chainrule {
namespace CHAINRULE_ISA {

template <class T>
static double sum(size_t n, const T* x) {
  return sum_of<T>(n, [=](Accumulator<T>& s, auto at) CHAINRULE_INLINE_LAMBDA { s.add(at, x); });
}

template <class T>
static double dot(size_t n, const T* x, const T* y) {
  if (x == y) return sum_of<T>(n, [=](Accumulator<T>& s, auto at) CHAINRULE_INLINE_LAMBDA { s.add_square(at, x); });
  return sum_of<T>(n, [=](Accumulator<T>& s, auto at) CHAINRULE_INLINE_LAMBDA { s.add_product(at, x, y); });
}

/// Σ (x - target)²; dx = scale·(x - target), unless null.
template <class T>
static double squared_error(size_t n, const T* x, const T* target, double scale, T* dx) {
  const Vec<T> s(static_cast<T>(scale));
  return sum_of<T>(n, [=](Accumulator<T>& total, auto at) CHAINRULE_INLINE_LAMBDA {
    const Vec<T> d = at.load(x) - at.load(target);
    if (dx) at.store(dx, s * d);
    total.add_product(d, d);
  });
}

/// The largest of x, lane by lane over four vectors, and whether there is a NaN.
template <class T>
CHAINRULE_INLINE T largest(size_t n, const T* x) {
  using C = Constants<T>;
  constexpr size_t lanes = Vec<T>::lanes;
  Vec<T> m[4] = {-C::infinity, -C::infinity, -C::infinity, -C::infinity};
  Mask<T> bad = m[0] != m[0];
  size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes)
    for (size_t j = 0; j < 4; j++) {
      const Vec<T> v = Vec<T>::load(x + i + j * lanes);
      m[j] = max(v, m[j]);
      bad = bad | (v != v);
    }
  for (; i < n; i += lanes) {
    const Vec<T> v = i + lanes <= n ? Vec<T>::load(x + i) : load_or(x + i, n - i, -C::infinity);
    m[0] = max(v, m[0]);
    bad = bad | (v != v);
  }
  return any(bad) ? C::nan : reduce_max(max(max(m[0], m[1]), max(m[2], m[3])));
}

template <class T>
static double maximum(size_t n, const T* x) { return largest(n, x); }

/// Index of the first x[i] for which test(vector) holds, or n. Lanes beyond the end count as 0.
template <class T, class Test>
CHAINRULE_INLINE size_t find(size_t n, const T* x, Test test) {
  constexpr size_t lanes = Vec<T>::lanes;
  for (size_t i = 0; i < n; i += lanes) {
    const Mask<T> hit = test(i + lanes <= n ? Vec<T>::load(x + i) : Vec<T>::load(x + i, Vec<T>::tail(n - i)));
    if (any(hit)) {
      const size_t at = i + static_cast<size_t>(first(hit));
      return at < n ? at : n;
    }
  }
  return n;
}

/// out[r] = index of the first largest of row r, or of its first NaN.  x: [rows, cols]
template <class T>
static void argmax_rows(size_t rows, size_t cols, const T* x, int32_t* out) {
  for (size_t r = 0; r < rows; r++, x += cols) {
    const Vec<T> m(largest(cols, x));
    const size_t at = find(cols, x, [=](Vec<T> v) CHAINRULE_INLINE_LAMBDA { return (v == m) | (v != v); });
    out[r] = static_cast<int32_t>(at);
  }
}

/// Rows of which labels[r] is argmax_rows(r): nothing before it is as large, nothing larger.
template <class T>
static size_t count_hits(size_t rows, size_t cols, const T* x, const int32_t* labels) {
  constexpr size_t lanes = Vec<T>::lanes;
  size_t hits = 0;
  for (size_t r = 0; r < rows; r++, x += cols) {
    const size_t label = static_cast<size_t>(labels[r]);
    if (labels[r] < 0 || label >= cols) continue;
    if (x[label] != x[label]) {  // the first of a row's NaN is what counts
      hits += find(label, x, [](Vec<T> v) CHAINRULE_INLINE_LAMBDA { return v != v; }) == label;
      continue;
    }
    const Vec<T> chosen(x[label]);
    bool hit = true;
    for (size_t i = 0; i < cols && hit; i += lanes) {
      const Vec<T> v = i + lanes <= cols ? Vec<T>::load(x + i) : load_or(x + i, cols - i, -Constants<T>::infinity);
      if (any(above(v, chosen))) hit = false;
      else if (i <= label) {
        const Mask<T> same = v == chosen;
        hit = !any(same) || i + static_cast<size_t>(first(same)) == label;
      }
    }
    hits += hit;
  }
  return hits;
}

template <class T>
static size_t first_non_finite(size_t n, const T* x) {
  return find(n, x, [](Vec<T> v) CHAINRULE_INLINE_LAMBDA { return !(abs(v) < Constants<T>::infinity); });
}

/// out[c] (=, or += to accumulate) Σ_r x[r·stride + c]
template <class T>
static void column_sums(size_t rows, size_t cols, const T* x, size_t stride, T* out, int accumulate) {
  for_each_vector<T>(cols, [=](auto at) CHAINRULE_INLINE_LAMBDA {
    Accumulator<T> even, odd;
    size_t r = 0;
    for (; r + 2 <= rows; r += 2) {
      even.add(at.load(x + r * stride));
      odd.add(at.load(x + (r + 1) * stride));
    }
    if (r < rows) even.add(at.load(x + r * stride));
    even.add(odd);
    at.store(out, even.lanes_added_to(accumulate ? at.load(out) : Vec<T>(T(0))));
  });
}

template <class T>
CHAINRULE_INLINE void fill_reductions(Kernels<T>* k) {
  k->sum = sum<T>;
  k->dot = dot<T>;
  k->squared_error = squared_error<T>;
  k->maximum = maximum<T>;
  k->argmax_rows = argmax_rows<T>;
  k->count_hits = count_hits<T>;
  k->first_non_finite = first_non_finite<T>;
  k->column_sums = column_sums<T>;
}

void fill_reductions(KernelTable* table) {
  fill_reductions(&table->f32);
  fill_reductions(&table->f64);
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
