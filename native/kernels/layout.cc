// Reductions over an axis, broadcasting and transposition: what moves numbers between shapes.
#include "accumulate.h"
#include "math.h"
#include "table.h"

namespace chainrule {
namespace CHAINRULE_ISA {

/// The larger or the smaller of two, NaN where either is.
struct Larger {
  template <class T> static constexpr T start = -Constants<T>::infinity;
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> a, Vec<T> b) { return select((a > b) | (a != a), a, b); }
};
struct Smaller {
  template <class T> static constexpr T start = Constants<T>::infinity;
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> a, Vec<T> b) { return select((a < b) | (a != a), a, b); }
};

template <class Op, class T>
CHAINRULE_INLINE T extreme_of_row(size_t n, const T* x) {
  constexpr size_t lanes = Vec<T>::lanes;
  const T start = Op::template start<T>;
  Vec<T> m(start), m2(start);
  size_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    m = Op::f(Vec<T>::load(x + i), m);
    m2 = Op::f(Vec<T>::load(x + i + lanes), m2);
  }
  for (; i < n; i += lanes) m = Op::f(i + lanes <= n ? Vec<T>::load(x + i) : load_or(x + i, n - i, start), m);
  T lane[lanes];
  Op::f(m, m2).store(lane);
  Vec<T> best(lane[0]);
  for (size_t j = 1; j < lanes; j++) best = Op::f(Vec<T>(lane[j]), best);
  return first_lane(best);
}

template <class Op, class T>
CHAINRULE_INLINE void extreme_axis(size_t outer, size_t extent, size_t inner, size_t stride, const T* x, T* out) {
  for (size_t o = 0; o < outer; o++, x += extent * stride, out += stride) {
    if (inner == 1 && stride == 1) {
      *out = extreme_of_row<Op>(extent, x);
      continue;
    }
    for_each_vector<T>(inner, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(out, Vec<T>(Op::template start<T>)); });
    constexpr size_t together = 8;
    for (size_t e = 0; e < extent; e += together) {
      const size_t end = e + together < extent ? e + together : extent;
      for_each_vector<T>(inner, [=](auto at) CHAINRULE_INLINE_LAMBDA {
        Vec<T> m = at.load(out);
        for (size_t i = e; i < end; i++) m = Op::f(at.load(x + i * stride), m);
        at.store(out, m);
      });
    }
  }
}

template <class T>
CHAINRULE_INLINE void sum_axis(size_t outer, size_t extent, size_t inner, size_t stride, const T* x, T* out) {
  constexpr size_t block = 512;  // columns whose totals stay in the first cache
  for (size_t o = 0; o < outer; o++, x += extent * stride, out += stride) {
    if (inner == 1 && stride == 1) {
      *out = static_cast<T>(sum_of<T>(extent, [=](Accumulator<T>& s, auto at) CHAINRULE_INLINE_LAMBDA { s.add(at.load(x)); }));
      continue;
    }
    for (size_t c = 0; c < inner; c += block) {
      const size_t width = inner - c < block ? inner - c : block;
      double sums[block];
      for (size_t i = 0; i < block; i++) sums[i] = 0.0;
      double* const totals[] = {sums};
      add_columns<T>(extent, width, totals, [=](Accumulator<T>* s, auto at, size_t e) CHAINRULE_INLINE_LAMBDA { s[0].add(at.load(x + e * stride + c)); });
      for (size_t i = 0; i < width; i++) out[c + i] = static_cast<T>(sums[i]);
    }
  }
}

template <class T>
static void reduce_axis(Reduction kind, size_t outer, size_t extent, size_t inner, size_t stride, const T* x, T* out) {
  if (kind == Reduction::sum) sum_axis(outer, extent, inner, stride, x, out);
  else if (kind == Reduction::maximum) extreme_axis<Larger>(outer, extent, inner, stride, x, out);
  else extreme_axis<Smaller>(outer, extent, inner, stride, x, out);
}

/// out[i] = x[i·stride]
template <class T>
CHAINRULE_INLINE void expand_row(size_t n, const T* x, size_t stride, T* out) {
  if (stride == 0) {
    const Vec<T> v(*x);
    for_each_vector<T>(n, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(out, v); });
  } else if (stride == 1) {
    for_each_vector<T>(n, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(out, at.load(x)); });
  } else {
    for (size_t i = 0; i < n; i++) out[i] = x[i * stride];
  }
}

template <class T>
static void expand(const Expansion* expansion, size_t first, size_t last, const T* x, T* out) {
  if (first >= last) return;
  const Expansion& e = *expansion;
  const size_t inner = e.axes - 1, width = e.shape[inner];
  size_t index[Expansion::kMostAxes] = {}, from = 0, rest = first;
  for (size_t a = inner; a-- > 0; rest /= e.shape[a]) {
    index[a] = rest % e.shape[a];
    from += index[a] * e.strides[a];
  }
  for (size_t row = first; row < last; row++) {
    expand_row(width, x + from, e.strides[inner], out + row * width);
    for (size_t a = inner; a-- > 0;) {  // the next row: count up, with carries
      from += e.strides[a];
      if (++index[a] < e.shape[a]) break;
      from -= e.shape[a] * e.strides[a];
      index[a] = 0;
    }
  }
}

/// Up to `lanes` rows and columns, turned over in registers.
template <class T>
CHAINRULE_INLINE void transpose_tile(size_t rows, size_t cols, const T* x, size_t stride, T* out, size_t out_stride) {
  constexpr size_t lanes = Vec<T>::lanes;
  Vec<T> tile[lanes];
  if (rows == lanes && cols == lanes) {
    for (size_t r = 0; r < lanes; r++) tile[r] = Vec<T>::load(x + r * stride);
    transpose(tile);
    for (size_t c = 0; c < lanes; c++) tile[c].store(out + c * out_stride);
    return;
  }
  const auto across = Vec<T>::tail(cols), down = Vec<T>::tail(rows);
  for (size_t r = 0; r < lanes; r++) tile[r] = r < rows ? Vec<T>::load(x + r * stride, across) : Vec<T>(T(0));
  transpose(tile);
  for (size_t c = 0; c < cols; c++) tile[c].store(out + c * out_stride, down);
}

/// In blocks whose lines, read and written, all stay in the first cache.
template <class T>
static void transpose_matrix(size_t rows, size_t cols, const T* x, size_t out_stride, T* out) {
  constexpr size_t lanes = Vec<T>::lanes, block = 64;
  for (size_t rb = 0; rb < rows; rb += block)
    for (size_t cb = 0; cb < cols; cb += block) {
      const size_t row_end = rb + block < rows ? rb + block : rows, col_end = cb + block < cols ? cb + block : cols;
      for (size_t c = cb; c < col_end; c += lanes)
        for (size_t r = rb; r < row_end; r += lanes)
          transpose_tile(row_end - r < lanes ? row_end - r : lanes, col_end - c < lanes ? col_end - c : lanes, x + r * cols + c, cols, out + c * out_stride + r, out_stride);
    }
}

template <class T>
CHAINRULE_INLINE void fill_layout(Kernels<T>* k) {
  k->reduce_axis = reduce_axis<T>;
  k->expand = expand<T>;
  k->transpose = transpose_matrix<T>;
}

void fill_layout(KernelTable* table) {
  fill_layout(&table->f32);
  fill_layout(&table->f64);
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
