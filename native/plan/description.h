// What a plan is made from: the forward ops of a network in order, its loss, and the sizes of everything. Plain data, as
// the binding reads it; validate() rejects whatever could touch memory it should not.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../base/status.h"
#include "../ops/losses.h"

namespace chainrule {

enum class OpKind : int32_t { linear, unary, prelu, softmax, log_softmax, add, subtract, multiply, concat, layer_norm, batch_norm, dropout, embedding, columns, lookup, divide, maximum, minimum, bound, power, rearrange, reduce, matmul, constant, count };
enum class LossKind : int32_t { none, cross_entropy, squared_error, weighted_cross_entropy, soft_cross_entropy, element, negative_log_likelihood, cosine };

/// What a loss can be told.
struct LossDescription {
  bool sum = false;                    ///< the sum of the losses, not their mean
  std::size_t units = 0;               ///< element: as how many the elements of a row count where the mean divides, 0 for their number
  Loss element = Loss::squared;        ///< element: which function
  double parameter = 0;                ///< of that function; cosine: the least length that is divided by
  double smoothing = 0;                ///< weighted, soft cross-entropy: part of the target spread over all classes
  int64_t ignored = kNoLabel;          ///< of losses of labels: the label that counts for nothing, or kNoLabel
  std::vector<double> class_weights;   ///< one per class, or none; binary cross-entropy of elements: weights of positive targets, one
                                       ///< for each of so many columns
};

inline constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// Part of a row: elements of input number `input`, from `from` on, `step` apart.
struct Piece {
  int32_t input;
  std::size_t from, length;
  std::ptrdiff_t step;
};

/// x^y, beside the kernels' ops of two operands.
inline constexpr int32_t kPower = static_cast<int32_t>(Binary::count);

/// One forward op: value y from the values x. Offsets are elements into the flat parameter vector.
struct OpDescription {
  OpKind kind = OpKind::unary;
  std::vector<int32_t> x;            ///< value numbers; value 0 is the input, each op makes the next one
  int32_t y = 0;
  std::size_t weight = kNone;        ///< linear: [out, in]; prelu: alpha; norms: gamma or kNone; embedding, lookup: [entries, features];
                                     ///< bound: [1] or [width], or kNone; constant: [width],
                                     ///< or kNone; matmul: the operand that is no value, or kNone
  std::size_t weight_length = 0;     ///< elements of the weight
  std::size_t bias = kNone;          ///< linear, norms: [out], or kNone
  int32_t unary = -1;                ///< unary: index into KernelTable::unary_info; bound: number of the binary op; reduce: of the Reduction
  double parameters[2] = {0, 0};     ///< unary: its constants; norms: epsilon, and batch norm's momentum; dropout: p;
                                     ///< reduce: what sums are divided by, else 1
  std::size_t buffer = kNone;        ///< batch norm: number of the running mean's buffer, the variance's is the next; bound: of the
                                     ///< constants', if they are no weight; constant, matmul: likewise
  std::size_t counter = kNone;       ///< dropout: number of the counter that tells where its masks begin
  uint64_t seed = 0, stream = 0;     ///< dropout
  int32_t padding = -1;              ///< embedding: the entry that is not trained, or -1
  int32_t column = -1;               ///< columns: the first that is taken; lookup: the one that holds the indices; bound, matmul:
                                     ///< the operand that is bound, 0 or 1
  std::size_t extent = 0;            ///< softmax, norms: neighbours of a row that belong together, 0 for all; reduce: how many
                                     ///< become one, `inner` apart; matmul: k of [m, k]·[k, n]
  std::size_t inner = 1;             ///< reduce: see above; matmul: n
  std::vector<Piece> pieces;         ///< rearrange: what a row is made of, in order
  bool running = false;              ///< batch norm: takes its running statistics in training, too, and leaves them as they are
  bool frozen = false;               ///< none of its parameters is trained: they get no gradient

  /// How many neighbours of a row of `width` belong together.
  std::size_t columns(std::size_t width) const { return extent ? extent : width; }
};

/// Elements of a weight from which on its update pays block by block (bench/native/fusion_bench.cc): below, gradient and
/// optimizer state are in cache anyway.
inline constexpr std::size_t kEarlyWeight = std::size_t{1} << 18;

struct PlanDescription {
  std::size_t batch = 0;             ///< the most rows of one batch
  std::vector<std::size_t> widths;   ///< elements per row of each value; widths[0] is the input's
  std::vector<OpDescription> ops;
  LossKind loss = LossKind::none;    ///< none: a plan that only predicts
  LossDescription loss_options;
  std::size_t parameters = 0;        ///< length of the flat parameter vector
  bool integers = false;             ///< the input are indices, which embeddings look up
  std::vector<std::size_t> buffers;  ///< lengths of what is kept from batch to batch but not trained
  std::size_t counters = 0;
  std::size_t early_weight = kEarlyWeight;
};

/// What indices must stay below: the fewest entries of the embeddings.
std::size_t index_limit(const PlanDescription& description);

/// Ok if every index, offset and width fits; `where` is the op's number otherwise.
Status validate(const PlanDescription& description, int unary_count);

}  // namespace chainrule
