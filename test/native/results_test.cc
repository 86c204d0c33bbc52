// Results that go past the caches: the same bits as those that do not, and nothing written beside them, wherever they begin.
#include <algorithm>
#include <cstring>

#include "check.h"
#include "guarded.h"
#include "numeric.h"

namespace chainrule::test {
namespace {

/// Sets for a while from how many bytes on results go past the caches.
struct FarFrom {
  size_t* const bytes;
  const size_t before;
  FarFrom(const KernelTable* table, size_t from) : bytes(table->far_bytes), before(*bytes) { *bytes = from; }
  ~FarFrom() { *bytes = before; }
};

/// Passes over [rows, cols]: inputs a, b and rows of c, d and e; the result in y.
template <class T>
struct Pass {
  const char* name;
  void (*run)(const KernelTable* table, size_t rows, size_t cols, const T* a, const T* b, const T* by_column, T* y);
};

template <class T>
const std::vector<Pass<T>>& passes() {
  static const std::vector<Pass<T>> all = {
      {"unary forward", [](const KernelTable* t, size_t rows, size_t cols, const T* a, const T*, const T*, T* y) {
         const double one[2] = {1, 1};
         for (int op = 0; op < t->unary_count; op += 5) t->of<T>().unary[op].forward(rows * cols, a, y, one);
       }},
      {"unary backward", [](const KernelTable* t, size_t rows, size_t cols, const T* a, const T* b, const T*, T* y) {
         const double one[2] = {1, 1};
         for (int op = 0; op < t->unary_count; op += 5) t->of<T>().unary[op].backward(rows * cols, a, b, y, one);
       }},
      {"add", [](const KernelTable* t, size_t rows, size_t cols, const T* a, const T* b, const T*, T* y) { t->of<T>().binary[0](rows * cols, a, 1, b, 1, y); }},
      {"add one", [](const KernelTable* t, size_t rows, size_t cols, const T* a, const T* b, const T*, T* y) { t->of<T>().binary[0](rows * cols, a, 1, b, 0, y); }},
      {"add to one", [](const KernelTable* t, size_t rows, size_t cols, const T* a, const T* b, const T*, T* y) { t->of<T>().binary[0](rows * cols, a, 0, b, 1, y); }},
      {"prelu", [](const KernelTable* t, size_t rows, size_t cols, const T* a, const T*, const T* c, T* y) { t->of<T>().prelu_forward(rows, cols, a, c, 0, y); }},
      {"prelu by channel", [](const KernelTable* t, size_t rows, size_t cols, const T* a, const T*, const T* c, T* y) { t->of<T>().prelu_forward(rows, cols, a, c, 1, y); }},
      {"prelu backward", [](const KernelTable* t, size_t rows, size_t cols, const T* a, const T* b, const T* c, T* y) {
         T sum = 0;
         t->of<T>().prelu_backward(rows, cols, cols, a, c, 0, b, y, &sum);
         if (rows * cols) y[0] += sum;
       }},
      {"dropout", [](const KernelTable* t, size_t rows, size_t cols, const T* a, const T*, const T*, T* y) { t->of<T>().dropout(rows * cols, a, y, 0.4, 1, 2, 11); }},
      {"no dropout", [](const KernelTable* t, size_t rows, size_t cols, const T* a, const T*, const T*, T* y) { t->of<T>().dropout(rows * cols, a, y, 0, 1, 2, 0); }},
      {"layer norm", [](const KernelTable* t, size_t rows, size_t cols, const T* a, const T*, const T* c, T* y) {
         std::vector<T> mean(rows), rstd(rows);
         t->of<T>().layer_norm_forward(rows, cols, a, c, c, 1e-5, y, mean.data(), rstd.data());
       }},
      {"plain layer norm", [](const KernelTable* t, size_t rows, size_t cols, const T* a, const T*, const T*, T* y) {
         std::vector<T> mean(rows), rstd(rows);
         t->of<T>().layer_norm_forward(rows, cols, a, nullptr, nullptr, 1e-5, y, mean.data(), rstd.data());
       }},
      {"batch norm", [](const KernelTable* t, size_t rows, size_t cols, const T* a, const T*, const T* c, T* y) { t->of<T>().normalize_columns(rows, cols, a, c, c, c, c, y); }},
      {"plain batch norm", [](const KernelTable* t, size_t rows, size_t cols, const T* a, const T*, const T* c, T* y) { t->of<T>().normalize_columns(rows, cols, a, c, nullptr, c, nullptr, y); }},
      {"batch norm backward", [](const KernelTable* t, size_t rows, size_t cols, const T* a, const T* b, const T* c, T* y) {
         t->of<T>().batch_norm_backward(rows, cols, a, c, b, c, c, c, y);
       }},
  };
  return all;
}

template <class T>
void check_far(const KernelTable* table, size_t rows, size_t cols, size_t offset) {
  const size_t n = rows * cols;
  Bits bits{n + offset};
  std::vector<T> a(n + 1), b(n + 1), c(cols + 1), near(n);
  for (auto* v : {&a, &b, &c})
    for (T& x : *v) x = static_cast<T>(bits.uniform(-3, 3));
  GuardedArray<T> place(n + 16);
  for (const Pass<T>& pass : passes<T>())
    for (bool end : {false, true}) {
      {
        const FarFrom never(table, SIZE_MAX);
        pass.run(table, rows, cols, a.data(), b.data(), c.data(), near.data());
      }
      const FarFrom always(table, 0);
      T* const y = end ? place.at_end(n) : place.at_start(offset);
      const bool before = !end && offset > 0;
      if (before) y[-1] = T(77);
      if (!end) y[n] = T(78);
      pass.run(table, rows, cols, a.data(), b.data(), c.data(), y);
      CHECK_MESSAGE(same_bits<T>(near.data(), y, n) && (!before || y[-1] == T(77)) && (end || y[n] == T(78)),
                    std::string(table->isa) + " " + dtype_name<T>() + " " + pass.name + " " + std::to_string(rows) + "x" + std::to_string(cols) + " from " + std::to_string(offset));
    }
}

TEST(results_past_the_caches) {
  for (const KernelTable* table : all_tables())
    for (size_t offset = 0; offset < 16; offset++) {
      for (size_t n : {0, 1, 7, 8, 15, 16, 17, 31, 33, 2039, 2048, 2065}) {
        check_far<float>(table, 1, n, offset);
        check_far<double>(table, 1, n, offset);
      }
      check_far<float>(table, 3, 2053 + offset, offset);
      check_far<double>(table, 5, 1031, offset);
      check_far<float>(table, 45, 100, offset);  // rows that share pieces
      check_far<double>(table, 31, 67, offset);
    }
}

/// In place results stay where they are: a line that has been read is cheaper to overwrite in the cache.
TEST(results_in_place) {
  for (const KernelTable* table : all_tables()) {
    std::vector<float> a(5000), y(5000);
    for (size_t i = 0; i < a.size(); i++) a[i] = static_cast<float>(i % 9) - 4;
    const FarFrom always(table, 0);
    const double none[2] = {0, 0};
    table->f32.unary[0].forward(a.size(), a.data(), y.data(), none);
    table->f32.unary[0].forward(a.size(), a.data(), a.data(), none);
    CHECK(a == y);
  }
}

}  // namespace
}  // namespace chainrule::test
