// Elementwise ops of two inputs, PReLU, and scaling in place.
#include "accumulate.h"
#include "results.h"
#include "table.h"

namespace chainrule {
namespace CHAINRULE_ISA {

struct Add {
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> a, Vec<T> b) { return a + b; }
};
struct Subtract {
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> a, Vec<T> b) { return a - b; }
};
struct Multiply {
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> a, Vec<T> b) { return a * b; }
};
struct Divide {
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> a, Vec<T> b) { return a / b; }
};
/// NaN where either is NaN.
struct Maximum {
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> a, Vec<T> b) { return select((a > b) | (a != a), a, b); }
};
struct Minimum {
  template <class T> CHAINRULE_INLINE static Vec<T> f(Vec<T> a, Vec<T> b) { return select((a < b) | (a != a), a, b); }
};

/// out[i] = a[i·sa] ∘ b[i·sb]
template <class Op, class T>
static void binary(size_t n, const T* a, size_t sa, const T* b, size_t sb, T* out) {
  if (n == 0) return;
  const Vec<T> va(*a), vb(*b);
  const Results<T> results(n, out != a && out != b);
  if (sa && sb) results.each(n, out, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(out, Op::f(at.load(a), at.load(b))); });
  else if (sa) results.each(n, out, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(out, Op::f(at.load(a), vb)); });
  else results.each(n, out, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(out, Op::f(va, sb ? at.load(b) : vb)); });
}

template <class T>
CHAINRULE_INLINE Vec<T> prelu(Vec<T> x, Vec<T> alpha) { return select(x > 0.0, x, alpha * x); }

/// y = max(0, x) + α·min(0, x)  [rows, channels]
template <class T>
static void prelu_forward(size_t rows, size_t channels, const T* x, const T* alpha, size_t sa, T* y) {
  if (rows * channels == 0) return;
  const Results<T> results(rows * channels, x != y);
  if (sa == 0) {
    const Vec<T> a(*alpha);
    results.each(rows * channels, y, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(y, prelu(at.load(x), a)); });
    return;
  }
  results.write_rows(rows, channels, y, [=](const Results<T>& part, size_t r, T* to) CHAINRULE_INLINE_LAMBDA {
    const T* const from = x + r * channels;
    part.each(channels, to, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(to, prelu(at.load(from), at.load(alpha))); });
  });
}

/// dx = dy·(1 or α), dα += Σ dy·min(0, x). The sums are in double and in the order of the rows.
template <class T>
static void prelu_backward(size_t rows, size_t channels, size_t stride, const T* x, const T* alpha, size_t sa, const T* dy, T* dx, T* dalpha) {
  if (rows * channels == 0) return;
  if (sa == 0) {
    const Vec<T> a(*alpha);
    Accumulator<T> sum;
    Results<T>(rows * channels, dx != dy && dx != x).write(rows * channels, dx, [&](size_t first, size_t count, T* to) CHAINRULE_INLINE_LAMBDA {
      const T *const from = x + first, *const slopes = dy + first;
      for_each_vector<T>(count, [&](auto at) CHAINRULE_INLINE_LAMBDA {
        const Vec<T> vx = at.load(from), g = at.load(slopes);
        at.store(to, select(vx > 0.0, g, a * g));
        sum.add_product(g, min(0.0, vx));
      });
    });
    *dalpha = static_cast<T>(*dalpha + sum.total());
    return;
  }
  for_each_vector<T>(channels, [=](auto at) CHAINRULE_INLINE_LAMBDA {
    const Vec<T> a = at.load(alpha);
    Accumulator<T> sum;
    for (size_t r = 0; r < rows; r++) {
      const Vec<T> vx = at.load(x + r * stride), g = at.load(dy + r * stride);
      at.store(dx + r * stride, select(vx > 0.0, g, a * g));
      sum.add_product(g, min(0.0, vx));
    }
    at.store(dalpha, sum.lanes_added_to(at.load(dalpha)));
  });
}

/// y += a·x
template <class T>
static void axpy(size_t n, double a, const T* x, T* y) {
  const Vec<T> va(static_cast<T>(a));
  for_each_vector<T>(n, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(y, fma(va, at.load(x), at.load(y))); });
}

/// y = a·y
template <class T>
static void scale(size_t n, double a, T* y) {
  const Vec<T> va(static_cast<T>(a));
  for_each_vector<T>(n, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(y, va * at.load(y)); });
}

/// y = -limit, y or limit, whichever is in the middle
template <class T>
static void clip_values(size_t n, double limit, T* y) {
  const Vec<T> high(static_cast<T>(limit)), low(static_cast<T>(-limit));
  for_each_vector<T>(n, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(y, min(high, max(low, at.load(y)))); });
}

template <class T>
CHAINRULE_INLINE void fill_binary(Kernels<T>* k) {
  k->binary[static_cast<int>(Binary::add)] = binary<Add, T>;
  k->binary[static_cast<int>(Binary::subtract)] = binary<Subtract, T>;
  k->binary[static_cast<int>(Binary::multiply)] = binary<Multiply, T>;
  k->binary[static_cast<int>(Binary::divide)] = binary<Divide, T>;
  k->binary[static_cast<int>(Binary::maximum)] = binary<Maximum, T>;
  k->binary[static_cast<int>(Binary::minimum)] = binary<Minimum, T>;
  k->prelu_forward = prelu_forward<T>;
  k->prelu_backward = prelu_backward<T>;
  k->axpy = axpy<T>;
  k->scale = scale<T>;
  k->clip_values = clip_values<T>;
}

void fill_binary(KernelTable* table) {
  fill_binary(&table->f32);
  fill_binary(&table->f64);
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
