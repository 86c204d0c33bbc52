// Plans of one op, which tests change or put between others.
#pragma once
#include <cmath>

#include "../../native/plan/description.h"

namespace chainrule::test {

inline double noise(std::size_t i) { return std::sin(12.9898 * static_cast<double>(i + 1)); }

/// One op between values of two widths, with 40 parameters, buffers of 6 and 6, and a counter.
inline PlanDescription single(OpKind kind, std::size_t in, std::size_t out, std::size_t weight_length = 0) {
  PlanDescription d;
  d.batch = 4;
  d.widths = {in, out};
  d.parameters = 40;
  d.buffers = {6, 6};
  d.counters = 1;
  OpDescription op;
  op.kind = kind;
  if (kind != OpKind::constant) op.x = {0};
  op.y = 1;
  op.weight = weight_length ? 0 : kNone;
  op.weight_length = weight_length;
  op.extent = kind == OpKind::reduce ? 2 : 0;
  op.unary = 0;
  op.parameters[0] = 0.5;
  op.buffer = 0;
  op.counter = 0;
  op.column = 0;
  d.ops = {op};
  return d;
}

inline PlanDescription matmul(int32_t bound, std::size_t in, std::size_t out, std::size_t length) {  // k = 3, n = 2
  PlanDescription d = single(OpKind::matmul, in, out, length);
  d.ops[0].column = bound;
  d.ops[0].extent = 3;
  d.ops[0].inner = 2;
  return d;
}

}  // namespace chainrule::test
