// Dropout: the mask against the generator itself, in any piece, for both types; how often it drops; edges of p.
#include <algorithm>
#include <cmath>

#include "../../native/base/random.h"
#include "check.h"
#include "guarded.h"
#include "numeric.h"

namespace chainrule::test {
namespace {

/// Whether element i is kept, from the scalar generator.
bool kept(uint64_t i, double p, uint64_t seed, uint64_t stream) {
  const uint64_t block = i / 32 * 8 + i % 8;
  const auto low = [](uint64_t v) { return static_cast<uint32_t>(v); };
  const auto words = philox4x32({low(block), low(block >> 32), low(stream), low(stream >> 32)}, {low(seed), low(seed >> 32)});
  return words[i % 32 / 8] >= p * 0x1p32;
}

template <class T>
void check_dropout(const KernelTable* table, size_t n, double p, uint64_t seed, uint64_t stream, uint64_t offset) {
  GuardedArray<T> gx(n), gy(n);
  T *x = gx.at_end(n), *y = gy.at_end(n);
  Bits bits{n};
  for (size_t i = 0; i < n; i++) x[i] = static_cast<T>(bits.uniform(1, 2));
  table->of<T>().dropout(n, x, y, p, seed, stream, offset);
  const T factor = static_cast<T>(1 / (1 - p));
  bool right = true;
  for (size_t i = 0; i < n; i++) right = right && y[i] == (kept(offset + i, p, seed, stream) ? x[i] * factor : 0);
  CHECK_MESSAGE(right, std::string(table->isa) + " " + dtype_name<T>() + " n = " + std::to_string(n) + " p = " + std::to_string(p) + " from " + std::to_string(offset));
  const std::vector<T> whole(y, y + n);
  table->of<T>().dropout(n, x, x, p, seed, stream, offset);
  CHECK(same_bits<T>(x, whole.data(), n));
}
TEST(dropout) {
  for (const KernelTable* table : all_tables())
    for (size_t n : {0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 65, 257})
      for (double p : {0.0, 0.1, 0.5, 0.999999})
        for (uint64_t offset : {uint64_t{0}, uint64_t{1}, uint64_t{31}, uint64_t{64}, (uint64_t{1} << 40) + 5}) {
          check_dropout<float>(table, n, p, 42, 7, offset);
          check_dropout<double>(table, n, p, (uint64_t{1} << 52) + 1, (uint64_t{1} << 40) + 3, offset);
        }
}

/// What is dropped is multiplied by 0: infinities and NaN become NaN, and zeros keep their signs.
TEST(dropout_of_infinities_and_nan) {
  constexpr size_t n = 300;
  const float infinity = INFINITY;
  for (const KernelTable* table : all_tables()) {
    std::vector<float> x(n), y(n);
    for (size_t i = 0; i < n; i++) x[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? -infinity : -1;
    table->f32.dropout(n, x.data(), y.data(), 0.5, 3, 4, 0);
    for (size_t i = 0; i < n; i++) {
      const bool keeps = kept(i, 0.5, 3, 4);
      if (i % 3 == 0) CHECK(std::isnan(y[i]));
      else if (i % 3 == 1) CHECK(keeps ? y[i] == -infinity : std::isnan(y[i]));
      else CHECK(keeps ? y[i] == -2 : y[i] == 0 && std::signbit(y[i]));
    }
  }
}

TEST(dropout_rate) {
  constexpr size_t n = 1 << 20;
  const std::vector<float> x(n, 1);
  std::vector<float> y(n);
  for (const KernelTable* table : all_tables())
    for (double p : {0.1, 0.5, 0.9}) {
      table->f32.dropout(n, x.data(), y.data(), p, 1, 2, 0);
      const double zeros = static_cast<double>(std::count(y.begin(), y.end(), 0.0f)) / n, deviation = std::sqrt(p * (1 - p) / n);
      CHECK(std::fabs(zeros - p) < 4 * deviation);
      CHECK(std::fabs(table->f32.sum(n, y.data()) / n - 1) < 4 * deviation / (1 - p) + 1e-6);
    }
}

}  // namespace
}  // namespace chainrule::test
