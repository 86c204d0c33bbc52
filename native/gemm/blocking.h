// How a product is cut: into threads' parts, and each part into blocks that fit the caches.
#pragma once
#include <algorithm>
#include <cstddef>

#include "../base/cpu.h"
#include "../kernels/gemm_table.h"

namespace chainrule {

inline std::size_t ceil_div(std::size_t a, std::size_t b) { return (a + b - 1) / b; }
inline std::size_t round_up(std::size_t a, std::size_t b) { return ceil_div(a, b) * b; }

/// Pieces of `total` of at most `most`, as equal as multiples of `unit` allow.
inline std::size_t even_piece(std::size_t total, std::size_t most, std::size_t unit) {
  if (total <= most) return total;
  return round_up(ceil_div(total, ceil_div(total, most)), unit);
}

/// Block sizes of the BLIS scheme: A's block is mc × kc, B's kc × nc.
struct Blocking {
  std::size_t mc, kc, nc;
};

/// kc lets a panel of B (kc × nr) fill an eighth of L2, mc a block of A three eighths, nc a block of B half of L3.
/// Depends on nothing but k, the element's size and the machine: the order of summation must not change with threads.
template <class T>
Blocking choose_blocking(const GemmKernels<T>& kernels, int vectors, std::size_t k) {
  const Caches& caches = cpu_caches();
  const std::size_t nr = static_cast<std::size_t>(vectors * kernels.lanes), mr = static_cast<std::size_t>(kernels.rows[vectors]);
  const std::size_t deepest = std::max<std::size_t>(64, caches.l2 / 8 / (nr * sizeof(T)));
  Blocking blocking;
  blocking.kc = even_piece(k, std::min<std::size_t>(deepest, 1024), 16);
  const std::size_t depth = std::max<std::size_t>(blocking.kc, 1) * sizeof(T);
  blocking.mc = std::max(mr, caches.l2 * 3 / 8 / depth / mr * mr);
  blocking.nc = std::max(nr, caches.l3 / 2 / depth / nr * nr);
  return blocking;
}

/// A grid of parts, rows × columns of C.
struct Grid {
  std::size_t rows = 1, columns = 1;
};

/// Cuts C for `threads` threads so that the operands read by a part are as small as possible; a part has at least
/// `least` multiply-adds. `column_weight` says how much dearer it is to have B's columns read by several parts.
inline Grid choose_grid(std::size_t m, std::size_t n, std::size_t k, std::size_t mr, std::size_t nr, std::size_t threads, double least,
                        double b_weight) {
  const double work = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  const std::size_t parts = static_cast<std::size_t>(std::min(static_cast<double>(threads), work / least));
  Grid best;
  if (parts <= 1) return best;
  double least_cost = -1;
  for (std::size_t rows = 1; rows <= parts; rows++) {
    const std::size_t columns = parts / rows;
    if (rows > ceil_div(m, mr) || columns > ceil_div(n, nr)) continue;
    const double part_m = static_cast<double>(round_up(ceil_div(m, rows), mr)), part_n = static_cast<double>(round_up(ceil_div(n, columns), nr));
    // The largest part's multiply-adds decide; operands count as so many multiply-adds for each element.
    const double cost = part_m * part_n + 8 * (part_m + b_weight * part_n);
    if (least_cost < 0 || cost < least_cost) {
      least_cost = cost;
      best = {rows, columns};
    }
  }
  return best;
}

}  // namespace chainrule
