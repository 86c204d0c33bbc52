// What the fuzzers share: reading bytes as records of fields, and mutations that keep records whole.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);

namespace chainrule::fuzz {

/// The bytes of an input, zeros after its end.
class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  uint8_t next() { return at_ < size_ ? data_[at_++] : 0; }
  /// In [0, bound).
  size_t below(size_t bound) { return bound ? next() % bound : 0; }
  bool flag() { return next() & 1; }
  /// A number as users' data has them: mostly small, now and then none or infinite.
  double number() {
    constexpr double odd[] = {0, -0.0, 1e-320, 1e308, -1e308, 1.0 / 3, __builtin_nan(""), __builtin_inf(), -__builtin_inf(), 4294967296.0, 0.5};
    const uint8_t b = next();
    return b < 16 ? odd[b % 11] : (b - 128) / 16.0;
  }
  /// `usual`, or where a byte says so a size that no caller should pass.
  size_t size(size_t usual) {
    const size_t odd[] = {0, 1, usual + 1, usual - 1, size_t{1} << 24, size_t{1} << 31, (size_t{1} << 31) + 1, size_t{1} << 40, size_t{1} << 63, SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 8};
    const uint8_t b = next();
    return b < 240 ? usual : odd[b % 12];
  }
  size_t left() const { return size_ - at_; }

 private:
  const uint8_t* data_;
  size_t size_, at_ = 0;
};

/// A header, then records of one size.
struct Layout {
  size_t header, record;
};

/// Copies, removes or swaps whole records, changes one of them, or leaves it all to the fuzzer.
inline size_t mutate(Layout layout, uint8_t* data, size_t size, size_t most, unsigned seed) {
  const size_t records = size > layout.header ? (size - layout.header) / layout.record : 0;
  const auto at = [&](size_t i) { return data + layout.header + i * layout.record; };
  const size_t i = records ? seed / 8 % records : 0, j = records ? seed / 128 % records : 0;
  switch (seed % 8) {
    case 0:
      if (!records || size + layout.record > most) break;
      std::memmove(at(i) + layout.record, at(i), size - layout.header - i * layout.record);
      if (j != i) std::memmove(at(i), at(j < i ? j : j + 1), layout.record);
      return size + layout.record;
    case 1:
      if (records < 2) break;
      std::memmove(at(i), at(i) + layout.record, size - layout.header - (i + 1) * layout.record);
      return size - layout.record;
    case 2:
      if (records < 2) break;
      std::swap_ranges(at(i), at(i) + layout.record, at(j));
      return size;
    case 3:
    case 4:
      if (!records) break;
      LLVMFuzzerMutate(at(i), layout.record, layout.record);
      return size;
    case 5:
      if (size < layout.header) break;
      LLVMFuzzerMutate(data, layout.header, layout.header);
      return size;
    default: break;
  }
  return LLVMFuzzerMutate(data, size, most);
}

/// One's header and first records, the other's later ones.
inline size_t cross(Layout layout, const uint8_t* a, size_t a_size, const uint8_t* b, size_t b_size, uint8_t* out, size_t most, unsigned seed) {
  const auto records = [&](size_t size) { return size > layout.header ? (size - layout.header) / layout.record : 0; };
  const size_t kept = records(a_size) ? seed % (records(a_size) + 1) : 0, skipped = records(b_size) ? seed / 64 % (records(b_size) + 1) : 0;
  const size_t head = std::min({a_size, layout.header + kept * layout.record, most});
  const size_t from = std::min(b_size, layout.header + skipped * layout.record), tail = std::min(b_size - from, most - head);
  if (head) std::memcpy(out, a, head);
  if (tail) std::memcpy(out + head, b + from, tail);
  return head + tail;
}

#define CHAINRULE_RECORDS(layout)                                                                                            \
  extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {                        \
    return chainrule::fuzz::mutate(layout, data, size, most, seed);                                                          \
  }                                                                                                                          \
  extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* a, size_t a_size, const uint8_t* b, size_t b_size, uint8_t* out, \
                                              size_t most, unsigned seed) {                                                  \
    return chainrule::fuzz::cross(layout, a, a_size, b, b_size, out, most, seed);                                            \
  }

}  // namespace chainrule::fuzz
