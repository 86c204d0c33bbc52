// Operations on the rows or columns of a matrix: softmax, PReLU, column sums, gathering.
#include "../base/parallel.h"
#include "../ops/prelu.h"
#include "../plan/gather.h"
#include "functions.h"

namespace chainrule::binding {
namespace {

template <class Select>
napi_value row_forward(Arguments& a, Select&& select) {
  const std::size_t cols = a.size(0, "cols");
  const Floats x = a.floats(1, "x"), y = a.floats(2, "y");
  a.require_length(y.length, x.length, "y");
  const std::size_t rows = a.rows_of(x.length, cols);
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() {
    const auto kernel = select(kernels().of<T>());
    parallel_rows(pool(), rows, cols, [&](std::size_t begin, std::size_t end) { kernel(end - begin, cols, x.as<T>(begin * cols), y.as<T>(begin * cols)); });
  });
  return nullptr;
}

template <class Select>
napi_value row_backward(Arguments& a, Select&& select) {
  const std::size_t cols = a.size(0, "cols");
  const Floats y = a.floats(1, "y"), dy = a.floats(2, "dy"), dx = a.floats(3, "dx");
  a.require_length(y.length, dx.length, "y");
  a.require_length(dy.length, dx.length, "dy");
  const std::size_t rows = a.rows_of(dx.length, cols);
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() {
    const auto kernel = select(kernels().of<T>());
    parallel_rows(pool(), rows, cols, [&](std::size_t begin, std::size_t end) {
      kernel(end - begin, cols, y.as<T>(begin * cols), dy.as<T>(begin * cols), dx.as<T>(begin * cols));
    });
  });
  return nullptr;
}

napi_value softmax_forward(Arguments& a) {
  return row_forward(a, [](const auto& k) { return k.softmax_forward; });
}
napi_value softmax_backward(Arguments& a) {
  return row_backward(a, [](const auto& k) { return k.softmax_backward; });
}
napi_value log_softmax_forward(Arguments& a) {
  return row_forward(a, [](const auto& k) { return k.log_softmax_forward; });
}
napi_value log_softmax_backward(Arguments& a) {
  return row_backward(a, [](const auto& k) { return k.log_softmax_backward; });
}

napi_value prelu_forward(Arguments& a) {
  const std::size_t channels = a.size(0, "channels");
  const Floats x = a.floats(1, "x"), alpha = a.floats(2, "alpha"), y = a.floats(3, "y");
  const std::size_t rows = a.rows_of(x.length, channels);
  if (alpha.length != 1) a.require_length(alpha.length, channels, "alpha");
  a.require_length(y.length, x.length, "y");
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() {
    parallel_rows(pool(), rows, channels, [&](std::size_t begin, std::size_t end) {
      kernels().of<T>().prelu_forward(end - begin, channels, x.as<T>(begin * channels), alpha.as<T>(), alpha.length != 1, y.as<T>(begin * channels));
    });
  });
  return nullptr;
}

napi_value prelu_backward(Arguments& a) {
  const std::size_t channels = a.size(0, "channels");
  const Floats x = a.floats(1, "x"), alpha = a.floats(2, "alpha"), dy = a.floats(3, "dy"), dx = a.floats(4, "dx"), dalpha = a.floats(5, "dalpha");
  const std::size_t rows = a.rows_of(x.length, channels);
  if (alpha.length != 1) a.require_length(alpha.length, channels, "alpha");
  a.require_length(dalpha.length, alpha.length, "dalpha");
  a.require_length(dy.length, x.length, "dy");
  a.require_length(dx.length, x.length, "dx");
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() {
    chainrule::prelu_backward<T>(kernels().of<T>(), pool(), rows, channels, x.as<T>(), alpha.as<T>(), alpha.length != 1, dy.as<T>(), dx.as<T>(), dalpha.as<T>());
  });
  return nullptr;
}

napi_value column_sums(Arguments& a) {
  const Floats x = a.floats(0, "x"), out = a.floats(1, "out");
  const bool accumulate = a.boolean(2, "accumulate");
  const std::size_t cols = out.length, rows = a.rows_of(x.length, cols);
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() {
    parallel_ranges(pool(), cols, grain_of(rows), kElementUnit, [&](std::size_t begin, std::size_t end) {
      kernels().of<T>().column_sums(rows, end - begin, x.as<T>(begin), cols, out.as<T>(begin), accumulate);
    });
  });
  return nullptr;
}

napi_value argmax_rows(Arguments& a) {
  const std::size_t cols = a.size(0, "cols");
  const Floats x = a.floats(1, "x");
  const Ints out = a.ints(2, "out");
  const std::size_t rows = a.rows_of(x.length, cols);
  a.require_length(out.length, rows, "out");
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() { kernels().of<T>().argmax_rows(rows, cols, x.as<T>(), out.data); });
  return nullptr;
}

napi_value gather(Arguments& a) {
  const Elements x = a.elements(0, "x to be a Float32Array, Float64Array or Uint8Array", {napi_float32_array, napi_float64_array, napi_uint8_array});
  const std::size_t cols = a.size(1, "cols");
  const Ints rows = a.ints(2, "rows");
  const std::size_t start = a.size(3, "start"), count = a.size(4, "count");
  const double scale = a.number(5, "scale");
  const Floats out = a.floats(6, "out");
  a.require(cols > 0 && cols <= (std::size_t{1} << 40), "cols to be positive");
  a.require(start <= rows.length && count <= rows.length - start, "start and count to lie in rows");
  a.require(a.ok() && count <= (std::size_t{1} << 53) / cols && out.length == count * cols, "out to have count·cols elements");
  if (!a.ok()) return nullptr;
  const int32_t* const first = rows.data + start;
  const std::size_t bad = first_bad_row(first, count, x.length / cols);
  if (bad < count) a.check({Code::out_of_range, "row out of range", static_cast<int64_t>(start + bad), first[bad]});
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() {
    parallel_rows(pool(), count, cols, [&](std::size_t begin, std::size_t end) {
      T* const to = out.as<T>(begin * cols);
      const std::size_t n = end - begin;
      if (x.type == napi_float32_array) gather_rows(static_cast<const float*>(x.data), cols, first + begin, n, scale, to);
      else if (x.type == napi_float64_array) gather_rows(static_cast<const double*>(x.data), cols, first + begin, n, scale, to);
      else gather_rows(static_cast<const uint8_t*>(x.data), cols, first + begin, n, scale, to);
    });
  });
  return nullptr;
}

}  // namespace

const Function kRowFunctions[] = {
    {"softmaxForward", softmax_forward}, {"softmaxBackward", softmax_backward},
    {"logSoftmaxForward", log_softmax_forward}, {"logSoftmaxBackward", log_softmax_backward},
    {"preluForward", prelu_forward}, {"preluBackward", prelu_backward},
    {"columnSums", column_sums}, {"argmaxRows", argmax_rows}, {"gatherRows", gather}, {nullptr, nullptr},
};

}  // namespace chainrule::binding
