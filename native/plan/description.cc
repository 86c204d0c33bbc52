#include "description.h"

#include <algorithm>
#include <cstdlib>

namespace chainrule {
namespace {

// Far beyond any memory, small enough that products of two stay below 2^63.
constexpr std::size_t kMostWidth = std::size_t{1} << 31, kMostBatch = std::size_t{1} << 24, kMostElements = std::size_t{1} << 40;

bool fits(std::size_t offset, std::size_t length, std::size_t total) { return offset <= total && length <= total - offset; }

/// What the ops of a description are held to. Every check returns what an op should have, or null.
class Checker {
 public:
  Checker(const PlanDescription& d, int unary_count) : d_(d), unary_count_(unary_count) {}

  const char* check(const OpDescription& op) const {
    const std::size_t out = d_.widths[static_cast<std::size_t>(op.y)], in = op.x.empty() ? 0 : width(op, 0);
    if (const char* wrong = check_count(op)) return wrong;
    if (op.weight != kNone && !has_weight(op)) return "no weight";
    if (op.bias != kNone && op.kind != OpKind::linear && op.kind != OpKind::layer_norm && op.kind != OpKind::batch_norm) return "no bias";
    switch (op.kind) {
      case OpKind::linear:
        if (in > kMostElements / out || op.weight_length != in * out) return "a weight of out·in elements";
        return !inside(op.weight, op.weight_length) ? "the weight inside the parameters" : op.bias != kNone && !inside(op.bias, out) ? "the bias inside the parameters" : nullptr;
      case OpKind::embedding: return check_embedding(op, in, out);
      case OpKind::columns: return op.column >= 0 && fits(static_cast<std::size_t>(op.column), out, in) ? nullptr : "columns of the input";
      case OpKind::lookup:
        if (op.column < 0 || static_cast<std::size_t>(op.column) >= in) return "a column of the input";
        if (op.weight_length == 0 || op.weight_length % out != 0 || op.weight_length / out > kMostWidth) return "a table of whole entries";
        return inside(op.weight, op.weight_length) ? nullptr : "the table inside the parameters";
      case OpKind::concat: {
        std::size_t sum = 0;
        for (std::size_t i = 0; i < op.x.size(); i++) sum += width(op, i);
        return sum == out ? nullptr : "an output as wide as the inputs together";
      }
      case OpKind::rearrange: return check_pieces(op, out);
      case OpKind::reduce: return check_reduce(op, in, out);
      case OpKind::matmul: return check_product(op, in, out);
      case OpKind::constant: return op.weight_length == out ? check_numbers(op) : "as many numbers as the output is wide";
      default: break;
    }
    for (std::size_t i = 0; i < op.x.size(); i++)
      if (width(op, i) != out) return "an output as wide as the input";
    return check_same(op, out);
  }

 private:
  std::size_t width(const OpDescription& op, std::size_t i) const { return d_.widths[static_cast<std::size_t>(op.x[i])]; }
  bool inside(std::size_t offset, std::size_t length) const { return fits(offset, length, d_.parameters); }
  bool buffer(std::size_t number, std::size_t length) const { return number < d_.buffers.size() && d_.buffers[number] == length; }

  // Ops that write gradients of parameters; others would take any offset for theirs.
  static bool has_weight(const OpDescription& op) {
    switch (op.kind) {
      case OpKind::linear:
      case OpKind::prelu:
      case OpKind::layer_norm:
      case OpKind::batch_norm:
      case OpKind::embedding:
      case OpKind::lookup:
      case OpKind::bound:
      case OpKind::constant: return true;
      case OpKind::matmul: return op.x.size() == 1;
      default: return false;
    }
  }

  const char* check_count(const OpDescription& op) const {
    std::size_t count = 1;
    switch (op.kind) {
      case OpKind::add:
      case OpKind::concat:
      case OpKind::rearrange: return op.x.empty() ? "at least one input" : nullptr;
      case OpKind::subtract:
      case OpKind::multiply:
      case OpKind::divide:
      case OpKind::maximum:
      case OpKind::minimum:
      case OpKind::power: count = 2; break;
      case OpKind::matmul: count = op.column == 0 || op.column == 1 ? 1 : 2; break;
      case OpKind::constant: count = 0; break;
      default: break;
    }
    return op.x.size() == count ? nullptr : "as many inputs as the op takes";
  }

  const char* check_embedding(const OpDescription& op, std::size_t in, std::size_t out) const {
    const std::size_t features = out / in;
    if (op.x[0] != 0 || out % in != 0 || op.weight_length == 0 || op.weight_length % features != 0) return "a table of whole entries for the input";
    if (!inside(op.weight, op.weight_length)) return "the table inside the parameters";
    return op.padding >= 0 && static_cast<std::size_t>(op.padding) >= op.weight_length / features ? "a padding index of the table" : nullptr;
  }

  const char* check_pieces(const OpDescription& op, std::size_t out) const {
    std::size_t sum = 0;
    for (const Piece& piece : op.pieces) {
      if (piece.input < 0 || static_cast<std::size_t>(piece.input) >= op.x.size() || piece.length == 0 || piece.length > out - sum) return "pieces of its inputs";
      const auto end = static_cast<std::ptrdiff_t>(width(op, static_cast<std::size_t>(piece.input)));
      if (piece.from >= static_cast<std::size_t>(end) || piece.step > end || piece.step < -end) return "pieces within its inputs";
      const std::ptrdiff_t last = static_cast<std::ptrdiff_t>(piece.from) + static_cast<std::ptrdiff_t>(piece.length - 1) * piece.step;
      if (last < 0 || last >= end) return "pieces within its inputs";
      sum += piece.length;
    }
    return sum == out ? nullptr : "pieces as long as the output is wide";
  }

  const char* check_reduce(const OpDescription& op, std::size_t in, std::size_t out) const {
    if (op.unary < 0 || op.unary >= static_cast<int32_t>(Reduction::count)) return "a known reduction";
    if (op.extent == 0 || op.extent > in || op.inner == 0 || in % op.extent != 0 || in / op.extent != out || out % op.inner != 0) return "a row of whole groups";
    const double divisor = op.parameters[0];
    return divisor != 0 && (divisor == 1 || op.unary == static_cast<int32_t>(Reduction::sum)) ? nullptr : "a divisor other than 0, and none of extremes";
  }

  // [stack, m, k]·[stack, k, n], or one of the two bound: as a right one k·n numbers, as a left one m·k.
  const char* check_product(const OpDescription& op, std::size_t in, std::size_t out) const {
    const std::size_t k = op.extent, n = op.inner;
    if (k == 0 || k > kMostWidth || n == 0 || n > kMostWidth) return "matrices with rows and columns";
    const char* const wrong = "matrices that fit each other";
    if (op.column == 1) return op.weight_length != k * n || in % k != 0 || out % n != 0 || in / k != out / n ? wrong : check_numbers(op);
    const std::size_t left = op.column == 0 ? op.weight_length : in, right = op.column == 0 ? in : width(op, 1);
    if (left == 0 || left > kMostElements || right % (k * n) != 0) return wrong;
    const std::size_t stack = right / (k * n), matrices = op.column == 0 ? 1 : stack;
    if (left % (matrices * k) != 0 || out % (stack * n) != 0 || left / (matrices * k) != out / (stack * n)) return wrong;
    return op.column == 0 ? check_numbers(op) : nullptr;
  }

  // Numbers in the parameters or in a buffer.
  const char* check_numbers(const OpDescription& op) const {
    if (op.weight != kNone) return inside(op.weight, op.weight_length) ? nullptr : "the numbers inside the parameters";
    return buffer(op.buffer, op.weight_length) ? nullptr : "a buffer of the numbers";
  }

  // Ops whose output has their input's form.
  const char* check_same(const OpDescription& op, std::size_t width) const {
    const std::size_t cols = op.columns(width);
    if (cols > width || width % cols != 0) return "a row of whole groups";
    const auto inside_or_none = [&](std::size_t offset) { return offset == kNone || inside(offset, cols); };
    switch (op.kind) {
      case OpKind::unary: return op.unary >= 0 && op.unary < unary_count_ ? nullptr : "a known elementwise op";
      case OpKind::prelu:
        if (op.weight_length == 0 || width % op.weight_length != 0 || !inside(op.weight, op.weight_length)) return "one alpha or one per channel, inside the parameters";
        return nullptr;
      case OpKind::batch_norm:
        if (op.buffer == kNone || !buffer(op.buffer, cols) || !buffer(op.buffer + 1, cols)) return "two buffers as wide as the rows";
        [[fallthrough]];
      case OpKind::layer_norm: return inside_or_none(op.weight) && inside_or_none(op.bias) ? nullptr : "gamma and beta inside the parameters";
      case OpKind::dropout: return op.parameters[0] >= 0 && op.parameters[0] < 1 && op.counter < d_.counters ? nullptr : "p in [0, 1) and a counter";
      case OpKind::bound:
        if (op.unary < 0 || op.unary > kPower || (op.column != 0 && op.column != 1)) return "a known op of two operands, one of them bound";
        return op.weight_length == 1 || op.weight_length == width ? check_numbers(op) : "one bound number, or one per column";
      default: return nullptr;
    }
  }

  const PlanDescription& d_;
  const int unary_count_;
};

const char* check_loss(const PlanDescription& d) {
  const LossDescription& loss = d.loss_options;
  const std::size_t outputs = d.widths.back();
  if (static_cast<int>(loss.element) < 0 || loss.element >= Loss::count) return "a known loss of elements";
  if (!(loss.smoothing >= 0 && loss.smoothing <= 1)) return "smoothing in [0, 1]";
  if (loss.class_weights.empty()) return nullptr;
  if (d.loss == LossKind::element) return outputs % loss.class_weights.size() == 0 ? nullptr : "one weight per column";
  return loss.class_weights.size() == outputs ? nullptr : "one weight per class";
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
  if (const char* wrong = check_loss(d)) return bad(wrong, 0);
  const Checker checker(d, unary_count);
  std::vector<bool> read(d.widths.size(), false);
  for (std::size_t i = 0; i < d.ops.size(); i++) {
    const OpDescription& op = d.ops[i];
    if (op.y != static_cast<int32_t>(i + 1)) return bad("ops in order of their values", i);
    for (int32_t x : op.x) {
      if (x < 0 || x >= op.y) return bad("ops in order of their values", i);
      if (x == 0 && d.integers != (op.kind == OpKind::embedding)) return bad("indices for embeddings and for them alone", i);
      read[static_cast<std::size_t>(x)] = true;
    }
    if (const char* wrong = checker.check(op)) return bad(wrong, i);
  }
  // What nobody reads would get no gradient, and its weights none either.
  for (std::size_t i = 0; i + 1 < d.ops.size(); i++)
    if (!read[i + 1]) return bad("every value but the last to be read", i);
  return {};
}

}  // namespace chainrule
