// Elementwise gates and reductions over whole arrays.
#include "../base/parallel.h"
#include "functions.h"

namespace chainrule::binding {
namespace {

napi_value unary_forward(Arguments& a) {
  const auto op = a.integer(0, "op", 0, kernels().unary_count - 1);
  const Floats x = a.floats(1, "x"), y = a.floats(2, "y");
  const double parameters[2] = {a.number(3, "p0"), a.number(4, "p1")};
  a.require_length(y.length, x.length, "y");
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() {
    const auto forward = kernels().of<T>().unary[op].forward;
    parallel_ranges(pool(), x.length, kElementGrain, kElementUnit, [&](std::size_t begin, std::size_t end) {
      forward(end - begin, x.as<T>(begin), y.as<T>(begin), parameters);
    });
  });
  return nullptr;
}

napi_value unary_backward(Arguments& a) {
  const auto op = a.integer(0, "op", 0, kernels().unary_count - 1);
  const Floats kept = a.floats(1, "kept"), dy = a.floats(2, "dy"), dx = a.floats(3, "dx");
  const double parameters[2] = {a.number(4, "p0"), a.number(5, "p1")};
  a.require_length(kept.length, dx.length, "kept");
  a.require_length(dy.length, dx.length, "dy");
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() {
    const auto backward = kernels().of<T>().unary[op].backward;
    parallel_ranges(pool(), dx.length, kElementGrain, kElementUnit, [&](std::size_t begin, std::size_t end) {
      backward(end - begin, kept.as<T>(begin), dy.as<T>(begin), dx.as<T>(begin), parameters);
    });
  });
  return nullptr;
}

napi_value binary(Arguments& a) {
  const auto op = a.integer(0, "op", 0, static_cast<int>(Binary::count) - 1);
  const Floats x = a.floats(1, "a"), y = a.floats(2, "b"), out = a.floats(3, "out");
  if (x.length != 1) a.require_length(x.length, out.length, "a");
  if (y.length != 1) a.require_length(y.length, out.length, "b");
  if (!a.ok()) return nullptr;
  const std::size_t sx = x.length != 1 || out.length == 1, sy = y.length != 1 || out.length == 1;
  with_dtype(a.dtype(), [&]<class T>() {
    const auto kernel = kernels().of<T>().binary[op];
    parallel_ranges(pool(), out.length, kElementGrain, kElementUnit, [&](std::size_t begin, std::size_t end) {
      kernel(end - begin, x.as<T>(begin * sx), sx, y.as<T>(begin * sy), sy, out.as<T>(begin));
    });
  });
  return nullptr;
}

template <class Reduce>
napi_value reduce(Arguments& a, Reduce&& kernel) {
  const Floats x = a.floats(0, "x");
  if (!a.ok()) return nullptr;
  return a.result(with_dtype(a.dtype(), [&]<class T>() { return kernel(kernels().of<T>(), x.length, x.as<T>()); }));
}

napi_value sum(Arguments& a) {
  return reduce(a, [](const auto& k, std::size_t n, auto* x) { return k.sum(n, x); });
}

napi_value maximum(Arguments& a) {
  return reduce(a, [](const auto& k, std::size_t n, auto* x) { return k.maximum(n, x); });
}

napi_value first_non_finite(Arguments& a) {
  return reduce(a, [](const auto& k, std::size_t n, auto* x) {
    const std::size_t i = k.first_non_finite(n, x);
    return i == n ? -1.0 : static_cast<double>(i);
  });
}

napi_value dot(Arguments& a) {
  const Floats x = a.floats(0, "x"), y = a.floats(1, "y");
  a.require_length(y.length, x.length, "y");
  if (!a.ok()) return nullptr;
  return a.result(with_dtype(a.dtype(), [&]<class T>() { return kernels().of<T>().dot(x.length, x.as<T>(), y.as<T>()); }));
}

napi_value axpy(Arguments& a) {
  const double factor = a.number(0, "a");
  const Floats x = a.floats(1, "x"), y = a.floats(2, "y");
  a.require_length(x.length, y.length, "x");
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() {
    parallel_ranges(pool(), y.length, kElementGrain, kElementUnit, [&](std::size_t begin, std::size_t end) {
      kernels().of<T>().axpy(end - begin, factor, x.as<T>(begin), y.as<T>(begin));
    });
  });
  return nullptr;
}

napi_value scale(Arguments& a) {
  const double factor = a.number(0, "a");
  const Floats y = a.floats(1, "y");
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() {
    parallel_ranges(pool(), y.length, kElementGrain, kElementUnit, [&](std::size_t begin, std::size_t end) {
      kernels().of<T>().scale(end - begin, factor, y.as<T>(begin));
    });
  });
  return nullptr;
}

}  // namespace

const Function kElementwiseFunctions[] = {
    {"unaryForward", unary_forward}, {"unaryBackward", unary_backward}, {"binary", binary},
    {"sum", sum}, {"maximum", maximum}, {"firstNonFinite", first_non_finite},
    {"dot", dot}, {"axpy", axpy}, {"scale", scale}, {nullptr, nullptr},
};

}  // namespace chainrule::binding
