// What an elementwise op is, and how a list of ops becomes a table of kernels.
//
// An op is a struct with `info` (name, what backward keeps, number of constants), `f` and `df`, which see one vector:
//     y  = f(x, p)           dx = dy·df(kept, p), kept = x or y as info.keeps says (unused for Keeps::nothing)
#pragma once
#include "results.h"
#include "table.h"

namespace chainrule {
namespace CHAINRULE_ISA {

/// An op's constants in every lane. They are copies: a store of a vector may change any memory, as far as compilers know.
template <class T> struct Parameters {
  double values[2];
  T rounded[2];
  CHAINRULE_INLINE Parameters(const double* from, int count) {
    for (int i = 0; i < 2; i++) values[i] = i < count ? from[i] : 0.0, rounded[i] = static_cast<T>(values[i]);
  }
  CHAINRULE_INLINE Vec<T> operator[](int i) const { return Vec<T>(rounded[i]); }
};

/// y = f(x)
template <class Op, class T>
static void unary_forward(size_t n, const T* x, T* y, const double* parameters) {
  const Parameters<T> p(parameters, Op::info.parameters);
  Results<T>(n, x != y).each(n, y, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(y, Op::f(at.load(x), p)); });
}

/// dx = dy·df(kept)
template <class Op, class T>
static void unary_backward(size_t n, const T* kept, const T* dy, T* dx, const double* parameters) {
  const Parameters<T> p(parameters, Op::info.parameters);
  Results<T>(n, dx != dy && dx != kept).each(n, dx, [=](auto at) CHAINRULE_INLINE_LAMBDA {
    const Vec<T> k = Op::info.keeps == Keeps::nothing ? Vec<T>(T(0)) : at.load(kept);
    at.store(dx, at.load(dy) * Op::df(k, p));
  });
}

template <class... Ops> struct UnaryList {
  static constexpr int32_t size = sizeof...(Ops);
};
template <class... Ops>
static const UnaryInfo* unary_infos(UnaryList<Ops...>) {
  static constexpr UnaryInfo all[] = {Ops::info...};
  return all;
}
template <class T, class... Ops>
static const UnaryKernel<T>* unary_kernels(UnaryList<Ops...>) {
  static constexpr UnaryKernel<T> all[] = {{unary_forward<Ops, T>, unary_backward<Ops, T>}...};
  return all;
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
