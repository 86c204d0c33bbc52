#include "random.h"

#include <cmath>
#include <utility>

namespace chainrule {

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> x, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; round++) {
    const uint64_t a = uint64_t{0xD2511F53} * x[0], b = uint64_t{0xCD9E8D57} * x[2];
    x = {static_cast<uint32_t>(b >> 32) ^ x[1] ^ key[0], static_cast<uint32_t>(b),
         static_cast<uint32_t>(a >> 32) ^ x[3] ^ key[1], static_cast<uint32_t>(a)};
    key[0] += 0x9E3779B9;  // the golden ratio, and √3 - 1
    key[1] += 0xBB67AE85;
  }
  return x;
}

namespace {

/// Block i of a stream: four random words.
class Stream {
 public:
  Stream(uint64_t seed, uint64_t stream) : key_{low(seed), high(seed)}, stream_(stream) {}
  std::array<uint32_t, 4> block(uint64_t i) const { return philox4x32({low(i), high(i), low(stream_), high(stream_)}, key_); }

 private:
  static uint32_t low(uint64_t v) { return static_cast<uint32_t>(v); }
  static uint32_t high(uint64_t v) { return static_cast<uint32_t>(v >> 32); }
  std::array<uint32_t, 2> key_;
  uint64_t stream_;
};

/// 53 bits of two words, in [0, 1).
double unit(uint32_t high, uint32_t low) {
  return static_cast<double>(((uint64_t{high} << 32) | low) >> 11) * 0x1p-53;
}

/// The words of a stream one after the other.
class Words {
 public:
  explicit Words(const Stream& stream) : stream_(stream) {}
  uint32_t next() {
    if (used_ == 4) {
      block_ = stream_.block(at_++);
      used_ = 0;
    }
    return block_[used_++];
  }
  /// Uniform in [0, bound), without bias (Lemire 2019): the few products that would be drawn too often are rejected.
  uint32_t below(uint32_t bound) {
    uint64_t product = uint64_t{next()} * bound;
    if (static_cast<uint32_t>(product) < bound) {
      const uint32_t threshold = (0u - bound) % bound;
      while (static_cast<uint32_t>(product) < threshold) product = uint64_t{next()} * bound;
    }
    return static_cast<uint32_t>(product >> 32);
  }

 private:
  const Stream& stream_;
  std::array<uint32_t, 4> block_{};
  size_t used_ = 4;
  uint64_t at_ = 0;
};

}  // namespace

template <class T>
void random_uniform(size_t n, T* out, uint64_t seed, uint64_t stream, double low, double high) {
  constexpr size_t per_block = sizeof(T) == 4 ? 4 : 2;
  const Stream s(seed, stream);
  const T top = static_cast<T>(high);
  // Rounding may reach `high`: the largest number below it then, unless the interval is empty.
  const T last = low < high ? std::nextafter(top, static_cast<T>(low)) : top;
  for (size_t i = 0; i < n; i += per_block) {
    const auto w = s.block(i / per_block);
    for (size_t j = 0; j < per_block && i + j < n; j++) {
      double u;
      if constexpr (per_block == 4) u = static_cast<double>(w[j] >> 8) * 0x1p-24;
      else u = unit(w[2 * j], w[2 * j + 1]);
      const T v = static_cast<T>(low + (high - low) * u);
      out[i + j] = v < top ? v : last;
    }
  }
}

template <class T>
void random_normal(size_t n, T* out, uint64_t seed, uint64_t stream, double mean, double standard_deviation) {
  const Stream s(seed, stream);
  for (size_t i = 0; i < n; i += 2) {
    const auto w = s.block(i / 2);
    const double radius = std::sqrt(-2.0 * std::log(1.0 - unit(w[0], w[1])));  // of a number in (0, 1]
    const double angle = 6.283185307179586 * unit(w[2], w[3]);
    out[i] = static_cast<T>(mean + standard_deviation * radius * std::cos(angle));
    if (i + 1 < n) out[i + 1] = static_cast<T>(mean + standard_deviation * radius * std::sin(angle));
  }
}

void random_permutation(size_t n, int32_t* out, uint64_t seed, uint64_t stream) {
  const Stream s(seed, stream);
  Words words(s);
  for (size_t i = 0; i < n; i++) out[i] = static_cast<int32_t>(i);
  for (size_t i = n; i > 1; i--) std::swap(out[i - 1], out[words.below(static_cast<uint32_t>(i))]);
}

template void random_uniform(size_t, float*, uint64_t, uint64_t, double, double);
template void random_uniform(size_t, double*, uint64_t, uint64_t, double, double);
template void random_normal(size_t, float*, uint64_t, uint64_t, double, double);
template void random_normal(size_t, double*, uint64_t, uint64_t, double, double);

}  // namespace chainrule
