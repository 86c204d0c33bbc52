// Dropout, with its mask straight from the counter-based generator: nothing is stored, backward draws the same mask again.
#include "loops.h"
#include "table.h"

namespace chainrule {
namespace CHAINRULE_ISA {

static CHAINRULE_INLINE Vec<double> every_lane(uint64_t bits) {
  double d;
  __builtin_memcpy(&d, &bits, sizeof d);
  return Vec<double>(d);
}

/// Philox 4x32-10 (base/random.h), one block in each 64-bit lane. Of the words only the low 32 bits count.
struct Philox {
  static constexpr int rounds = 10;
  uint64_t keys[rounds][2];
  uint64_t stream;
  CHAINRULE_INLINE Philox(uint64_t seed, uint64_t stream_number) : stream(stream_number) {
    uint32_t k0 = static_cast<uint32_t>(seed), k1 = static_cast<uint32_t>(seed >> 32);
    for (int r = 0; r < rounds; r++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
      keys[r][0] = k0;
      keys[r][1] = k1;
    }
  }
  CHAINRULE_INLINE void blocks(Vec<double> counter, Vec<double>* x) const {
    x[0] = counter;
    x[1] = shift_right<32>(counter);
    x[2] = every_lane(stream);
    x[3] = every_lane(stream >> 32);
    const Vec<double> m0 = every_lane(0xD2511F53u), m1 = every_lane(0xCD9E8D57u);
    for (int r = 0; r < rounds; r++) {
      const Vec<double> a = multiply_words(x[0], m0), b = multiply_words(x[2], m1);
      x[0] = shift_right<32>(b) ^ x[1] ^ every_lane(keys[r][0]);
      x[1] = b;
      x[2] = shift_right<32>(a) ^ x[3] ^ every_lane(keys[r][1]);
      x[3] = a;
    }
  }
};

/// Elements come in groups of 32 and a group draws 8 blocks: element 8·w + j of a group takes word w of its block j. So
/// neighbours come from neighbouring lanes, whatever their number.
static constexpr size_t kGroup = 32, kBlocks = 8;

/// factors[i] = kept for the elements of the group whose word is at least `threshold`, else 0.
CHAINRULE_INLINE void draw_group(const Philox& philox, uint64_t group, double threshold, double kept, double* factors) {
  constexpr size_t lanes = Vec<double>::lanes;
  const Vec<double> whole = 0x1p52, low = every_lane(0xffffffffu), limit = 0x1p52 + threshold, factor = kept, zero = 0.0;
  for (size_t j = 0; j < kBlocks; j += lanes) {
    double counters[lanes];
    for (size_t l = 0; l < lanes; l++) {
      const uint64_t counter = group * kBlocks + j + l;
      __builtin_memcpy(counters + l, &counter, sizeof counter);
    }
    Vec<double> words[4];
    philox.blocks(Vec<double>::load(counters), words);
    for (size_t w = 0; w < 4; w++)  // 2^52 with a word as its low bits is 2^52 + word
      select(((words[w] & low) | whole) >= limit, factor, zero).store(factors + w * kBlocks + j);
  }
}

CHAINRULE_INLINE Vec<double> factors_at(const double* p, Vec<double>) { return Vec<double>::load(p); }
CHAINRULE_INLINE Vec<float> factors_at(const double* p, Vec<float>) {
  return narrow(Vec<double>::load(p), Vec<double>::load(p + Vec<double>::lanes));
}

/// y = x·mask/(1 - p)
template <class T>
static void dropout(size_t n, const T* x, T* y, double p, uint64_t seed, uint64_t stream, uint64_t offset) {
  if (p == 0.0) {
    for_each_vector<T>(n, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(y, at.load(x)); });
    return;
  }
  const Philox philox(seed, stream);
  const double threshold = __builtin_ceil(p * 0x1p32), kept = 1.0 / (1.0 - p);
  double factors[kGroup + 2 * Vec<float>::lanes] = {};  // a vector may start at the last one
  for (size_t i = 0; i < n;) {
    const uint64_t at_element = offset + i;
    const size_t skip = static_cast<size_t>(at_element % kGroup), left = kGroup - skip, count = left < n - i ? left : n - i;
    draw_group(philox, at_element / kGroup, threshold, kept, factors);
    for_each_vector<T>(count, [&](auto at) CHAINRULE_INLINE_LAMBDA {
      at.store(y + i, at.load(x + i) * factors_at(factors + skip + at.at, Vec<T>()));
    });
    i += count;
  }
}

void fill_dropout(KernelTable* table) {
  table->f32.dropout = dropout<float>;
  table->f64.dropout = dropout<double>;
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
