#include "description.h"

#include <algorithm>

namespace chainrule {
namespace {

// Far beyond any memory, small enough that products of two stay below 2^63.
constexpr std::size_t kMostWidth = std::size_t{1} << 31, kMostBatch = std::size_t{1} << 24, kMostElements = std::size_t{1} << 40;

bool fits(std::size_t offset, std::size_t length, std::size_t total) { return offset <= total && length <= total - offset; }

// What the ops need that are made of rows alone: norms, dropout.
const char* check_rowwise(const OpDescription& op, std::size_t width, const PlanDescription& d) {
  const auto inside = [&](std::size_t offset) { return offset == kNone || fits(offset, width, d.parameters); };
  const auto buffer = [&](std::size_t i) { return i < d.buffers.size() && d.buffers[i] == width; };
  switch (op.kind) {
    case OpKind::batch_norm:
      if (op.buffer == kNone || !buffer(op.buffer) || !buffer(op.buffer + 1)) return "two buffers as wide as the rows";
      [[fallthrough]];
    case OpKind::layer_norm: return inside(op.weight) && inside(op.bias) ? nullptr : "gamma and beta inside the parameters";
    case OpKind::dropout: return op.parameters[0] >= 0 && op.parameters[0] < 1 && op.counter < d.counters ? nullptr : "p in [0, 1) and a counter";
    default: return nullptr;
  }
}

// What a bound op needs: numbers for its operand, in the parameters or in a buffer.
const char* check_bound(const OpDescription& op, std::size_t width, const PlanDescription& d) {
  if (op.unary < 0 || op.unary >= static_cast<int32_t>(Binary::count) || (op.column != 0 && op.column != 1)) return "a known op of two operands, one of them bound";
  if (op.weight_length != 1 && op.weight_length != width) return "one bound number, or one per column";
  if (op.weight != kNone) return fits(op.weight, op.weight_length, d.parameters) ? nullptr : "the bound numbers inside the parameters";
  return op.buffer < d.buffers.size() && d.buffers[op.buffer] == op.weight_length ? nullptr : "a buffer of the bound numbers";
}

}  // namespace

std::size_t index_limit(const PlanDescription& d) {
  std::size_t limit = std::size_t{1} << 31;
  for (const OpDescription& op : d.ops)
    if (op.kind == OpKind::embedding) limit = std::min(limit, op.weight_length / (d.widths[static_cast<std::size_t>(op.y)] / d.widths[0]));
  return limit;
}

Status validate(const PlanDescription& d, int unary_count) {
  auto bad = [](const char* what, std::size_t op) { return Status{Code::invalid_argument, what, static_cast<int64_t>(op), 0}; };
  if (d.batch == 0 || d.batch > kMostBatch) return bad("a batch of 1 to 2^24 rows", 0);
  if (d.ops.empty()) return bad("at least one op", 0);
  if (d.widths.size() != d.ops.size() + 1) return bad("one width for the input and each op", 0);
  for (std::size_t width : d.widths)
    if (width == 0 || width > kMostWidth || width > kMostElements / d.batch) return bad("positive widths that fit memory", 0);
  const LossDescription& loss = d.loss_options;
  if (static_cast<int>(loss.element) < 0 || loss.element >= Loss::count) return bad("a known loss of elements", 0);
  if (!(loss.smoothing >= 0 && loss.smoothing <= 1)) return bad("smoothing in [0, 1]", 0);
  if (!loss.class_weights.empty() && loss.class_weights.size() != d.widths.back()) return bad("one weight per class", 0);
  std::vector<bool> read(d.widths.size(), false);
  for (std::size_t i = 0; i < d.ops.size(); i++) {
    const OpDescription& op = d.ops[i];
    if (op.y != static_cast<int32_t>(i + 1) || op.x.empty()) return bad("ops in order of their values", i);
    std::size_t sum = 0;
    const std::size_t out = d.widths[static_cast<std::size_t>(op.y)];
    bool same = true;
    for (int32_t x : op.x) {
      if (x == 0 && d.integers != (op.kind == OpKind::embedding)) return bad("indices for embeddings and for them alone", i);
      if (x < 0 || x >= op.y) return bad("ops in order of their values", i);
      read[static_cast<std::size_t>(x)] = true;
      sum += d.widths[static_cast<std::size_t>(x)];
      same = same && d.widths[static_cast<std::size_t>(x)] == out;
    }
    const bool joins = op.kind == OpKind::add || op.kind == OpKind::concat, binary = op.kind == OpKind::subtract || op.kind == OpKind::multiply || op.kind == OpKind::divide || op.kind == OpKind::maximum || op.kind == OpKind::minimum;
    if (!joins && op.x.size() != (binary ? 2 : 1)) return bad("as many inputs as the op takes", i);
    const std::size_t in = d.widths[static_cast<std::size_t>(op.x[0])];
    if (op.kind == OpKind::linear) {
      if (in > kMostElements / out || op.weight_length != in * out) return bad("a weight of out·in elements", i);
      if (!fits(op.weight, op.weight_length, d.parameters)) return bad("the weight inside the parameters", i);
      if (op.bias != kNone && !fits(op.bias, out, d.parameters)) return bad("the bias inside the parameters", i);
    } else if (op.kind == OpKind::embedding) {
      const std::size_t features = out / in;
      if (op.x[0] != 0 || out % in != 0 || op.weight_length == 0 || op.weight_length % features != 0) return bad("a table of whole entries for the input", i);
      if (!fits(op.weight, op.weight_length, d.parameters)) return bad("the table inside the parameters", i);
      if (op.padding >= 0 && static_cast<std::size_t>(op.padding) >= op.weight_length / features) return bad("a padding index of the table", i);
    } else if (op.kind == OpKind::columns) {
      if (op.column < 0 || !fits(static_cast<std::size_t>(op.column), out, in)) return bad("columns of the input", i);
    } else if (op.kind == OpKind::lookup) {
      if (op.column < 0 || static_cast<std::size_t>(op.column) >= in) return bad("a column of the input", i);
      if (op.weight_length == 0 || op.weight_length % out != 0 || op.weight_length / out > kMostWidth) return bad("a table of whole entries", i);
      if (!fits(op.weight, op.weight_length, d.parameters)) return bad("the table inside the parameters", i);
    } else if (op.kind == OpKind::concat) {
      if (sum != out) return bad("an output as wide as the inputs together", i);
    } else if (!same) {
      return bad("an output as wide as the input", i);
    }
    if (const char* wrong = op.kind == OpKind::bound ? check_bound(op, out, d) : check_rowwise(op, out, d)) return bad(wrong, i);
    if (op.kind == OpKind::unary && (op.unary < 0 || op.unary >= unary_count)) return bad("a known elementwise op", i);
    if (op.kind == OpKind::prelu &&
        ((op.weight_length != 1 && op.weight_length != in) || !fits(op.weight, op.weight_length, d.parameters)))
      return bad("one alpha or one per channel, inside the parameters", i);
  }
  // What nobody reads would get no gradient, and its weights none either.
  for (std::size_t i = 0; i + 1 < d.ops.size(); i++)
    if (!read[i + 1]) return bad("every value but the last to be read", i);
  return {};
}

}  // namespace chainrule
