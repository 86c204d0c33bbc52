// What descriptions of plans are held to, rule by rule, each with what the refusal says.
#include <cmath>
#include <cstring>
#include <functional>
#include <string>

#include "../../native/dispatch/dispatch.h"
#include "check.h"
#include "plan_single.h"

namespace chainrule::test {
namespace {

PlanDescription embedding() {
  PlanDescription d = single(OpKind::embedding, 2, 6, 15);
  d.integers = true;
  return d;
}

/// Two values of 6 as factors of [1, 3]·[3, 2]: a product of what a linear op makes and of the input.
PlanDescription two_factors() {
  PlanDescription d = single(OpKind::linear, 6, 3, 18);
  OpDescription op;
  op.kind = OpKind::matmul;
  op.x = {1, 0};
  op.y = 2;
  op.extent = 3;
  op.inner = 2;
  d.ops.push_back(op);
  d.widths = {6, 3, 2};
  return d;
}

struct Rule {
  const char* says;
  PlanDescription sound;
  std::vector<std::function<void(PlanDescription&, OpDescription&)>> breaks;  // the op is the last one
};
using D = PlanDescription;
using O = OpDescription;
constexpr std::size_t kHuge = std::size_t{1} << 31;

std::vector<Rule> rules() {
  const PlanDescription linear = single(OpKind::linear, 6, 4, 24);
  return {
      {"a batch of 1 to 2^24 rows", linear, {[](D& d, O&) { d.batch = 0; }, [](D& d, O&) { d.batch = (1 << 24) + 1; }}},
      {"positive widths that fit memory", linear,
       {[](D& d, O&) { d.widths[0] = 0; }, [](D& d, O&) { d.widths[0] = kHuge + 1; }, [](D& d, O&) { d.widths[0] = kHuge; d.batch = 1 << 10; }}},
      {"at least one op", linear, {[](D& d, O&) { d.ops.clear(); }}},
      {"one width for the input and each op", linear, {[](D& d, O&) { d.widths.pop_back(); }}},
      {"ops in order of their values", linear, {[](D&, O& o) { o.y = 2; }, [](D&, O& o) { o.y = 0; }, [](D&, O& o) { o.x = {-1}; }, [](D&, O& o) { o.x = {1}; }}},
      {"a known loss of elements", linear,
       {[](D& d, O&) { d.loss_options.element = static_cast<Loss>(-1); }, [](D& d, O&) { d.loss_options.element = Loss::count; }}},
      {"smoothing in [0, 1]", linear,
       {[](D& d, O&) { d.loss_options.smoothing = -0.1; }, [](D& d, O&) { d.loss_options.smoothing = 1.1; }, [](D& d, O&) { d.loss_options.smoothing = NAN; }}},
      {"one weight per class", linear, {[](D& d, O&) { d.loss_options.class_weights = {1, 2, 3}; }}},
      {"one weight per column", linear, {[](D& d, O&) { d.loss = LossKind::element; d.loss_options.class_weights = {1, 2, 3}; }}},
      {"a weight of out·in elements", linear,
       {[](D&, O& o) { o.weight_length = 23; }, [](D& d, O&) { d.batch = 1; d.widths = {kHuge, kHuge}; }}},
      {"the weight inside the parameters", linear, {[](D&, O& o) { o.weight = 17; }, [](D&, O& o) { o.weight = 41; }}},
      {"the bias inside the parameters", linear, {[](D&, O& o) { o.bias = 37; }}},
      {"no weight", single(OpKind::unary, 6, 6), {[](D&, O& o) { o.weight = 0; }}},
      {"no bias", single(OpKind::unary, 6, 6), {[](D&, O& o) { o.bias = 0; }}},
      {"as many inputs as the op takes", linear, {[](D&, O& o) { o.x = {}; }, [](D&, O& o) { o.x = {0, 0}; }, [](D&, O& o) { o.kind = OpKind::divide; o.weight = kNone; }}},
      {"at least one input", single(OpKind::unary, 6, 6),
       {[](D&, O& o) { o.kind = OpKind::add; o.x = {}; }, [](D&, O& o) { o.kind = OpKind::concat; o.x = {}; }, [](D&, O& o) { o.kind = OpKind::rearrange; o.x = {}; }}},
      {"an output as wide as the input", single(OpKind::unary, 6, 6), {[](D& d, O&) { d.widths[1] = 5; }}},
      {"a known elementwise op", single(OpKind::unary, 6, 6), {[](D&, O& o) { o.unary = -1; }, [](D&, O& o) { o.unary = 1000; }}},
      {"one alpha or one per channel, inside the parameters", single(OpKind::prelu, 6, 6, 3),
       {[](D&, O& o) { o.weight_length = 0; }, [](D&, O& o) { o.weight_length = 4; }, [](D&, O& o) { o.weight = 38; }}},
      {"a row of whole groups", single(OpKind::softmax, 6, 6), {[](D&, O& o) { o.extent = 7; }, [](D&, O& o) { o.extent = 4; }}},
      {"two buffers as wide as the rows", single(OpKind::batch_norm, 6, 6),
       {[](D&, O& o) { o.buffer = kNone; }, [](D& d, O&) { d.buffers = {5, 6}; }, [](D& d, O&) { d.buffers = {6, 5}; }, [](D& d, O&) { d.buffers = {6}; }, [](D&, O& o) { o.buffer = 1; }}},
      {"gamma and beta inside the parameters", single(OpKind::layer_norm, 6, 6, 6), {[](D&, O& o) { o.weight = 35; }, [](D&, O& o) { o.bias = 35; }}},
      {"p in [0, 1) and a counter", single(OpKind::dropout, 6, 6),
       {[](D&, O& o) { o.parameters[0] = -0.1; }, [](D&, O& o) { o.parameters[0] = 1; }, [](D&, O& o) { o.parameters[0] = NAN; }, [](D&, O& o) { o.counter = 1; }}},
      {"a known op of two operands, one of them bound", single(OpKind::bound, 6, 6, 6),
       {[](D&, O& o) { o.unary = -1; }, [](D&, O& o) { o.unary = kPower + 1; }, [](D&, O& o) { o.column = 2; }, [](D&, O& o) { o.column = -1; }}},
      {"one bound number, or one per column", single(OpKind::bound, 6, 6, 6), {[](D&, O& o) { o.weight_length = 3; }}},
      {"the numbers inside the parameters", single(OpKind::bound, 6, 6, 1), {[](D&, O& o) { o.weight = 40; }}},
      {"a buffer of the numbers", single(OpKind::bound, 6, 6, 6), {[](D&, O& o) { o.weight = kNone; o.buffer = 2; }, [](D& d, O& o) { o.weight = kNone; d.buffers = {5}; }}},
      {"as many numbers as the output is wide", single(OpKind::constant, 6, 6, 6), {[](D&, O& o) { o.weight_length = 5; }}},
      {"columns of the input", single(OpKind::columns, 6, 4), {[](D&, O& o) { o.column = -1; }, [](D&, O& o) { o.column = 3; }}},
      {"a column of the input", single(OpKind::lookup, 6, 4, 8), {[](D&, O& o) { o.column = -1; }, [](D&, O& o) { o.column = 6; }}},
      {"a table of whole entries", single(OpKind::lookup, 6, 1, 8),
       {[](D&, O& o) { o.weight_length = 0; }, [](D& d, O& o) { d.widths[1] = 3; o.weight_length = 8; }, [](D&, O& o) { o.weight_length = kHuge + 1; }}},
      {"the table inside the parameters", single(OpKind::lookup, 6, 4, 8), {[](D&, O& o) { o.weight = 33; }}},
      {"indices for embeddings and for them alone", embedding(), {[](D& d, O&) { d.integers = false; }}},
      {"a table of whole entries for the input", embedding(),
       {[](D& d, O&) { d.widths[0] = 4; }, [](D&, O& o) { o.weight_length = 0; }, [](D&, O& o) { o.weight_length = 14; },
        [](D& d, O& o) { d.ops.push_back(o); d.ops[1].x = {1}; d.ops[1].y = 2; d.widths.push_back(6); }}},
      {"the table inside the parameters", embedding(), {[](D&, O& o) { o.weight = 26; }}},
      {"a padding index of the table", embedding(), {[](D&, O& o) { o.padding = 5; }}},
      {"a known reduction", single(OpKind::reduce, 6, 3), {[](D&, O& o) { o.unary = -1; }, [](D&, O& o) { o.unary = 3; }}},
      {"a row of whole groups", single(OpKind::reduce, 6, 3),
       {[](D&, O& o) { o.extent = 0; }, [](D&, O& o) { o.extent = 7; }, [](D&, O& o) { o.inner = 0; }, [](D&, O& o) { o.extent = 4; }, [](D&, O& o) { o.extent = 3; }, [](D&, O& o) { o.inner = 2; }}},
      {"a divisor other than 0, and none of extremes", single(OpKind::reduce, 6, 3),
       {[](D&, O& o) { o.parameters[0] = 0; }, [](D&, O& o) { o.unary = 1; }, [](D&, O& o) { o.unary = 2; o.parameters[0] = NAN; }}},
      {"pieces as long as the output is wide", single(OpKind::rearrange, 6, 6), {[](D&, O&) {}}},
      {"matrices with rows and columns", matmul(1, 6, 4, 6),
       {[](D&, O& o) { o.extent = 0; }, [](D&, O& o) { o.extent = kHuge + 1; }, [](D&, O& o) { o.inner = 0; }, [](D&, O& o) { o.inner = kHuge + 1; }}},
      {"matrices that fit each other", matmul(1, 6, 4, 6),
       {[](D&, O& o) { o.weight_length = 5; }, [](D& d, O&) { d.widths[0] = 7; }, [](D& d, O&) { d.widths[1] = 5; }, [](D& d, O&) { d.widths[0] = 9; }}},
      {"matrices that fit each other", matmul(0, 6, 4, 6),
       {[](D&, O& o) { o.weight_length = 0; }, [](D&, O& o) { o.weight_length = (std::size_t{1} << 40) + 1; }, [](D& d, O&) { d.widths[0] = 7; }, [](D&, O& o) { o.weight_length = 7; },
        [](D& d, O&) { d.widths[1] = 5; }, [](D& d, O&) { d.widths[1] = 6; }}},
      {"matrices that fit each other", two_factors(), {[](D& d, O&) { d.widths[2] = 4; }, [](D&, O& o) { o.inner = 4; }, [](D&, O& o) { o.x = {0, 0}; }}},
      {"the numbers inside the parameters", matmul(1, 6, 4, 6), {[](D&, O& o) { o.weight = 35; }}},
      {"the numbers inside the parameters", matmul(0, 6, 4, 6), {[](D&, O& o) { o.weight = 35; }}},
      {"as many inputs as the op takes", two_factors(), {[](D&, O& o) { o.x = {1}; }, [](D&, O& o) { o.column = 0; }, [](D&, O& o) { o.column = 1; }}},
  };
}

}  // namespace

TEST(plan_descriptions_rule_by_rule) {
  const int unary = kernel_table(Isa::scalar)->unary_count;
  for (const Rule& rule : rules()) {
    PlanDescription sound = rule.sound;
    if (std::strcmp(rule.says, "pieces as long as the output is wide") != 0) CHECK_MESSAGE(validate(sound, unary).ok(), rule.says + std::string(": ") + validate(sound, unary).what);
    std::size_t number = 0;
    for (const auto& change : rule.breaks) {
      PlanDescription d = rule.sound;
      OpDescription op = d.ops.back();
      change(d, op);
      if (d.ops.size() == rule.sound.ops.size()) d.ops.back() = op;
      const Status status = validate(d, unary);
      CHECK_MESSAGE(!status.ok() && std::strcmp(status.what, rule.says) == 0, rule.says + std::string(", break ") + std::to_string(number) + ": " + (status.ok() ? "accepted" : status.what));
      number++;
    }
  }
}

}  // namespace chainrule::test
