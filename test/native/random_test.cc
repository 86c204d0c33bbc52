// The random generator: Philox's published answers, moments, bounds, and permutations without bias.
#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "../../native/base/random.h"
#include "check.h"

namespace chainrule::test {
namespace {

TEST(philox_known_answers) {  // Random123, kat_vectors, philox4x32 10
  using Four = std::array<uint32_t, 4>;
  CHECK((philox4x32({0, 0, 0, 0}, {0, 0}) == Four{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  CHECK((philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) == Four{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  CHECK((philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) == Four{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

struct Moments {
  double mean = 0, variance = 0, low = 1e300, high = -1e300;
  template <class T> explicit Moments(const std::vector<T>& v) {
    for (T x : v) mean += x / static_cast<double>(v.size()), low = std::min<double>(low, x), high = std::max<double>(high, x);
    for (T x : v) variance += (x - mean) * (x - mean) / static_cast<double>(v.size());
  }
};

template <class T>
void check_distributions() {
  std::vector<T> v(100001), w(v.size());
  random_uniform(v.size(), v.data(), 42, 7, -2, 3);
  const Moments u(v);
  CHECK(u.low >= -2 && u.high < 3 && std::fabs(u.mean - 0.5) < 0.02 && std::fabs(u.variance - 25.0 / 12) < 0.03);
  random_normal(v.size(), v.data(), 42, 7, 1, 2);
  const Moments z(v);
  CHECK(std::fabs(z.mean - 1) < 0.03 && std::fabs(z.variance - 4) < 0.08 && z.high < 12 && z.low > -10);
  for (size_t n : {0, 1, 2, 3, 5, 100}) {  // a shorter request is a prefix of a longer one
    std::vector<T> prefix(n + 1, 99);
    random_normal(n, prefix.data(), 42, 7, 1, 2);
    CHECK(std::equal(prefix.begin(), prefix.begin() + static_cast<long>(n), v.begin()) && prefix[n] == 99);
  }
  random_normal(w.size(), w.data(), 42, 8, 1, 2);
  CHECK(std::mismatch(v.begin(), v.end(), w.begin()).first == v.begin());
  random_normal(w.size(), w.data(), 43, 7, 1, 2);
  CHECK(std::mismatch(v.begin(), v.end(), w.begin()).first == v.begin());
  // An interval of two neighbouring numbers: `high` itself never comes, though almost every value rounds to it.
  const T low = 1, high = std::nextafter(low, T(2));
  random_uniform(1000, w.data(), 1, 1, static_cast<double>(low), static_cast<double>(high));
  CHECK(std::all_of(w.begin(), w.begin() + 1000, [=](T x) { return x == low; }));
}
TEST(random_distributions) {
  check_distributions<float>();
  check_distributions<double>();
}

TEST(random_permutations) {
  for (size_t n : {0, 1, 2, 3, 10, 1000, 1'500'000}) {  // of so many some are drawn twice, to be even
    std::vector<int32_t> p(n);
    random_permutation(n, p.data(), 5, n);
    std::vector<int32_t> sorted = p;
    std::sort(sorted.begin(), sorted.end());
    for (size_t i = 0; i < n; i++) CHECK(sorted[i] == static_cast<int32_t>(i));
  }
  std::map<std::vector<int32_t>, int> seen;  // all 24 orders of four, each about as often
  for (uint64_t s = 0; s < 24000; s++) {
    std::vector<int32_t> p(4);
    random_permutation(4, p.data(), 9, s);
    seen[p]++;
  }
  CHECK(seen.size() == 24);
  for (const auto& [order, count] : seen) CHECK(std::abs(count - 1000) < 150);
}

}  // namespace
}  // namespace chainrule::test
