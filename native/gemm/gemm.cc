// The outer loops of GEMM, 5 to 3 in the numbering of "Anatomy of High-Performance Many-Threaded Matrix Multiplication"
// (Smith, van de Geijn, Smelyanskiy, Hammond, Van Zee 2014); loops 2 and 1 are kernels/gemm_block.h.
#include "gemm.h"

#include <atomic>
#include <cstdint>
#include <cstring>

#include "../base/aligned.h"
#include "blocking.h"

namespace chainrule {
namespace {

/// Multiply-adds below which a second thread costs more than it saves: about 4 µs of one core's work.
constexpr double kLeastPart = 192 * 1024;

/// Multiply-adds up to which one call of a kernel does it all, and the length of the sums for which that holds.
constexpr double kTiny = 64 * 64 * 64;
constexpr std::size_t kTinyDepth = 256;

/// Elements of C that a sink takes at once where there is no memory for more: any tile.
constexpr std::size_t kOneTile = 512;

/// A product as the kernels see it: vectors run along n, where C is transposed if the roles of A and B were exchanged.
template <class T>
struct Product {
  const GemmKernels<T>& kernels;
  std::size_t m, n, k;
  T alpha, beta;
  Matrix<const T> a, b;
  T* c;
  std::size_t c_row;
  bool transposed;
  const Epilogue<T>& epilogue;
  bool dot, gemv, outer;
  Way way;

  /// Whether one of the kernels that need no preparation does it.
  bool direct() const { return dot || gemv || outer; }
};

/// Packed operands of the calling thread, and a block of C on its way to a sink; kept from call to call.
struct Scratch {
  AlignedBuffer a, b, c;
};
Scratch& scratch() {
  thread_local Scratch s;
  return s;
}

/// Whether this thread shall walk B from its end: every other time that it meets it. What does not fit into the cache whole, and
/// is always read in one direction, has left it when it is read again; so the part read last comes first.
bool from_end(const void* b) {
  thread_local std::uint64_t turns = 0;
  const std::uint64_t bit = std::uint64_t{1} << (reinterpret_cast<std::uintptr_t>(b) / 4096 % 64);
  turns ^= bit;
  return (turns & bit) != 0;
}

/// y = act(x) row by row, where x is C or the copy that backward keeps.
template <class T>
void apply_epilogue(const Epilogue<T>& e, T* c, std::size_t c_stride, T* before, std::size_t rows, std::size_t columns) {
  if (c_stride == columns && (!before || (e.activation && e.before_stride == columns))) {
    if (e.activation) e.activation->forward(rows * columns, before ? before : c, c, e.parameters);
    return;
  }
  for (std::size_t i = 0; i < rows; i++) {
    T* y = c + i * c_stride;
    T* x = before ? before + i * e.before_stride : y;
    if (before && !e.activation) std::memcpy(x, y, columns * sizeof(T));
    else if (e.activation) e.activation->forward(columns, x, y, e.parameters);
  }
}

/// k = 0 or alpha = 0: C = act(beta·C + bias).
template <class T>
void without_product(std::size_t m, std::size_t n, T beta, Matrix<T> c, const Epilogue<T>& e) {
  for (std::size_t i = 0; i < m; i++) {
    T* row = c.data + i * c.row_stride;
    for (std::size_t j = 0; j < n; j++) row[j] = (beta == T(0) ? T(0) : beta * row[j]) + (e.bias ? e.bias[j] : T(0));
    if (e.before) std::memcpy(e.before + i * e.before_stride, row, n * sizeof(T));
    if (e.activation) e.activation->forward(n, row, row, e.parameters);
  }
}

/// Rows [m0, m1) and columns [n0, n1) of the product. False without memory.
template <class T>
bool compute_part(const Product<T>& q, std::size_t m0, std::size_t m1, std::size_t n0, std::size_t n1) {
  auto [mc, kc, nc] = q.way.blocking;
  const std::size_t lanes = static_cast<std::size_t>(q.kernels.lanes);
  const Epilogue<T>& e = q.epilogue;
  T one_tile[kOneTile], *block_of_c = nullptr;
  if (e.sink && !(block_of_c = static_cast<T*>(scratch().c.reserve(std::min(mc, m1 - m0) * (n1 - n0) * sizeof(T))))) {
    block_of_c = one_tile;
    mc = static_cast<std::size_t>(q.way.shape.rows);
    nc = static_cast<std::size_t>(q.way.shape.vectors) * lanes;
  }
  const std::size_t deep = std::min(kc, q.k), high = std::min(mc, m1 - m0);
  T *packed_a = nullptr, *packed_b = nullptr;
  // Several blocks of A read what the first one has packed of B; a single one needs no more than one panel.
  const bool keep = m1 - m0 > mc;
  const std::size_t b_width = keep ? round_up(std::min(nc, n1 - n0), lanes) : static_cast<std::size_t>(q.kernels.wide[1]) * lanes;
  const std::size_t b_room = q.dot ? (n1 - n0) * round_up(deep, lanes) : b_width * deep;
  if (q.way.pack_a) packed_a = static_cast<T*>(scratch().a.reserve((high * deep + lanes) * sizeof(T)));
  if (q.way.pack_b) packed_b = static_cast<T*>(scratch().b.reserve(b_room * sizeof(T)));
  // Without memory A stays where it is, and so does B where its rows are contiguous and wanted so: slower, the same bits.
  if (q.way.pack_b && !packed_b && (q.dot || q.b.col_stride != 1)) return false;

  // With beta = 0 the sums grow in `before` and the activation moves them to C: no copy.
  T* const sums = e.before && e.activation && q.beta == T(0) ? e.before : q.c;
  const std::size_t sums_row = sums == q.c ? q.c_row : e.before_stride;

  GemmBlock<T> block{};
  block.a_row = q.a.row_stride;
  block.a_col = q.a.col_stride;
  block.b_row = q.b.row_stride;
  block.b_col = q.b.col_stride;
  block.c_row = sums_row;
  block.alpha = q.alpha;
  block.shape = q.way.shape;
  block.a_packed = packed_a != nullptr;
  block.transposed = q.transposed;
  block.b_copy = packed_b;
  block.keep = keep;
  block.c_far = q.way.c_far && !e.sink;
  block.b_far = q.way.b_far;
  block.from_end = q.gemv && q.k * (n1 - n0) * sizeof(T) > cpu_caches().l1d && from_end(q.b.data + n0 * q.b.col_stride);
  const std::size_t columns_at_once = keep || block_of_c == one_tile ? nc : n1 - n0;
  for (std::size_t j = n0; j < n1; j += columns_at_once) {  // loop 5
    block.n = std::min(columns_at_once, n1 - j);
    for (std::size_t p = 0; p < q.k; p += kc) {  // loop 4
      block.k = std::min(kc, q.k - p);
      const bool last = p + block.k == q.k;
      block.beta = p == 0 ? q.beta : T(1);
      block.b = q.b.data + p * q.b.row_stride + j * q.b.col_stride;
      block.b_packed = false;
      for (std::size_t i = m0; i < m1; i += mc) {  // loop 3
        block.m = std::min(mc, m1 - i);
        block.a = q.a.data + i * q.a.row_stride + p * q.a.col_stride;
        if (packed_a) {
          q.kernels.pack_a(block.m, block.k, block.a, q.a.row_stride, q.a.col_stride, q.way.shape.rows, packed_a);
          block.a = packed_a;
        }
        const std::size_t row = q.transposed ? j : i, column = q.transposed ? i : j;
        const std::size_t rows = q.transposed ? block.n : block.m, columns = q.transposed ? block.m : block.n;
        block.c = block_of_c ? block_of_c : sums + row * sums_row + column;
        if (block_of_c) block.c_row = columns;
        block.bias = last && e.bias ? e.bias + column : nullptr;
        (q.outer ? q.kernels.outer : q.gemv ? q.kernels.gemv : q.dot ? q.kernels.dot : q.kernels.block)(block);
        if (block_of_c) e.sink->take(e.sink->context, row, column, rows, columns, block_of_c);
        if (keep && packed_b) {
          block.b = packed_b;
          block.b_packed = true;
        }
        if (last && (e.activation || e.before)) {
          T* c = q.c + row * q.c_row + column;
          T* before = e.before ? e.before + row * e.before_stride + column : nullptr;
          if (before && e.activation && sums == q.c)
            for (std::size_t r = 0; r < rows; r++) std::memcpy(before + r * e.before_stride, c + r * q.c_row, columns * sizeof(T));
          apply_epilogue(e, c, q.c_row, before, rows, columns);
        }
      }
    }
  }
  return true;
}

template <class T>
Product<T> choose_product(const GemmKernels<T>& kernels, std::size_t m, std::size_t n, std::size_t k, T alpha, T beta, Matrix<const T> a, Matrix<const T> b,
                          Matrix<T> c, const Epilogue<T>& epilogue) {
  Product<T> q{kernels, m, n, k, alpha, beta, a, b, c.data, c.row_stride, false, epilogue, false, false, false, {}};
  q.outer = k == 1 && b.col_stride == 1;
  const bool along = a.col_stride == 1 && b.row_stride == 1 && b.col_stride != 1, narrow = along && exchange_pays(kernels, m, n, k);
  const bool turned = a.col_stride == 1 && b.col_stride == 1 && dot_after_turning_pays(kernels, m, n, k);
  q.dot = turned || (!q.outer && along && !narrow && dot_pays(kernels, m, n, k));
  q.gemv = !q.outer && one_row(kernels, m, n, b.col_stride) && (b.col_stride == 1 || (a.col_stride == 1 && b.row_stride == 1));
  if (!q.direct() && (narrow || (a.row_stride == 1 && (b.col_stride != 1 || turning_pays(kernels, m, n, k))))) {
    // Aᵀ's rows are contiguous and B's are not, or too short for a vector; or Aᵀ is less to turn over than B: compute Cᵀ = Bᵀ·Aᵀ.
    q.m = n;
    q.n = m;
    q.a = {b.data, b.col_stride, b.row_stride};
    q.b = {a.data, a.col_stride, a.row_stride};
    q.transposed = true;
  }
  q.way = choose_way(kernels, q.m, q.n, k, q.a.row_stride, q.a.col_stride, q.b.row_stride, q.b.col_stride, q.direct(), q.transposed);
  // One row stays in the cache, however long; B is read once, in one go.
  if (q.gemv) q.way.blocking.kc = k;
  q.way.pack_b |= turned;
  if (epilogue.sink) {  // its block stays in the cache
    std::size_t &mc = q.way.blocking.mc, strip = static_cast<std::size_t>(q.way.shape.rows);
    mc = std::min(mc, std::max<std::size_t>(2, cpu_caches().l2 / 4 / (q.n * sizeof(T)) / strip) * strip);
  }
  return q;
}

/// A product so small that looking for the best way would take longer than computing it. False if it is not for this way.
template <class T>
bool tiny(const GemmKernels<T>& kernels, std::size_t m, std::size_t n, std::size_t k, T alpha, T beta, Matrix<const T> a, Matrix<const T> b, Matrix<T> c,
          const Epilogue<T>& epilogue) {
  if (epilogue.sink || k > kTinyDepth) return false;
  const bool moves = epilogue.before != nullptr;  // the sums grow in `before`, and the activation moves them to C
  if (moves && (!epilogue.activation || beta != T(0))) return false;
  const bool turns = b.col_stride != 1 && m > 1;
  if (turns && (b.row_stride != 1 || a.col_stride != 1)) return false;
  const bool dots = turns && dot_pays(kernels, m, n, k);
  if (dots && exchange_pays(kernels, m, n, k)) return false;
  if (b.col_stride == 1 && ((a.row_stride == 1 && turning_pays(kernels, m, n, k)) || (a.col_stride == 1 && dot_after_turning_pays(kernels, m, n, k)))) return false;
  if (m == 1 && b.col_stride != 1 && (a.col_stride != 1 || b.row_stride != 1)) return false;
  GemmBlock<T> block{};
  block.m = m, block.n = n, block.k = k;
  block.a = a.data, block.a_row = a.row_stride, block.a_col = a.col_stride;
  block.b = b.data, block.b_row = b.row_stride, block.b_col = b.col_stride;
  block.c = moves ? epilogue.before : c.data, block.c_row = moves ? epilogue.before_stride : c.row_stride;
  block.alpha = alpha, block.beta = beta, block.bias = epilogue.bias;
  if (k == 1 && b.col_stride == 1) {
    kernels.outer(block);
  } else if (one_row(kernels, m, n, b.col_stride)) {
    kernels.gemv(block);
  } else if (dots) {
    kernels.dot(block);
  } else {
    block.shape = choose_shape(kernels, m, n, k);
    if (turns && !(block.b_copy = static_cast<T*>(scratch().b.reserve(static_cast<std::size_t>(kernels.wide[1] * kernels.lanes) * k * sizeof(T))))) return false;
    kernels.block(block);
  }
  if (epilogue.activation) apply_epilogue<T>(epilogue, c.data, c.row_stride, epilogue.before, m, n);
  return true;
}

}  // namespace

template <class T>
bool gemm_sinks(const KernelTable& table, std::size_t m, std::size_t n, std::size_t k, Matrix<const T> a, Matrix<const T> b) {
  if (m == 0 || n == 0 || k == 0) return false;
  const Epilogue<T> none;
  const Product<T> q = choose_product<T>(table.of<T>().gemm, m, n, k, T(1), T(0), a, b, {nullptr, n, 1}, none);
  return k <= q.way.blocking.kc;
}

template bool gemm_sinks<float>(const KernelTable&, std::size_t, std::size_t, std::size_t, Matrix<const float>, Matrix<const float>);
template bool gemm_sinks<double>(const KernelTable&, std::size_t, std::size_t, std::size_t, Matrix<const double>, Matrix<const double>);

template <class T>
Status gemm(const KernelTable& table, ThreadPool& pool, std::size_t m, std::size_t n, std::size_t k, T alpha, Matrix<const T> a,
            Matrix<const T> b, T beta, Matrix<T> c, const Epilogue<T>& epilogue) {
  if (c.col_stride != 1 && n > 1) return invalid("[gemm] C must have a column stride of 1");
  if (m == 0 || n == 0) return {};
  if (k == 0 || alpha == T(0)) {
    without_product(m, n, beta, c, epilogue);
    return {};
  }
  const GemmKernels<T>& kernels = table.of<T>().gemm;
  const double work = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  if (work <= kTiny && tiny<T>(kernels, m, n, k, alpha, beta, a, b, c, epilogue)) return {};
  const Product<T> q = choose_product(kernels, m, n, k, alpha, beta, a, b, c, epilogue);

  const std::size_t mr = static_cast<std::size_t>(q.way.shape.rows), nr = static_cast<std::size_t>((q.gemv ? kernels.row_panel : q.way.shape.vectors) * kernels.lanes);
  const Grid grid = choose_grid(q.m, q.n, k, mr, nr, static_cast<std::size_t>(pool.size()), kLeastPart, q.b.col_stride != 1 ? 8 : 1);
  const std::size_t step_m = round_up(ceil_div(q.m, grid.rows), mr), step_n = round_up(ceil_div(q.n, grid.columns), nr);
  std::atomic<bool> enough_memory{true};
  pool.run(static_cast<int>(grid.rows * grid.columns), [&](int part) {
    const std::size_t i = static_cast<std::size_t>(part) / grid.columns * step_m, j = static_cast<std::size_t>(part) % grid.columns * step_n;
    if (i >= q.m || j >= q.n) return;
    if (!compute_part(q, i, std::min(q.m, i + step_m), j, std::min(q.n, j + step_n))) enough_memory.store(false, std::memory_order_relaxed);
  });
  if (!enough_memory.load(std::memory_order_relaxed)) return {Code::out_of_memory, "[gemm] no memory for the packed operands"};
  return {};
}

template Status gemm<float>(const KernelTable&, ThreadPool&, std::size_t, std::size_t, std::size_t, float, Matrix<const float>, Matrix<const float>, float,
                            Matrix<float>, const Epilogue<float>&);
template Status gemm<double>(const KernelTable&, ThreadPool&, std::size_t, std::size_t, std::size_t, double, Matrix<const double>, Matrix<const double>, double,
                             Matrix<double>, const Epilogue<double>&);

}  // namespace chainrule
