// What the GEMM tests share: guarded memory, references summed without error, pools and kernel tables.
#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include "../../native/base/thread_pool.h"
#include "../../native/dispatch/dispatch.h"

namespace chainrule::test {

/// Elements that touch an unreadable page: behind the last one, or before the first (then `offset` elements away).
template <class T>
class Guarded {
 public:
  Guarded(size_t n, size_t offset, bool at_start) : size_(n) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE)), bytes = (n + offset) * sizeof(T), inner = (bytes + page - 1) / page * page;
    length_ = inner + 2 * page;
    base_ = static_cast<char*>(mmap(nullptr, length_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (inner) mprotect(base_ + page, inner, PROT_READ | PROT_WRITE);
    data_ = reinterpret_cast<T*>(at_start ? base_ + page + offset * sizeof(T) : base_ + page + inner - n * sizeof(T));
  }
  ~Guarded() { munmap(base_, length_); }
  Guarded(const Guarded&) = delete;
  T* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  size_t size_, length_;
  char* base_;
  T* data_;
};

/// Small, fast and the same everywhere (Steele & Vigna's SplitMix64).
class Numbers {
 public:
  explicit Numbers(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// In [-1, 1) with `bits` random bits.
  double uniform(int bits) { return std::ldexp(static_cast<double>(next() >> (64 - bits)), 1 - bits) - 1; }

 private:
  uint64_t state_;
};

/// Random A, B, C and bias, with A·B and |A|·|B| in float64. Elements have at most 25 bits, so that every product is exact,
/// and sums carry their error along (Knuth's TwoSum).
template <class T>
struct Reference {
  size_t m, n, k;
  bool whole;
  std::vector<T> a, b, c, bias;              // [m,k] [k,n] [m,n] [n]
  std::vector<double> product, absolute;     // [m,n]
  Reference(size_t m_, size_t n_, size_t k_, bool integers, bool sum = true) : m(m_), n(n_), k(k_), whole(integers), a(m * k), b(k * n), c(m * n), bias(n) {
    Numbers numbers(m * 1000003 + n * 1009 + k);
    for (auto* v : {&a, &b, &c, &bias})
      for (T& x : *v) x = static_cast<T>(integers ? static_cast<double>(static_cast<int>(numbers.next() % 9) - 4) : numbers.uniform(sizeof(T) == 4 ? 24 : 25));
    if (!sum) return;
    product.assign(m * n, 0);
    absolute.assign(m * n, 0);
    std::vector<double> error(n);
    for (size_t i = 0; i < m; i++) {
      double *s = product.data() + i * n, *t = absolute.data() + i * n;
      error.assign(n, 0);
      for (size_t p = 0; p < k; p++) {
        const double x = static_cast<double>(a[i * k + p]);
        const T* row = b.data() + p * n;
        for (size_t j = 0; j < n; j++) {
          const double y = x * static_cast<double>(row[j]), next = s[j] + y, part = next - s[j];
          error[j] += (s[j] - (next - part)) + (y - part);
          s[j] = next;
          t[j] += std::fabs(y);
        }
      }
      for (size_t j = 0; j < n; j++) s[j] += error[j];
    }
  }
};

/// A pool of `threads` threads (1 to 4), made once.
inline ThreadPool& pool_of(int threads) {
  static std::array<std::unique_ptr<ThreadPool>, 5> pools;
  auto& pool = pools[static_cast<size_t>(threads)];
  if (!pool) pool = std::make_unique<ThreadPool>(threads);
  return *pool;
}

/// Every instruction set that this build and this processor have.
inline std::vector<const KernelTable*> tables() {
  std::vector<const KernelTable*> all;
  for (Isa isa : {Isa::scalar, Isa::avx2, Isa::avx512, Isa::neon})
    if (const KernelTable* t = kernel_table(isa)) all.push_back(t);
  return all;
}

}  // namespace chainrule::test
