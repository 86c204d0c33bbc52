// Dropout, with its mask straight from the counter-based generator: nothing is stored, backward draws the same mask again.
#include "results.h"
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
  /// Several vectors of blocks in step: a round waits long for its products, the others fill the time.
  template <int chains>
  CHAINRULE_INLINE void blocks(const Vec<double> (&counters)[chains], Vec<double> (&x)[chains][4]) const {
    for (int c = 0; c < chains; c++) {
      x[c][0] = counters[c];
      x[c][1] = shift_right<32>(counters[c]);
      x[c][2] = every_lane(stream);
      x[c][3] = every_lane(stream >> 32);
    }
    const Vec<double> m0 = every_lane(0xD2511F53u), m1 = every_lane(0xCD9E8D57u);
    for (int r = 0; r < rounds; r++) {
      const Vec<double> k0 = every_lane(keys[r][0]), k1 = every_lane(keys[r][1]);
#pragma GCC unroll 4
      for (int c = 0; c < chains; c++) {
        const Vec<double> a = multiply_words(x[c][0], m0), b = multiply_words(x[c][2], m1);
        x[c][0] = shift_right<32>(b) ^ x[c][1] ^ k0;
        x[c][1] = b;
        x[c][2] = shift_right<32>(a) ^ x[c][3] ^ k1;
        x[c][3] = a;
      }
    }
  }
};

/// Elements come in groups of 32 and a group draws 8 blocks: element 8·w + j of a group takes word w of its block j. So
/// neighbours come from neighbouring lanes, whatever their number. As many groups are drawn at once as `chains` vectors hold.
static constexpr size_t kGroup = 32, kBlocks = 8;
static constexpr int kChains = Vec<double>::lanes == 4 ? 2 : 4;  // AVX2 has registers for two
static constexpr size_t kDrawnBlocks = kChains * Vec<double>::lanes > kBlocks ? kChains * Vec<double>::lanes : kBlocks;
static constexpr size_t kDrawn = kDrawnBlocks / kBlocks * kGroup;

/// factors[i] = kept for the elements of a draw whose word is at least `threshold`, else 0. Draw d has elements from d·kDrawn on.
CHAINRULE_INLINE void draw_factors(const Philox& philox, uint64_t draw, double threshold, double kept, double* factors) {
  constexpr size_t lanes = Vec<double>::lanes;
  const Vec<double> whole = 0x1p52, low = every_lane(0xffffffffu), limit = 0x1p52 + threshold, factor = kept, zero = 0.0;
  for (size_t j = 0; j < kDrawnBlocks; j += kChains * lanes) {
    uint64_t numbers[kChains * lanes];
    for (size_t l = 0; l < kChains * lanes; l++) numbers[l] = draw * kDrawnBlocks + j + l;
    double bits[kChains * lanes];
    __builtin_memcpy(bits, numbers, sizeof bits);
    Vec<double> counters[kChains], words[kChains][4];
    for (int c = 0; c < kChains; c++) counters[c] = Vec<double>::load(bits + static_cast<size_t>(c) * lanes);
    philox.blocks(counters, words);
    for (int c = 0; c < kChains; c++) {
      const size_t block = j + static_cast<size_t>(c) * lanes;
      double* const group = factors + block / kBlocks * kGroup + block % kBlocks;
      for (size_t w = 0; w < 4; w++)  // 2^52 with a word as its low bits is 2^52 + word
        select(((words[c][w] & low) | whole) >= limit, factor, zero).store(group + w * kBlocks);
    }
  }
}

CHAINRULE_INLINE Vec<double> factors_at(const double* p, Vec<double>) { return Vec<double>::load(p); }
CHAINRULE_INLINE Vec<float> factors_at(const double* p, Vec<float>) {
  return narrow(Vec<double>::load(p), Vec<double>::load(p + Vec<double>::lanes));
}

/// y = x·mask/(1 - p)
template <class T>
static void dropout(size_t n, const T* x, T* y, double p, uint64_t seed, uint64_t stream, uint64_t offset) {
  const Results<T> results(n, x != y);
  if (p == 0.0) {
    results.write(n, y, [=](size_t first, size_t count, T* to) CHAINRULE_INLINE_LAMBDA {
      const T* const from = x + first;
      for_each_vector<T>(count, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(to, at.load(from)); });
    });
    return;
  }
  const Philox philox(seed, stream);
  const double threshold = __builtin_ceil(p * 0x1p32), kept = 1.0 / (1.0 - p);
  double factors[kDrawn + 2 * Vec<float>::lanes] = {};  // a vector may start at the last one
  for (size_t i = 0; i < n;) {
    const uint64_t at_element = offset + i;
    const size_t skip = static_cast<size_t>(at_element % kDrawn), left = kDrawn - skip, count = left < n - i ? left : n - i;
    draw_factors(philox, at_element / kDrawn, threshold, kept, factors);
    results.write(count, y + i, [&](size_t first, size_t few, T* to) CHAINRULE_INLINE_LAMBDA {
      const T* const from = x + i + first;
      const double* const by = factors + skip + first;
      for_each_vector<T>(few, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(to, at.load(from) * factors_at(by + at.at, Vec<T>())); });
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
