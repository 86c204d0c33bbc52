// Checksums: known answers, both ways of computing them, and pieces against the whole.
#include <cstring>
#include <vector>

#include "../../native/base/crc32.h"
#include "check.h"

namespace chainrule::test {
namespace {

const unsigned char* bytes_of(const char* text) { return reinterpret_cast<const unsigned char*>(text); }

// The definition: one bit at a time.
std::uint32_t by_bits(const std::vector<unsigned char>& bytes) {
  std::uint32_t rest = 0xFFFFFFFF;
  for (const unsigned char byte : bytes) {
    rest ^= byte;
    for (int bit = 0; bit < 8; bit++) rest = rest & 1 ? rest >> 1 ^ 0xEDB88320 : rest >> 1;
  }
  return ~rest;
}

TEST(crc32_known_answers) {
  CHECK(crc32(0, nullptr, 0) == 0);
  CHECK(crc32(0, bytes_of("123456789"), 9) == 0xCBF43926);  // the check value of CRC-32/ISO-HDLC
}

TEST(crc32_every_length_and_place) {
  std::vector<unsigned char> bytes(700);
  for (std::size_t i = 0; i < bytes.size(); i++) bytes[i] = static_cast<unsigned char>(i * i * 31 + i * 7 + 3);
  for (std::size_t length = 0; length <= 300; length++) {
    const std::size_t at = length % 17;
    const std::uint32_t expected = by_bits({bytes.begin() + static_cast<long>(at), bytes.begin() + static_cast<long>(at + length)});
    CHECK(crc32(0, bytes.data() + at, length) == expected);
    CHECK(crc32_by_tables(0, bytes.data() + at, length) == expected);
  }
  const std::uint32_t whole = by_bits(bytes);
  for (std::size_t cut = 0; cut <= bytes.size(); cut += 13) {
    const std::uint32_t first = crc32(0, bytes.data(), cut);
    CHECK(crc32(first, bytes.data() + cut, bytes.size() - cut) == whole);
  }
}

}  // namespace
}  // namespace chainrule::test
