#include "plan_description.h"

#include <algorithm>
#include <cmath>

namespace chainrule::binding {

const char* const kOpNames[] = {"linear", "unary", "prelu", "softmax", "logSoftmax", "add", "subtract", "multiply", "concat", "layerNorm", "batchNorm", "dropout", "embedding", "columns", "lookup", "divide", "maximum", "minimum", "bound", "power", "rearrange", "reduce", "matmul", "constant"};

namespace {

constexpr const char* kLosses[] = {"none", "crossEntropy", "squaredError", "weightedCrossEntropy", "softCrossEntropy", "element", "negativeLogLikelihood", "cosine"};
constexpr uint32_t kMostOps = 1'000'000, kMostClasses = 1 << 24;
static_assert(kNone == kNoNumber);

// Four numbers of a list: input, from, length, step. What cannot be one names no input.
Piece read_piece(const ArrayReader& list, uint32_t at, napi_env env) {
  const HandleScope scope(env);
  const std::size_t input = list.whole(at);
  const double step = list.number(at + 3, NAN);
  const bool usable = input < 0x7fffffff && std::fabs(step) <= 0x7fffffff;
  return {usable ? static_cast<int32_t>(input) : -1, list.whole(at + 1), list.whole(at + 2), usable ? static_cast<std::ptrdiff_t>(step) : 0};
}

OpDescription read_op(Arguments& a, const ObjectReader& from, int64_t number) {
  OpDescription op;
  const int kind = from.index("kind", kOpNames);
  const ArrayReader inputs = from.list("x");
  a.require_of_op(kind >= 0, "an op of a known kind", number);
  a.require_of_op(inputs.ok() && inputs.length() <= kMostOps, "an op's inputs x in an array", number);
  if (!a.ok()) return op;
  op.kind = static_cast<OpKind>(kind);
  for (uint32_t i = 0; i < inputs.length(); i++) {
    const std::size_t value = inputs.whole(i);
    op.x.push_back(value < 0x7fffffff ? static_cast<int32_t>(value) : -1);
  }
  op.y = from.small("y");
  op.weight = from.whole("weight");
  op.weight_length = from.whole("weightLength", 0);
  op.bias = from.whole("bias");
  op.unary = from.small("op");
  op.parameters[0] = from.number("p0", 0);
  op.parameters[1] = from.number("p1", 0);
  op.buffer = from.whole("buffer");
  op.counter = from.whole("counter");
  op.seed = from.whole("seed", 0);
  op.stream = from.whole("stream", 0);
  op.padding = from.small("padding");
  op.column = from.small("column");
  op.extent = from.whole("extent", 0);
  op.inner = from.whole("inner", 1);
  const ArrayReader pieces = from.list("pieces");
  a.require_of_op(pieces.length() % 4 == 0, "pieces of four numbers each", number);
  for (uint32_t i = 0; a.ok() && i < pieces.length(); i += 4) op.pieces.push_back(read_piece(pieces, i, a.env()));
  op.frozen = from.flag("frozen");
  op.running = from.flag("running");
  return op;
}

LossDescription read_loss(const ObjectReader& from, napi_env env) {
  LossDescription loss;
  const napi_value value = from.get("lossOptions");
  if (type_of(env, value) != napi_object) return loss;
  const ObjectReader options(env, value);
  loss.sum = options.flag("sum");
  loss.units = options.whole("units", 0);
  loss.element = static_cast<Loss>(options.small("element", 0));
  loss.parameter = options.number("parameter", 0);
  loss.smoothing = options.number("smoothing", 0);
  const double ignored = options.number("ignore", NAN);
  if (ignored >= INT32_MIN && ignored <= INT32_MAX) loss.ignored = static_cast<int64_t>(ignored);
  const ArrayReader weights = options.list("classWeights");
  for (uint32_t i = 0; i < std::min(weights.length(), kMostClasses); i++) loss.class_weights.push_back(weights.number(i, 0));
  return loss;
}

}  // namespace

PlanDescription read_description(Arguments& a) {
  PlanDescription d;
  a.require(type_of(a.env(), a.raw(0)) == napi_object, "a description");
  if (!a.ok()) return d;
  const ObjectReader from(a.env(), a.raw(0));
  const int loss = from.index("loss", kLosses);
  a.require(loss >= 0, "a known loss");
  d.loss = static_cast<LossKind>(loss);
  d.batch = from.whole("batch");
  d.parameters = from.whole("parameters");
  d.integers = from.flag("integers");
  d.loss_options = read_loss(from, a.env());
  const ArrayReader widths = from.list("widths"), ops = from.list("ops");
  a.require(widths.ok() && ops.ok() && d.parameters != kNone, "widths, ops and parameters");
  a.require(widths.length() <= kMostOps + 1 && ops.length() <= kMostOps, "at most a million ops");
  for (uint32_t i = 0; a.ok() && i < widths.length(); i++) d.widths.push_back(widths.whole(i));
  for (uint32_t i = 0; a.ok() && i < ops.length(); i++) {
    const HandleScope scope(a.env());
    const napi_value op = ops.at(i);
    a.require_of_op(type_of(a.env(), op) == napi_object, "ops to be objects", i);
    if (a.ok()) d.ops.push_back(read_op(a, {a.env(), op}, i));
  }
  // A getter that threw, or the end of the environment, has left nothing but empty values behind.
  bool pending = false;
  a.require_done(napi_is_exception_pending(a.env(), &pending));
  if (pending) a.require_done(napi_pending_exception);
  return d;
}

}  // namespace chainrule::binding
