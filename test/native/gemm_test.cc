// GEMM against an exactly summed reference: every instruction set, form, stride, epilogue and number of threads, with
// guard pages around each operand.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include "check.h"
#include "gemm_run.h"
#include "numeric.h"

namespace chainrule::test {
namespace {

constexpr double kAlphas[] = {1, -0.5, 1, 2.25}, kBetas[] = {0, 1, -0.5, 0, 1.75};

/// The `turn`-th of a sequence in which every setting meets every other sooner or later (the periods are coprime-ish).
Setting rotate(size_t turn) {
  Setting s;
  s.alpha = kAlphas[turn % 4];
  s.beta = kBetas[turn % 5];
  s.bias = turn / 3 % 2;
  s.activation = turn % 3 == 1;
  s.before = turn % 7 < 2;
  s.threads = 1 + static_cast<int>(turn % 11 % 4);
  s.misalign = turn % 9 % 8;
  s.at_start = turn / 2 % 2;
  return s;
}

template <class T>
void check_shape(size_t m, size_t n, size_t k, size_t* turn) {
  const Reference<T> r(m, n, k, false);
  for (const KernelTable* table : tables())
    for (int form = 0; form < 4; form++)
      for (int stride = 0; stride < 3; stride++) {
        Setting s = rotate((*turn)++);
        s.transpose_a = form & 1;
        s.transpose_b = form & 2;
        s.pad = stride == 0 ? 0 : 3;
        s.step = stride == 2 ? 2 : 1;
        check_run(*table, r, s);
      }
}

}  // namespace

TEST(gemm_every_form_of_small_shapes) {
  size_t turn = 0;
  const size_t sizes[] = {0, 1, 2, 7, 8, 17};
  for (size_t m : sizes)
    for (size_t n : sizes)
      for (size_t k : sizes) {
        check_shape<float>(m, n, k, &turn);
        check_shape<double>(m, n, k, &turn);
      }
}

TEST(gemm_sizes_around_tiles_and_vectors) {
  size_t turn = 0;
  for (const KernelTable* table : tables()) {
    const auto sizes_of = [](const auto& g) {
      const size_t mr = static_cast<size_t>(g.rows[g.vectors]), lanes = static_cast<size_t>(g.lanes), nr = lanes * static_cast<size_t>(g.vectors);
      return std::vector<std::array<size_t, 3>>{{mr - 1, lanes - 1, 5}, {mr, lanes + 1, 16}, {mr + 1, nr - 1, 31}, {2 * mr - 1, nr, 33}, {2 * mr, nr + 1, 13}, {2 * mr + 1, 2 * nr - 1, 9},
                                                {13, 3 * lanes, 64}, {16, 2 * lanes + 1, 65}, {17, 5 * lanes, 3}, {4, 6 * lanes - 1, 10}, {1, 97, 40}, {2, 129, 7}, {3, 10, 100}, {97, 1, 41}, {97, 2, 12}, {50, 10, 30}};
    };
    for (const auto& [m, n, k] : sizes_of(table->f32.gemm)) check_shape<float>(m, n, k, &turn);
    for (const auto& [m, n, k] : sizes_of(table->f64.gemm)) check_shape<double>(m, n, k, &turn);
  }
}

/// NEON is mostly emulated here: what is long takes minutes then, and smaller products show the same.
static bool too_long(const std::vector<const KernelTable*>& all, size_t m, size_t n, size_t k, size_t most) {
  return m * n * k > most && std::any_of(all.begin(), all.end(), [](const KernelTable* table) { return table->lanes32 == 4; });
}

TEST(gemm_larger_shapes) {
  size_t turn = 0;
  const size_t shapes[][3] = {{101, 103, 107}, {1, 300, 700}, {8, 211, 301}, {32, 70, 1201}, {128, 10, 256}, {256, 10, 8},  {37, 256, 10},
                              {64, 64, 1},     {199, 1, 257}, {66, 530, 1025}, {130, 67, 2050}, {5, 5, 4099}, {23, 400, 2}, {64, 128, 512},
                              {300, 10, 520},  {7, 410, 700}, {4, 410, 700}, {64, 200, 300}, {16, 48, 300}, {20, 70, 530}, {290, 70, 65},
                              {290, 101, 9}, {270, 130, 36}};
  for (const auto& [m, n, k] : shapes) {
    if (too_long(tables(), m, n, k, 2'000'000)) continue;
    check_shape<float>(m, n, k, &turn);
    check_shape<double>(m, n, k, &turn);
  }
}

TEST(gemm_misalignment) {
  const Reference<float> f(19, 77, 23, false);
  const Reference<double> d(19, 77, 23, false);
  for (const KernelTable* table : tables())
    for (size_t offset = 0; offset < 8; offset++)
      for (int form = 0; form < 4; form++) {
        Setting s;
        s.transpose_a = form & 1;
        s.transpose_b = form & 2;
        s.misalign = offset;
        s.at_start = true;
        check_run(*table, f, s);
        check_run(*table, d, s);
      }
}

template <class T>
static void check_exact(size_t m, size_t n, size_t k) {
  const Reference<T> r(m, n, k, true);
  for (const KernelTable* table : tables())
    for (int form = 0; form < 4; form++) {
      std::vector<T> a(m * k), b(k * n), c(m * n, T(3));
      const bool ta = form & 1, tb = form & 2;
      for (size_t i = 0; i < m; i++)
        for (size_t p = 0; p < k; p++) a[ta ? p * m + i : i * k + p] = r.a[i * k + p];
      for (size_t p = 0; p < k; p++)
        for (size_t j = 0; j < n; j++) b[tb ? j * k + p : p * n + j] = r.b[p * n + j];
      gemm<T>(*table, pool_of(2), m, n, k, T(-2), {a.data(), ta ? 1 : k, ta ? m : 1}, {b.data(), tb ? 1 : n, tb ? k : 1}, T(5), {c.data(), n, 1});
      size_t wrong = 0;
      for (size_t i = 0; i < m * n; i++) wrong += static_cast<double>(c[i]) != -2 * r.product[i] + 15;
      CHECK_MESSAGE(wrong == 0, std::string(table->isa) + " integers " + std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k) + ": " + std::to_string(wrong) + " wrong");
    }
}
TEST(gemm_of_integers_is_exact) {
  const size_t shapes[][3] = {{16, 16, 16}, {65, 131, 300}, {8, 200, 784}, {128, 10, 256}, {1, 64, 500}, {120, 100, 1}, {300, 10, 77}};
  for (const auto& [m, n, k] : shapes) {
    check_exact<float>(m, n, k);
    check_exact<double>(m, n, k);
  }
}

/// Every size of each side beside random others, all settings in turn, exactly.
template <class T>
static void check_whole(size_t step) {
  Numbers numbers(setting("CHAINRULE_SEED", 1));
  size_t turn = 0;
  for (size_t side = 0; side < 3; side++)
    for (size_t size = 0; size <= 257; size += step) {
      size_t sides[3];
      for (size_t& other : sides) other = numbers.next() % (full_sweep() ? 258 : 65);
      sides[side] = size;
      const Reference<T> r(sides[0], sides[1], sides[2], true);
      for (const KernelTable* table : tables())
        for (int form = 0; form < 4; form++) {
          Setting s = rotate(turn++);
          s.transpose_a = form & 1;
          s.transpose_b = form & 2;
          s.pad = numbers.next() % 4;
          s.step = 1 + numbers.next() % 8 / 7;
          s.alpha = -1.0 + static_cast<double>(numbers.next() % 4);
          s.beta = static_cast<double>(numbers.next() % 3);
          s.activation = false;
          for (size_t& more : s.more) more = numbers.next() % 8;
          check_run(*table, r, s);
        }
    }
}
TEST(kernels_multiply_whole_numbers_exactly) {
  check_whole<float>(full_sweep() ? 1 : 23 * thinning());
  check_whole<double>(full_sweep() ? 1 : 23 * thinning());
}

template <class T>
static void check_threads(size_t m, size_t n, size_t k) {
  const Reference<T> r(m, n, k, false, false);
  for (const KernelTable* table : tables()) {
    if (table->lanes32 == 1 && m * n * k > (size_t{1} << 24)) continue;
    for (int form = 0; form < 4; form++) {
      const bool ta = form & 1, tb = form & 2;
      std::vector<T> first;
      for (int threads = 1; threads <= 4; threads++) {
        std::vector<T> c(m * n);
        gemm<T>(*table, pool_of(threads), m, n, k, T(1), {r.a.data(), ta ? 1 : k, ta ? m : 1}, {r.b.data(), tb ? 1 : n, tb ? k : 1}, T(0), {c.data(), n, 1});
        if (threads == 1) first = c;
        else CHECK_MESSAGE(std::memcmp(first.data(), c.data(), c.size() * sizeof(T)) == 0,
                           std::string(table->isa) + " differs with " + std::to_string(threads) + " threads, form " + std::to_string(form) + " " + std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k));
      }
    }
  }
}
TEST(gemm_same_bits_for_every_number_of_threads) {
  const size_t shapes[][3] = {{128, 256, 257}, {300, 10, 401}, {8, 1000, 784}, {1, 2000, 800}, {2000, 1, 700}, {257, 513, 600}, {32, 512, 784}, {784, 512, 8}, {100, 700, 2100}, {64, 150, 500}, {250, 24, 530}, {300, 130, 70}, {1, 120, 5000}, {1, 200, 4000}};
  for (const auto& [m, n, k] : shapes) {
    if (too_long(tables(), m, n, k, 7'000'000)) continue;
    check_threads<float>(m, n, k);
    check_threads<double>(m, n, k);
  }
}

template <class T>
static void check_never_reads() {
  const T nan = std::numeric_limits<T>::quiet_NaN();
  for (const KernelTable* table : tables()) {
    const std::vector<T> bias = {T(1), T(-2), T(3)};
    Epilogue<T> e;
    e.bias = bias.data();
    for (const size_t k : {size_t{0}, size_t{5}}) {  // alpha = 0 with k = 5
      std::vector<T> c(6, nan);
      CHECK(gemm<T>(*table, pool_of(1), 2, 3, k, T(k == 0), {nullptr, 5, 1}, {nullptr, 3, 1}, T(0), {c.data(), 3, 1}, e).ok());
      for (size_t i = 0; i < 6; i++) CHECK(c[i] == bias[i % 3]);
      e.activation = &kSquarePlusOne<T>;
      std::vector<T> before(6, nan);
      e.before = before.data();
      e.before_stride = 3;
      CHECK(gemm<T>(*table, pool_of(1), 2, 3, k, T(k == 0), {nullptr, 5, 1}, {nullptr, 3, 1}, T(2), {c.data(), 3, 1}, e).ok());
      for (size_t i = 0; i < 6; i++) CHECK(before[i] == 3 * bias[i % 3] && c[i] == before[i] * before[i] + 1);
      e = {};
      e.bias = bias.data();
    }
    CHECK(gemm<T>(*table, pool_of(1), 0, 3, 5, T(1), {nullptr, 5, 1}, {nullptr, 3, 1}, T(0), {nullptr, 3, 1}).ok());
    CHECK(gemm<T>(*table, pool_of(1), 3, 0, 5, T(1), {nullptr, 5, 1}, {nullptr, 0, 1}, T(0), {nullptr, 0, 1}).ok());
    CHECK(!gemm<T>(*table, pool_of(1), 3, 2, 1, T(1), {nullptr, 5, 1}, {nullptr, 0, 1}, T(0), {nullptr, 4, 2}).ok());
  }
}
TEST(gemm_without_a_product) {
  check_never_reads<float>();
  check_never_reads<double>();
}

}  // namespace chainrule::test
