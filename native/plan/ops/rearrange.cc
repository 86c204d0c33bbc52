// Moves elements within rows and between them: pieces of the inputs one behind the other. Rows side by side, columns, other
// orders of axes, elements by index, repetition.
#include <cstdlib>
#include <cstring>
#include <numeric>

#include "ops.h"

namespace chainrule {
namespace {

/// A piece, and where it lies in the output.
struct Part {
  Piece piece;
  std::size_t at;
};

/// False where no element is taken twice. Pieces whose elements have other remainders by a divisor of all steps do not meet, others
/// do not if one ends before the next begins.
bool may_repeat(const std::vector<Part>& parts) {
  std::size_t divisor = 0;
  for (const auto& [piece, _] : parts) {
    if (piece.length == 1) continue;
    if (piece.step == 0) return true;
    divisor = std::gcd(divisor, static_cast<std::size_t>(std::abs(piece.step)));
  }
  struct Range {
    std::size_t remainder, low, high;
  };
  std::vector<Range> ranges;
  for (const auto& [piece, _] : parts) {
    const std::size_t end = piece.from + (piece.length - 1) * static_cast<std::size_t>(piece.step);
    ranges.push_back({divisor ? piece.from % divisor : 0, std::min(piece.from, end), std::max(piece.from, end)});
  }
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.remainder != b.remainder ? a.remainder < b.remainder : a.low < b.low; });
  for (std::size_t i = 1; i < ranges.size(); i++)
    if (ranges[i].remainder == ranges[i - 1].remainder && ranges[i].low <= ranges[i - 1].high) return true;
  return false;
}

/// y[r, :] = the pieces of x₀[r, :], x₁[r, :] … in order; dx at an element is the sum of dy where it went, 0 where it went nowhere.
template <class T>
class Rearrange final : public Op<T> {
 public:
  using Op<T>::Op;

  void wired() override {
    std::vector<Piece>& pieces = this->d_.pieces;
    if (this->d_.kind == OpKind::columns) pieces = {{0, static_cast<std::size_t>(this->d_.column), this->out->width, 1}};
    if (this->d_.kind == OpKind::concat)
      for (std::size_t i = 0; i < this->in.size(); i++) pieces.push_back({static_cast<int32_t>(i), 0, this->in[i].width(), 1});
    sources_.resize(this->in.size());
    std::size_t at = 0;
    for (const Piece& piece : pieces) {
      sources_[static_cast<std::size_t>(piece.input)].parts.push_back({piece, at});
      at += piece.length;
    }
    for (std::size_t i = 0; i < this->in.size(); i++) {
      std::size_t count = 0;
      for (const auto& part : sources_[i].parts) count += part.piece.length;
      sources_[i].repeats = may_repeat(sources_[i].parts);
      sources_[i].whole = !sources_[i].repeats && count == this->in[i].width();
    }
  }

  Status forward(const Pass<T>& pass) override {
    const std::size_t cols = this->out->width;
    pass.over_rows(cols, [&](std::size_t first, std::size_t last) {
      for (std::size_t r = first; r < last; r++) {
        T* to = this->out->data + r * cols;
        for (const Piece& piece : this->d_.pieces) {
          const Input<T>& x = this->in[static_cast<std::size_t>(piece.input)];
          const T* const from = x.data() + r * x.width() + piece.from;
          if (piece.step == 1) std::memcpy(to, from, piece.length * sizeof(T));
          else
            for (std::size_t e = 0; e < piece.length; e++) to[e] = from[static_cast<std::ptrdiff_t>(e) * piece.step];
          to += piece.length;
        }
      }
    });
    return {};
  }

  Status backward(const Pass<T>& pass) override {
    pass.over_rows(this->out->width, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = this->in.size(); i-- > 0;)
        if (this->in[i].gradient())
          for (std::size_t r = first; r < last; r++) pull(pass, this->in[i], sources_[i], r);
    });
    return {};
  }

  bool adds() const override { return true; }
  double flops(bool) const override { return 0; }

 private:
  struct Source {
    std::vector<Part> parts;
    bool repeats = false, whole = false;  ///< whether an element may be taken twice, whether each is taken once
  };

  /// The gradient of a row of an input: = where it is the first and no element is taken twice, else +=.
  void pull(const Pass<T>& pass, const Input<T>& x, const Source& source, std::size_t r) const {
    T* const dx = x.gradient() + r * x.width();
    const T* const dy = this->out->gradient + r * this->out->width;
    if (!x.add && !source.whole) std::fill(dx, dx + x.width(), T(0));
    const bool add = x.add || source.repeats;
    for (const auto& [piece, at] : source.parts) {
      T* const to = dx + piece.from;
      const T* const from = dy + at;
      if (piece.step == 1 && !add) std::memcpy(to, from, piece.length * sizeof(T));
      else if (piece.step == 1) pass.kernels().axpy(piece.length, 1.0, from, to);
      else
        for (std::size_t e = 0; e < piece.length; e++) {
          T& element = to[static_cast<std::ptrdiff_t>(e) * piece.step];
          element = add ? element + from[e] : from[e];
        }
    }
  }

  std::vector<Source> sources_;
};

}  // namespace

template <class T> std::unique_ptr<Op<T>> make_rearrange(const OpDescription& d) { return std::make_unique<Rearrange<T>>(d); }
template std::unique_ptr<Op<float>> make_rearrange(const OpDescription&);
template std::unique_ptr<Op<double>> make_rearrange(const OpDescription&);

}  // namespace chainrule
