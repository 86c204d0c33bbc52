// What a plan is made of: values with their gradients, and ops that compute them. An op's forward and backward stand side
// by side in ops/; the plan decides where values lie and who writes a gradient first.
#pragma once
#include <algorithm>
#include <memory>
#include <vector>

#include "../base/parallel.h"
#include "../base/parameter_lock.h"
#include "../base/status.h"
#include "../base/thread_pool.h"
#include "../kernels/table.h"
#include "description.h"
#include "update.h"

namespace chainrule {

/// What an op makes of a batch, and the loss's gradient with respect to it. [batch, width] each.
template <class T>
struct Value {
  std::size_t width = 0;
  T* data = nullptr;      ///< of value 0 the caller's rows, never written
  T* gradient = nullptr;  ///< null where nothing that is trained depends on it
};

/// What one pass hands to every op.
template <class T>
struct Pass {
  const KernelTable& table;
  ThreadPool& pool;
  const T* parameters;
  T* gradients;  ///< like the parameters; null in a forward pass
  std::size_t rows;
  bool more = false;                     ///< gradients of batches before this one stand, and are added to
  bool training = false;                 ///< dropout drops, batch norm takes the statistics of the batch
  const int32_t* indices = nullptr;      ///< [rows, width of value 0] where the input are indices
  T* const* buffers = nullptr;           ///< running statistics
  double* counters = nullptr;            ///< where the next masks begin
  ParameterLock* lock = nullptr;         ///< held while buffers change; null where nobody else can read them
  // Where ops may update their weights on the way back, after which these are only listed: else null.
  const Blocks<T>* blocks = nullptr;
  const Update* update = nullptr;
  std::vector<Stretch>* updated = nullptr;

  const Kernels<T>& kernels() const { return table.of<T>(); }
  template <class Body> void over_elements(std::size_t n, Body&& body) const { parallel_ranges(pool, n, kElementGrain, kElementUnit, body); }
  template <class Body> void over_rows(std::size_t cols, Body&& body) const { parallel_ranges(pool, rows, grain_of(cols), 16, body); }
  /// The same for rows of `width` elements that are cut into shorter ones of `cols`, which are counted instead.
  template <class Body> void over_parts(std::size_t width, std::size_t cols, Body&& body) const {
    over_rows(width, [&, n = width / cols](std::size_t b, std::size_t e) { body(b * n, e * n); });
  }
};

/// A value that an op reads. Its gradient is written (=) by the first op that comes to it on the way back, and added to (+=)
/// by the others.
template <class T>
struct Input {
  Value<T>* value = nullptr;
  bool add = false;      ///< += instead of =
  T* spare = nullptr;    ///< where an op that can only write puts what is then added; null if it may write straight away

  std::size_t width() const { return value->width; }
  const T* data() const { return value->data; }
  T* gradient() const { return value->gradient; }
  /// Where to write the gradient; add_spare() brings it home.
  T* target() const { return spare ? spare : value->gradient; }
};

/// Memory that an op wants in the arena beside its output: while it goes forward, from there until it has gone back, or
/// while it goes back.
enum class Span { forward, kept, backward };
template <class T>
struct Need {
  std::size_t elements;
  Span span;
  T** at;
};

/// One op of a plan. `in` and `out` are set when it is made, the memory behind them when the plan has been laid out.
template <class T>
class Op {
 public:
  explicit Op(const OpDescription& d) : d_(d) {}
  virtual ~Op() = default;

  /// Called once inputs and output are known.
  virtual void wired() {}
  virtual Status forward(const Pass<T>& pass) = 0;
  /// Writes the gradients of its inputs, from the last to the first, and of its parameters. May change the output's gradient,
  /// which is done with after it. Called where something learns that the output depends on: the only input of an op without
  /// parameters has a gradient then.
  virtual Status backward(const Pass<T>& pass) = 0;

  /// Whether backward reads the input or the output again.
  virtual bool keeps_input() const { return false; }
  virtual bool keeps_output() const { return false; }
  /// Whether backward may write the first input's gradient over the output's.
  virtual bool in_place() const { return false; }
  /// Whether backward can add to an input's gradient without a spare.
  virtual bool adds() const { return false; }
  virtual void needs(std::size_t /*batch*/, bool /*trains*/, std::vector<Need<T>>* /*list*/) {}
  /// Whether an elementwise op can be computed in the same sweep; takes it if so.
  virtual bool fuse(const OpDescription& /*unary*/, const KernelTable& /*table*/) { return false; }
  /// The op it took in fuse(), or -1.
  virtual int32_t fused() const { return -1; }
  /// Operations per row, forward and backward together where it is trained.
  virtual double flops(bool trains) const { return static_cast<double>(out->width) * (trains ? 2 : 1); }

  const OpDescription& description() const { return d_; }
  /// Whether it has parameters that want a gradient.
  bool learns() const { return !d_.frozen && (d_.weight != kNone || d_.bias != kNone); }

  std::vector<Input<T>> in;
  Value<T>* out = nullptr;
  /// Parameters' gradients: = if this op is the first to come to them on the way back, else +=.
  bool fresh = true;
  /// Whether no other op has the weight, and it is so large that its update pays while its gradient is in cache.
  bool early = false;

 protected:
  /// Whether the parameters' gradients are written, not added to.
  bool writes(const Pass<T>& pass) const { return fresh && !pass.more; }
  /// Adds a spare gradient to the input's.
  static void add_spare(const Pass<T>& pass, const Input<T>& input) {
    if (!input.spare) return;
    pass.over_elements(pass.rows * input.width(), [&](std::size_t b, std::size_t e) { pass.kernels().axpy(e - b, 1.0, input.spare + b, input.gradient() + b); });
  }
  /// The numbers of an op that has them in the parameters or in a buffer.
  const T* numbers(const Pass<T>& pass) const { return d_.weight != kNone ? pass.parameters + d_.weight : pass.buffers[d_.buffer]; }
  /// A stretch of the parameters' gradients, set to zero if this op is the first to come to it.
  T* cleared(const Pass<T>& pass, std::size_t offset, std::size_t length) const {
    if (offset == kNone || d_.frozen) return nullptr;
    T* const g = pass.gradients + offset;
    if (writes(pass)) pass.over_elements(length, [&](std::size_t b, std::size_t e) { std::fill(g + b, g + e, T(0)); });
    return g;
  }

  OpDescription d_;
};

}  // namespace chainrule
