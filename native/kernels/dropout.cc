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

static constexpr uint64_t kNumbers[] = {0, 1, 2, 3, 4, 5, 6, 7};

/// Philox 4x32-10 (base/random.h), one block in each 64-bit lane. Of the words only the low 32 bits count.
struct Philox {
  static constexpr int rounds = 10;
  static constexpr uint64_t m0 = 0xD2511F53u, m1 = 0xCD9E8D57u;
  uint64_t keys[rounds][2];
  uint64_t stream;
  CHAINRULE_INLINE Philox(uint64_t seed, uint64_t stream_number) : stream(stream_number) {
    uint32_t k0 = static_cast<uint32_t>(seed), k1 = static_cast<uint32_t>(seed >> 32);
    for (int r = 0; r < rounds; r++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
      keys[r][0] = k0;
      keys[r][1] = k1;
    }
  }
  /// Several vectors of blocks in step: a round waits long for its products, the others fill the time. Blocks `number`, number + 1 …
  /// have the same upper 32 bits. So half of the first two rounds is the same for all of them.
  template <size_t chains>
  CHAINRULE_INLINE void blocks(uint64_t number, Vec<double> (*x)[4]) const {
    constexpr size_t lanes = Vec<double>::lanes;
    double numbers[lanes];
    __builtin_memcpy(numbers, kNumbers, sizeof numbers);
    const uint64_t b = (stream & 0xffffffffu) * m1, a = ((b >> 32) ^ (number >> 32) ^ keys[0][0]) * m0;
    const Vec<double> v0 = every_lane(m0), v1 = every_lane(m1);
    for (size_t c = 0; c < chains; c++) {
      const Vec<double> counters = add_bits(every_lane(number + c * lanes), Vec<double>::load(numbers));
      const Vec<double> first = multiply_words(counters, v0), second = multiply_words(upper_words(first) ^ every_lane((stream >> 32) ^ keys[0][1]), v1);
      x[c][0] = upper_words(second) ^ every_lane(b ^ keys[1][0]);
      x[c][1] = second;
      x[c][2] = first ^ every_lane((a >> 32) ^ keys[1][1]);
      x[c][3] = every_lane(a);
    }
#pragma GCC unroll 10
    for (int r = 2; r < rounds; r++) {
      const Vec<double> k0 = every_lane(keys[r][0]), k1 = every_lane(keys[r][1]);
#pragma GCC unroll 4
      for (size_t c = 0; c < chains; c++) {
        const Vec<double> p = multiply_words(x[c][0], v0), q = multiply_words(x[c][2], v1);
        x[c][0] = upper_words(q) ^ x[c][1] ^ k0;
        x[c][1] = q;
        x[c][2] = upper_words(p) ^ x[c][3] ^ k1;
        x[c][3] = p;
      }
    }
  }
};

/// Elements come in groups of 32 and a group draws 8 blocks: element 8·w + j of a group takes word w of its block j. So
/// neighbours come from neighbouring lanes, whatever their number. As many groups are drawn at once as `chains` vectors hold.
static constexpr size_t kGroup = 32, kBlocks = 8, kLanes = Vec<double>::lanes, kGroupVectors = kBlocks / kLanes;
static constexpr size_t kChains = kLanes == 4 ? 2 : 4;  // AVX2 has registers for two
static constexpr size_t kGroups = kChains > kGroupVectors ? kChains / kGroupVectors : 1;
static constexpr size_t kDrawn = kGroups * kGroup;

/// Which of the elements from `element` on are kept: those whose words, among the words of a group, are above the limit.
CHAINRULE_INLINE Vec<double> words_of(const Vec<double> (*words)[4], size_t element) { return words[element % kBlocks / kLanes][element % kGroup / kBlocks]; }
CHAINRULE_INLINE Mask<float> kept(const Vec<double> (*words)[4], size_t element, uint32_t limit, Vec<float>) {
  return words_above(words_of(words, element), words_of(words, element + kLanes), limit);
}
CHAINRULE_INLINE Mask<double> kept(const Vec<double> (*words)[4], size_t element, uint32_t limit, Vec<double>) {
  return words_above(words_of(words, element), limit);
}

/// Calls take(i, mask) for each vector of a draw's elements, from i on: mask is true where the word is above the limit.
template <class T, class Take>
CHAINRULE_INLINE void draw(const Philox& philox, uint64_t number, uint32_t limit, Take take) {
  Vec<double> words[kGroups * kGroupVectors][4];
  for (size_t v = 0; v < kGroups * kGroupVectors; v += kChains) philox.blocks<kChains>((number * kGroups * kGroupVectors + v) * kLanes, words + v);
#pragma GCC unroll 64
  for (size_t i = 0; i < kDrawn; i += Vec<T>::lanes) take(i, kept(words + i / kGroup * kGroupVectors, i % kGroup, limit, Vec<T>()));
}

/// A pass of dropout.
template <class T>
struct Dropout {
  Philox philox;
  uint32_t limit;  ///< a word is at least p·2^32 if it exceeds this
  Vec<T> factor;
  CHAINRULE_INLINE Dropout(double p, uint64_t seed, uint64_t stream)
      : philox(seed, stream), limit(static_cast<uint32_t>(__builtin_ceil(p * 0x1p32) - 1.0)), factor(static_cast<T>(1.0 / (1.0 - p))) {}

  /// y = x·mask/(1 - p) for the elements of whole draws from `number` on. Returns how many elements that were.
  CHAINRULE_INLINE size_t whole(uint64_t number, size_t n, const T* x, T* y) const {
    size_t i = 0;
    for (; i + kDrawn <= n; i += kDrawn, number++)
      draw<T>(philox, number, limit, [=, this](size_t j, Mask<T> mask) CHAINRULE_INLINE_LAMBDA {
        const Whole<T> at{i + j};
        at.store(y, at.load(x) * keep(mask, factor));
      });
    return i;
  }
  /// The same past the caches. Factors are spliced, so that each vector of them lies as a vector of y that is aligned. Only the
  /// elements before the first of these and behind the last are stored as usual.
  CHAINRULE_INLINE size_t far(uint64_t number, size_t n, const T* x, T* y) const {
    constexpr size_t lanes = Vec<T>::lanes;
    const size_t head = to_line(y);
    const Splice<T> splice(head);
    Vec<T> before;
    size_t i = 0;
    for (; i + kDrawn <= n; i += kDrawn, number++)
      draw<T>(philox, number, limit, [&](size_t j, Mask<T> mask) CHAINRULE_INLINE_LAMBDA {
        const Vec<T> factors = keep(mask, factor);
        if (i + j > 0) {
          const Far<T> at{{i + j + head - lanes}};
          at.store(y, at.load(x) * splice(before, factors));
        } else if (head > 0) {
          const Part<T> at{0, Vec<T>::tail(head), head};
          at.store(y, at.load(x) * factors);
        }
        before = factors;
      });
    if (i > 0) {
      const Part<T> at{i + head - lanes, Vec<T>::tail(lanes - head), lanes - head};
      at.store(y, at.load(x) * splice(before, before));
    }
    return i;
  }
  /// The same for `few` elements of one draw, from its element `first` on.
  void part(uint64_t number, size_t first, size_t few, const T* x, T* y) const {
    T factors[kDrawn + Vec<T>::lanes];  // a vector may start at the last one
    draw<T>(philox, number, limit, [&](size_t j, Mask<T> mask) CHAINRULE_INLINE_LAMBDA { keep(mask, factor).store(factors + j); });
    for_each_vector<T>(few, [=, &factors](auto at) CHAINRULE_INLINE_LAMBDA { at.store(y, at.load(x) * Vec<T>::load(factors + first + at.at)); });
  }
};

/// y = x·mask/(1 - p)
template <class T>
static void dropout(size_t n, const T* x, T* y, double p, uint64_t seed, uint64_t stream, uint64_t offset) {
  const Results<T> results(n, x != y);
  if (p == 0.0) {
    results.each(n, y, [=](auto at) CHAINRULE_INLINE_LAMBDA { at.store(y, at.load(x)); });
    return;
  }
  const Dropout<T> pass(p, seed, stream);
  for (size_t i = 0; i < n;) {
    const size_t first = static_cast<size_t>((offset + i) % kDrawn), left = n - i;
    const uint64_t number = (offset + i) / kDrawn;
    size_t done = first > 0 || left < kDrawn ? (kDrawn - first < left ? kDrawn - first : left) : 0;
    if (done > 0) pass.part(number, first, done, x + i, y + i);
    else if constexpr (streams) done = results.far() ? pass.far(number, left, x + i, y + i) : pass.whole(number, left, x + i, y + i);
    else done = pass.whole(number, left, x + i, y + i);
    i += done;
  }
}

void fill_dropout(KernelTable* table) {
  table->f32.dropout = dropout<float>;
  table->f64.dropout = dropout<double>;
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
