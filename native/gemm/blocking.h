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

/// The longest sums that one block has.
constexpr std::size_t kDeepest = 512;

/// Block sizes of the BLIS scheme: A's block is mc × kc, B's kc × nc.
struct Blocking {
  std::size_t mc, kc, nc;
};

/// kc lets a panel of B (kc × nr) fill an eighth of L2, mc a block of A another (256 KB where L2 has them to spare), nc what
/// is packed of B half of L3. Depends on nothing but k, the element's size and the machine: the order of summation must
/// not change with threads.
template <class T>
Blocking choose_blocking(const GemmKernels<T>& kernels, TileShape shape, std::size_t k) {
  const Caches& caches = cpu_caches();
  const std::size_t nr = static_cast<std::size_t>(kernels.vectors * kernels.lanes);
  const std::size_t deepest = std::max<std::size_t>(64, caches.l2 / 8 / (nr * sizeof(T)));
  Blocking blocking;
  blocking.kc = even_piece(k, std::min(deepest, kDeepest), 16);
  const std::size_t depth = std::max<std::size_t>(blocking.kc, 1) * sizeof(T), mr = static_cast<std::size_t>(shape.rows);
  const std::size_t block = std::min(std::max<std::size_t>(caches.l2 / 8, 256 << 10), caches.l2 / 2);
  blocking.mc = std::max(mr, block / depth / mr * mr);
  const std::size_t unit = nr * static_cast<std::size_t>(shape.vectors);
  blocking.nc = std::max(unit, std::min<std::size_t>(caches.l3 / 2, 8 << 20) / depth / unit * unit);
  return blocking;
}

/// Fewest strips of rows, then widest panels: strips read all of B, panels all of A.
template <class T>
TileShape choose_shape(const GemmKernels<T>& kernels, std::size_t m, std::size_t n, std::size_t k, bool transposed = false) {
  const std::size_t lanes = static_cast<std::size_t>(kernels.lanes), highest = static_cast<std::size_t>(kernels.rows[1]);
  const auto wide = [&](std::size_t rows) { return TileShape{static_cast<int>(rows), kernels.wide[rows]}; };
  const TileShape widest{kernels.rows[kernels.vectors], kernels.vectors};
  // What is turned over on its way to C goes through a tile of memory, which is not as wide as the widest.
  if (!transposed) {
    // Little is summed: writing C takes the time, so whole rows of it.
    if (k == 2 && n >= static_cast<std::size_t>(kernels.wide[1]) * lanes) return wide(1);
    if (m <= static_cast<std::size_t>(kernels.most_wide_rows) && n >= static_cast<std::size_t>(kernels.wide[m]) * lanes) return wide(m);
    // One panel: B is read from L1, and a square tile loads least.
    const std::size_t panel = static_cast<std::size_t>(kernels.vectors) * lanes;
    if (n <= panel && n + lanes > panel) return widest;
  }
  int best = kernels.vectors;
  while (best > 2 && m > static_cast<std::size_t>(kernels.rows[best])) best--;
  if (m <= static_cast<std::size_t>(kernels.rows[best])) return {kernels.rows[best], best};
  // Up to the highest tile's rows, two strips of the second widest; then the widest.
  if (m <= highest && kernels.vectors > 2) return {kernels.rows[kernels.vectors - 1], kernels.vectors - 1};
  return widest;
}

/// Whether columns leave lanes unused, being fewer than those, or a few more; and the sums are long enough for vectors along k.
template <class T>
bool few_columns(const GemmKernels<T>& kernels, std::size_t n, std::size_t k) {
  const std::size_t lanes = static_cast<std::size_t>(kernels.lanes);
  return k >= 12 * lanes && (n < lanes || (n > lanes && 4 * n <= 5 * lanes));
}

/// Whether dot products along k are cheaper than turning B over: each of them ends with a sum over lanes, worth some six
/// vectors of multiply-adds, where turning B over costs as much as a handful of rows. They read A as often as B has fours of columns.
template <class T>
bool dot_pays(const GemmKernels<T>& kernels, std::size_t m, std::size_t n, std::size_t k) {
  const std::size_t lanes = static_cast<std::size_t>(kernels.lanes);
  return m == 1 || n == 1 || (m <= 2 * lanes && m * lanes * 3 / 2 <= k) || few_columns(kernels, n, k);
}

/// Whether B, whose rows are contiguous, is turned over for the sake of dot products: enough rows make up for that.
template <class T>
bool dot_after_turning_pays(const GemmKernels<T>& kernels, std::size_t m, std::size_t n, std::size_t k) {
  const std::size_t lanes = static_cast<std::size_t>(kernels.lanes);
  return lanes > 1 && n > 1 && m >= 2 * lanes && few_columns(kernels, n, k);
}

/// Whether a single row is done by gemv: unless its columns fill the widest tile, which reads longer pieces of B's rows.
template <class T>
bool one_row(const GemmKernels<T>& kernels, std::size_t m, std::size_t n, std::size_t b_col) {
  return m == 1 && (b_col != 1 || n < static_cast<std::size_t>(kernels.wide[1] * kernels.lanes));
}

/// Whether Cᵀ is computed although B's rows are contiguous: its rows would leave a quarter of the lanes of one or two vectors unused, and
/// the sums are long enough to make up for turning tiles over.
template <class T>
bool turning_pays(const GemmKernels<T>& kernels, std::size_t m, std::size_t n, std::size_t k) {
  const std::size_t lanes = static_cast<std::size_t>(kernels.lanes);
  return n <= 2 * lanes && 4 * n <= 3 * round_up(n, lanes) && m >= 2 * lanes && k >= 16;
}

/// Multiply-adds from which both operands are packed, wherever they lie.
constexpr double kLarge = 5e8;

/// Whether Cᵀ = Bᵀ·Aᵀ is computed where both operands are contiguous along k: A's rows, turned over, fill whole vectors, and B, of
/// which there is more, is read as it lies, once. C is turned over in its stead, which costs half as much again for an element.
template <class T>
bool exchange_pays(const GemmKernels<T>& kernels, std::size_t m, std::size_t n, std::size_t k) {
  const std::size_t pair = 2 * static_cast<std::size_t>(kernels.lanes);
  const double work = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  if (kernels.lanes == 1 || n < 2 * m || 16 * m < 15 * round_up(m, pair) || work >= kLarge) return false;
  return m <= pair || (k <= kDeepest && 3 * k * (n - m) > 7 * m * n);
}

/// How one product is computed.
struct Way {
  TileShape shape{};
  Blocking blocking{};
  bool pack_a = false, pack_b = false;  ///< pack_b: while the first strip of rows passes by
  bool c_far = false, b_far = false;    ///< see GemmBlock
};

/// The way for strides a_row, a_col of A and b_row, b_col of B; the thresholds are measured (bench/native/gemm_bench.cc).
template <class T>
Way choose_way(const GemmKernels<T>& kernels, std::size_t m, std::size_t n, std::size_t k, std::size_t a_row, std::size_t a_col, std::size_t b_row,
               std::size_t b_col, bool dot, bool transposed) {
  Way way;
  way.shape = choose_shape(kernels, m, n, k, transposed);
  way.blocking = choose_blocking(kernels, way.shape, k);
  if (dot) return way;
  const std::size_t rows = static_cast<std::size_t>(way.shape.rows), width = static_cast<std::size_t>(way.shape.vectors * kernels.lanes);
  // Whether what is read in lines `apart` elements apart stays in L2: not if it is too much, nor if the lines of one block lie a large
  // power of two apart and share few sets.
  const auto stays = [&](std::size_t elements, std::size_t apart) {
    const std::size_t power = apart * sizeof(T) & (~(apart * sizeof(T)) + 1);
    return elements * sizeof(T) <= cpu_caches().l2 && way.blocking.kc * power <= cpu_caches().l2 / 8 * 5;
  };
  // What does not is worth a copy for two strips of rows; anything is for many.
  const std::size_t strips = stays(n * k, b_row) ? 48 : 2;
  way.pack_b = b_col != 1 || (m >= strips * rows && way.shape.vectors <= kernels.vectors && k >= 64 && b_row > width);
  // A's columns waste a third of each line that a tile reads.
  const bool large = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) >= kLarge;
  way.pack_a = m > rows && (large || (a_row == 1 && k >= 64 && (n >= 1024 || (k >= 256 && n >= 256 && !stays(m * k, a_col)))));
  way.b_far = b_col == 1 && m <= rows && n * k * sizeof(T) > cpu_caches().l2 / 2;
  way.c_far = k <= 256 && m * n * sizeof(T) > cpu_caches().l2;
  return way;
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
