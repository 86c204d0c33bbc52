// Large blocks ask for large pages.
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "../../native/base/aligned.h"
#include "check.h"

namespace chainrule::test {
namespace {

/// The system's flags of the mapping that an address lies in (Linux).
[[maybe_unused]] std::string mapping_flags(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  bool here = false;
  for (std::string line; std::getline(maps, line);) {
    unsigned long long from = 0, to = 0;
    if (std::sscanf(line.c_str(), "%llx-%llx ", &from, &to) == 2) {
      const auto at = static_cast<unsigned long long>(reinterpret_cast<std::uintptr_t>(address));
      here = from <= at && at < to;
    } else if (here && line.rfind("VmFlags:", 0) == 0) {
      return line + " ";
    }
  }
  return "";
}

}  // namespace

TEST(memory_of_large_blocks) {
  for (std::size_t bytes : {std::size_t{1}, kLargeBlock - 1, kLargeBlock, 3 * kLargeBlock + 17}) {
    AlignedBuffer buffer;
    char* const p = static_cast<char*>(buffer.reserve(bytes));
    CHECK(p && reinterpret_cast<std::uintptr_t>(p) % kAlignment == 0);
    p[0] = p[bytes / 2] = 1;
#if defined(__linux__) && defined(__x86_64__)  // an emulated processor's addresses are not the system's
    if (bytes >= kLargeBlock && std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled").good())
      CHECK_MESSAGE(mapping_flags(p + kLargePage).find(" hg ") != std::string::npos, mapping_flags(p + kLargePage));
#endif
  }
}

TEST(memory_that_cannot_be_had) {
  AlignedBuffer buffer;
  void* const nothing = buffer.reserve(0);
  CHECK(nothing && reinterpret_cast<std::uintptr_t>(nothing) % kAlignment == 0);
  void* const kept = buffer.reserve(100);
  for (std::size_t bytes : {SIZE_MAX, SIZE_MAX - 62, SIZE_MAX / 2}) CHECK(!buffer.reserve(bytes) && buffer.data() == kept && buffer.bytes() == 100);
  AlignedBuffer moved(std::move(buffer));
  CHECK(moved.data() == kept && !buffer.data() && buffer.bytes() == 0);
}

}  // namespace chainrule::test
