// The table of elementwise ops for the tests: each op, its reference, and the accuracy that is promised.
#pragma once
#include <cstdio>
#include <cstdlib>

#include "numeric.h"
#include "unary_reference.h"

namespace chainrule::test {

/// An op, its reference, and what is allowed: ULP for f; epsilons of max(1, |f'|)·|dy| for df.
struct Row {
  const char* name;
  double ulp, derivative_epsilons;
  bool transcendental;  ///< swept over the patterns of float32
  double low, high;     ///< where the derivative is compared
  double parameters[2];
  double (*f64)(double, const double*);
  long double (*f)(long double, const double*);
  long double (*d)(long double, const double*);
};
template <class Op>
Row row(const char* name, double ulp, double derivative_epsilons, bool transcendental = false, double low = -30, double high = 30, double p = 0, double q = 0) {
  return {name, ulp, derivative_epsilons, transcendental, low, high, {p, q}, Op::template f<double>, Op::template f<long double>, Op::template d<long double>};
}

inline const std::vector<Row>& rows() {
  namespace r = reference;
  static const std::vector<Row> all = {
      row<r::identity>("identity", 0, 0),
      row<r::sigmoid>("sigmoid", 4, 4, true),
      row<r::tanh>("tanh", 4, 8, true),
      row<r::hardTanh>("hardTanh", 0, 0),
      row<r::relu>("relu", 0, 0),
      row<r::leakyRelu>("leakyRelu", 1, 1, false, -30, 30, 0.01),
      row<r::elu>("elu", 4, 4, true, -30, 30, 1.0),
      row<r::elu>("elu", 4, 4, true, -30, 30, 0.7),
      row<r::relu6>("relu6", 0, 0),
      row<r::selu>("selu", 4, 8, true),
      row<r::softplus_>("softplus", 4, 4, true),
      row<r::softsign>("softsign", 4, 4),
      row<r::gelu>("gelu", 16, 16, true),
      row<r::geluTanh>("geluTanh", 16, 32, true),
      row<r::silu>("silu", 4, 8, true),
      row<r::mish>("mish", 8, 16, true),
      row<r::hardSigmoid>("hardSigmoid", 1.5, 1),
      row<r::hardSwish>("hardSwish", 2.5, 2),
      row<r::logSigmoid>("logSigmoid", 4, 4, true),
      row<r::negate>("negate", 0, 0),
      row<r::exp>("exp", 4, 4, true),
      row<r::expm1>("expm1", 4, 4, true),
      row<r::log>("log", 4, 4, true, 1e-6, 30),
      row<r::log1p>("log1p", 4, 4, true, -0.9, 30),
      row<r::reciprocal>("reciprocal", 1, 4, false, 0.01, 30),
      row<r::sqrt>("sqrt", 1, 4, false, 1e-6, 30),
      row<r::square>("square", 1, 1),
      row<r::abs>("abs", 0, 0),
      row<r::scale>("scale", 1, 1, false, -30, 30, -1.7),
      row<r::addConstant>("addConstant", 1, 0, false, -30, 30, 0.3),
      row<r::clip_>("clip", 0, 0, false, -30, 30, -1.3, 2.1),
      row<r::power>("power", 1, 2, false, 1e-3, 30, 2.5),
      row<r::power>("power", 1, 2, false, -30, 30, 2),
      row<r::power>("power", 2, 4, false, -30, 30, 3),
      row<r::power>("power", 2, 4, false, 0.01, 30, -1),
      row<r::power>("power", 1, 2, false, -30, 30, 0),
      row<r::sin>("sin", 1, 2),
      row<r::cos>("cos", 1, 2),
  };
  return all;
}

inline int index_of(const KernelTable* table, const char* name) {
  for (int i = 0; i < table->unary_count; i++)
    if (!std::strcmp(table->unary_info[i].name, name)) return i;
  return -1;
}

/// Constants as the kernel sees them, so that their rounding is not counted as the kernel's error.
template <class T>
Row rounded(Row r) {
  for (double& p : r.parameters) {
    const volatile T seen = static_cast<T>(p);  // volatile: compilers have taken the rounding away
    p = static_cast<double>(seen);
  }
  return r;
}

inline std::string where(const char* isa, const char* dtype, const Row& r, double x, double y, double expected, double error) {
  char text[256];
  std::snprintf(text, sizeof text, "%s %s %s(%.17g): x = %.17g (%a) gives %.17g, not %.17g: error %.3g", isa, dtype, r.name, r.parameters[0], x, x, y, expected, error);
  return text;
}

inline bool verbose() { return std::getenv("CHAINRULE_VERBOSE") != nullptr; }

}  // namespace chainrule::test
