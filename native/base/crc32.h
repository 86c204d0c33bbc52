// The checksum of ZIP, PNG and gzip, which stands in files of models too.
#pragma once
#include <cstddef>
#include <cstdint>

namespace chainrule {

/// CRC-32 (polynomial 0x04C11DB7, reflected; ISO 3309) of `length` bytes, going on from the checksum `start` of those before; 0 at first.
std::uint32_t crc32(std::uint32_t start, const unsigned char* bytes, std::size_t length);

/// The same without special instructions.
std::uint32_t crc32_by_tables(std::uint32_t start, const unsigned char* bytes, std::size_t length);

}  // namespace chainrule
