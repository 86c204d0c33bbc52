// What moves numbers between shapes, and passes over whole vectors that belong to no gate.
#include "../ops/layout.h"

#include "functions.h"

namespace chainrule::binding {
namespace {

constexpr std::size_t kMostElements = std::size_t{1} << 53;

// a·b, or more than any array holds.
std::size_t product(std::size_t a, std::size_t b) { return b != 0 && a > kMostElements / b ? kMostElements : a * b; }

napi_value reduce_axis(Arguments& a) {
  const auto kind = static_cast<Reduction>(a.integer(0, "kind", 0, static_cast<int>(Reduction::count) - 1));
  const std::size_t outer = a.size(1, "outer"), extent = a.size(2, "extent"), inner = a.size(3, "inner");
  const Floats x = a.floats(4, "x"), out = a.floats(5, "out");
  a.require_length(x.length, product(product(outer, inner), extent), "x");
  a.require_length(out.length, product(outer, inner), "out");
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() { chainrule::reduce_axis(kernels().of<T>(), pool(), kind, outer, extent, inner, x.as<const T>(), out.as<T>()); });
  return nullptr;
}

napi_value expand(Arguments& a) {
  const Floats x = a.floats(0, "x");
  const Ints shape = a.ints(1, "shape"), strides = a.ints(2, "strides");
  const Floats out = a.floats(3, "out");
  a.require(shape.length <= Expansion::kMostAxes, "at most 16 axes");
  a.require_length(strides.length, shape.length, "strides");
  if (!a.ok()) return nullptr;
  // Copies: shape and strides may lie in memory that another thread writes to.
  int32_t lengths[Expansion::kMostAxes] = {}, steps[Expansion::kMostAxes] = {};
  std::size_t elements = 1, last = 0;
  for (std::size_t i = 0; i < shape.length; i++) {
    lengths[i] = *static_cast<const volatile int32_t*>(shape.data + i);
    steps[i] = *static_cast<const volatile int32_t*>(strides.data + i);
    a.require(lengths[i] >= 0 && steps[i] >= 0, "shape and strides not to be negative");
    if (!a.ok()) return nullptr;
    elements = product(elements, static_cast<std::size_t>(lengths[i]));
    if (lengths[i] > 0) last += product(static_cast<std::size_t>(lengths[i] - 1), static_cast<std::size_t>(steps[i]));
  }
  a.require_length(out.length, elements, "out");
  a.require(elements == 0 || last < x.length, "the strides to stay within x");
  if (!a.ok() || elements == 0) return nullptr;
  const Expansion expansion = simplified(shape.length, lengths, steps);
  with_dtype(a.dtype(), [&]<class T>() { chainrule::expand(kernels().of<T>(), pool(), expansion, x.as<const T>(), out.as<T>()); });
  return nullptr;
}

napi_value transpose(Arguments& a) {
  const std::size_t rows = a.size(0, "rows"), cols = a.size(1, "cols");
  const Floats x = a.floats(2, "x"), out = a.floats(3, "out");
  a.require_length(x.length, product(rows, cols), "x");
  a.require_length(out.length, x.length, "out");
  a.require(x.length == 0 || x.data != out.data, "x and out to be different arrays");
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() { chainrule::transpose(kernels().of<T>(), pool(), rows, cols, x.as<const T>(), out.as<T>()); });
  return nullptr;
}

napi_value sum_of_squares(Arguments& a) {
  const Floats x = a.floats(0, "x");
  if (!a.ok()) return nullptr;
  return a.result(with_dtype(a.dtype(), [&]<class T>() {
    return sum_parts(pool(), x.length, [&](std::size_t begin, std::size_t end) { return kernels().of<T>().dot(end - begin, x.as<T>(begin), x.as<T>(begin)); });
  }));
}

napi_value clip_values(Arguments& a) {
  const double limit = a.number(0, "limit");
  const Floats y = a.floats(1, "y");
  a.require(limit >= 0, "limit not to be negative");
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() {
    parallel_ranges(pool(), y.length, kElementGrain, kElementUnit, [&](std::size_t begin, std::size_t end) {
      kernels().of<T>().clip_values(end - begin, limit, y.as<T>(begin));
    });
  });
  return nullptr;
}

}  // namespace

const Function kLayoutFunctions[] = {
    {"reduceAxis", reduce_axis}, {"expand", expand}, {"transpose", transpose}, {"sumOfSquares", sum_of_squares}, {"clipValues", clip_values},
    {nullptr, nullptr},
};

}  // namespace chainrule::binding
