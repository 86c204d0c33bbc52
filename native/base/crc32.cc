// CRC-32. A checksum is the remainder of a polynomial over GF(2): by eight tables eight bytes at a time, or, where the processor
// multiplies such polynomials, by folding 64 bytes onto the next 64, which keeps the remainder.
// Method and constants: Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel, 2009.
#include "crc32.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace chainrule {
namespace {

constexpr std::uint32_t kPolynomial = 0xEDB88320;  // reflected

using Table = std::array<std::uint32_t, 256>;

// tables[k][b]: the remainder of byte b followed by k bytes of zeros.
constexpr std::array<Table, 8> make_tables() {
  std::array<Table, 8> tables{};
  for (std::uint32_t byte = 0; byte < 256; byte++) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; bit++) rest = rest & 1 ? rest >> 1 ^ kPolynomial : rest >> 1;
    tables[0][byte] = rest;
  }
  for (std::size_t k = 1; k < 8; k++)
    for (std::size_t byte = 0; byte < 256; byte++) tables[k][byte] = tables[k - 1][byte] >> 8 ^ tables[0][tables[k - 1][byte] & 255];
  return tables;
}

constexpr std::array<Table, 8> kTables = make_tables();

// `rest` is the checksum before it is inverted.
std::uint32_t by_tables(std::uint32_t rest, const unsigned char* bytes, std::size_t length) {
  for (; length >= 8; bytes += 8, length -= 8) {
    const std::uint32_t low = rest ^ (bytes[0] | bytes[1] << 8 | bytes[2] << 16 | static_cast<std::uint32_t>(bytes[3]) << 24);
    rest = kTables[7][low & 255] ^ kTables[6][low >> 8 & 255] ^ kTables[5][low >> 16 & 255] ^ kTables[4][low >> 24] ^ kTables[3][bytes[4]] ^ kTables[2][bytes[5]] ^
           kTables[1][bytes[6]] ^ kTables[0][bytes[7]];
  }
  for (; length > 0; bytes++, length--) rest = rest >> 8 ^ kTables[0][(rest ^ *bytes) & 255];
  return rest;
}

#if defined(__x86_64__)
constexpr std::size_t kLeast = 64;

/// x shifted by as many bits as `by` stands for, plus `next`.
[[gnu::target("pclmul,sse4.1")]] inline __m128i folded(__m128i x, __m128i by, __m128i next) {
  const __m128i low = _mm_clmulepi64_si128(x, by, 0x00), high = _mm_clmulepi64_si128(x, by, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/// Whole blocks of 16 bytes, at least kLeast bytes.
[[gnu::target("pclmul,sse4.1")]] std::uint32_t by_folding(std::uint32_t rest, const unsigned char* bytes, std::size_t length) {
  const auto load = [](const unsigned char* at) __attribute__((target("pclmul,sse4.1"))) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); };
  const __m128i by_64 = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4), by_16 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
  __m128i x0 = _mm_xor_si128(load(bytes), _mm_cvtsi32_si128(static_cast<int>(rest)));
  __m128i x1 = load(bytes + 16), x2 = load(bytes + 32), x3 = load(bytes + 48);
  for (bytes += 64, length -= 64; length >= 64; bytes += 64, length -= 64) {
    x0 = folded(x0, by_64, load(bytes));
    x1 = folded(x1, by_64, load(bytes + 16));
    x2 = folded(x2, by_64, load(bytes + 32));
    x3 = folded(x3, by_64, load(bytes + 48));
  }
  __m128i x = folded(folded(folded(x0, by_16, x1), by_16, x2), by_16, x3);
  for (; length >= 16; bytes += 16, length -= 16) x = folded(x, by_16, load(bytes));

  // 128 bits to 96, to 64, and these to the remainder of 32 (Barrett's reduction).
  const __m128i low_32 = _mm_set_epi32(0, -1, 0, -1);
  x = _mm_xor_si128(_mm_srli_si128(x, 8), _mm_clmulepi64_si128(x, by_16, 0x10));
  x = _mm_xor_si128(_mm_srli_si128(x, 4), _mm_clmulepi64_si128(_mm_and_si128(x, low_32), _mm_set_epi64x(0, 0x0163cd6124), 0x00));
  const __m128i barrett = _mm_set_epi64x(0x01f7011641, 0x01db710641);
  __m128i quotient = _mm_clmulepi64_si128(_mm_and_si128(x, low_32), barrett, 0x10);
  quotient = _mm_clmulepi64_si128(_mm_and_si128(quotient, low_32), barrett, 0x00);
  return static_cast<std::uint32_t>(_mm_extract_epi32(_mm_xor_si128(x, quotient), 1));
}
#endif

}  // namespace

std::uint32_t crc32_by_tables(std::uint32_t start, const unsigned char* bytes, std::size_t length) { return ~by_tables(~start, bytes, length); }

std::uint32_t crc32(std::uint32_t start, const unsigned char* bytes, std::size_t length) {
#if defined(__x86_64__)
  static const bool folds = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
  if (folds && length >= kLeast) {
    const std::size_t blocks = length / 16 * 16;
    return ~by_tables(by_folding(~start, bytes, blocks), bytes + blocks, length - blocks);
  }
#endif
  return crc32_by_tables(start, bytes, length);
}

}  // namespace chainrule
