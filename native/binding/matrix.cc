// Matrix multiplication with its epilogue.
#include "../gemm/gemm.h"
#include "functions.h"

namespace chainrule::binding {
namespace {

// Elements that a [rows, cols] view with these strides reaches into; a number too large for memory where it overflows.
double reach(std::size_t rows, std::size_t cols, std::size_t row_stride, std::size_t col_stride) {
  if (rows == 0 || cols == 0) return 0;
  return static_cast<double>(rows - 1) * static_cast<double>(row_stride) + static_cast<double>(cols - 1) * static_cast<double>(col_stride) + 1;
}

napi_value matrix_multiply(Arguments& a) {
  const std::size_t m = a.size(0, "m"), n = a.size(1, "n"), k = a.size(2, "k");
  const double alpha = a.number(3, "alpha");
  const Floats left = a.floats(4, "a");
  const std::size_t left_row = a.size(5, "aRow"), left_col = a.size(6, "aCol");
  const Floats right = a.floats(7, "b");
  const std::size_t right_row = a.size(8, "bRow"), right_col = a.size(9, "bCol");
  const double beta = a.number(10, "beta");
  const Floats c = a.floats(11, "c"), bias = a.floats_or_null(12, "bias");
  const auto op = a.integer(13, "op", -1, kernels().unary_count - 1);
  const double parameters[2] = {a.number(14, "p0"), a.number(15, "p1")};
  const Floats before = a.floats_or_null(16, "before");
  a.require(static_cast<double>(m) * static_cast<double>(n) == static_cast<double>(c.length), "c to have m·n elements");
  a.require(reach(m, k, left_row, left_col) <= static_cast<double>(left.length), "a to hold [m, k] with its strides");
  a.require(reach(k, n, right_row, right_col) <= static_cast<double>(right.length), "b to hold [k, n] with its strides");
  if (bias.data) a.require_length(bias.length, n, "bias");
  if (before.data) a.require_length(before.length, c.length, "before");
  if (!a.ok()) return nullptr;
  a.check(with_dtype(a.dtype(), [&]<class T>() {
    Epilogue<T> epilogue;
    epilogue.bias = bias.as<T>();
    epilogue.activation = op >= 0 ? &kernels().of<T>().unary[op] : nullptr;
    epilogue.parameters = parameters;
    epilogue.before = before.as<T>();
    epilogue.before_stride = n;
    return gemm<T>(kernels(), pool(), m, n, k, static_cast<T>(alpha), {left.as<T>(), left_row, left_col},
                   {right.as<T>(), right_row, right_col}, static_cast<T>(beta), {c.as<T>(), n, 1}, epilogue);
  }));
  return nullptr;
}

}  // namespace

const Function kMatrixFunctions[] = {{"gemm", matrix_multiply}, {nullptr, nullptr}};

}  // namespace chainrule::binding
