// Every kernel of the table (kernel_rows.h) on every instruction set, against the scalar one: all sizes and alignments of each
// argument between guard pages, and random inputs. A sample on every run; CHAINRULE_SWEEP=full does all, with CHAINRULE_COUNT
// random inputs from CHAINRULE_SEED.
#include <algorithm>
#include <memory>

#include "check.h"
#include "guarded.h"
#include "kernel_rows.h"

namespace chainrule::test {
namespace {

constexpr size_t kMargin = 64;     // bytes beside an array that are watched where no guard page is
constexpr unsigned char kPaint = 0xA5;
constexpr size_t kAlignments = 8;

size_t bytes_of(Element e, size_t number) { return e == Element::integer ? sizeof(int32_t) : e == Element::total ? sizeof(double) : number; }

/// The contents of the arguments of one call.
template <class T>
struct Contents {
  std::vector<std::vector<char>> bytes;

  Contents(const KernelRow<T>& row, Shape s, Bits* bits, bool edges) {
    static const std::vector<T> special = edge_values<T>();
    for (const Argument& o : row.arguments) {
      const size_t n = o.length(s);
      bytes.emplace_back(n * bytes_of(o.element, sizeof(T)));
      char* const to = bytes.back().data();
      int32_t entry = 0;
      for (size_t i = 0; i < n; i++) {
        if (o.element == Element::integer) {
          entry = std::min<int32_t>(entry + static_cast<int32_t>(bits->next() % 3 == 0), kEntries - 1);
          const int32_t v = o.fill == Fill::label       ? static_cast<int32_t>(bits->next() % s.cols)
                            : o.fill == Fill::ascending ? entry
                            : o.fill == Fill::order     ? static_cast<int32_t>(n - 1 - i)
                            : o.fill == Fill::index     ? static_cast<int32_t>(bits->next() % (kEntries + 2)) - 1
                                                        : 0;
          std::memcpy(to + i * sizeof v, &v, sizeof v);
          continue;
        }
        double v = o.fill == Fill::positive ? bits->uniform(0.1, 2) : o.fill == Fill::probability ? bits->uniform(0, 2) / static_cast<double>(s.cols) : bits->uniform(-2, 2);
        if (edges && row.edges && bits->next() % 4 == 0) v = static_cast<double>(special[bits->next() % special.size()]);
        const T narrow = static_cast<T>(v);
        if (o.element == Element::total) std::memcpy(to + i * sizeof v, &v, sizeof v);
        else std::memcpy(to + i * sizeof narrow, &narrow, sizeof narrow);
      }
    }
  }
};

template <class T>
double call(const KernelTable& table, const KernelRow<T>& row, Shape s, Contents<T>* contents) {
  void* arguments[8];
  doing() = row.name.c_str();
  for (size_t i = 0; i < contents->bytes.size(); i++) arguments[i] = contents->bytes[i].data();
  return row.run(table.of<T>(), s, arguments);
}

template <class V>
double distance(const char* a, const char* b, size_t n) {
  double worst = 0;
  for (size_t i = 0; i < n; i++) {
    V x, y;
    std::memcpy(&x, a + i * sizeof x, sizeof x);
    std::memcpy(&y, b + i * sizeof y, sizeof y);
    if (!std::memcmp(&x, &y, sizeof x)) continue;
    const double dx = static_cast<double>(x), dy = static_cast<double>(y);
    if (std::isnan(dx) && std::isnan(dy)) continue;
    const double gap = dx == dy ? 0 : std::fabs(dx - dy) / std::max(1.0, std::fabs(dy));
    worst = std::isnan(gap) ? std::numeric_limits<double>::infinity() : std::max(worst, gap);
  }
  return worst;
}

/// The largest distance between what two instruction sets made of the same arguments.
template <class T>
double distance(const KernelRow<T>& row, const Contents<T>& got, const Contents<T>& expected) {
  double worst = 0;
  for (size_t i = 0; i < row.arguments.size(); i++) {
    const Element e = row.arguments[i].element;
    const char *const a = got.bytes[i].data(), *const b = expected.bytes[i].data();
    const size_t n = got.bytes[i].size() / bytes_of(e, sizeof(T));
    worst = std::max(worst, e == Element::integer ? distance<int32_t>(a, b, n) : e == Element::total ? distance<double>(a, b, n) : distance<T>(a, b, n));
  }
  return worst;
}

template <class T>
std::string name_of(const KernelTable& table, const KernelRow<T>& row, Shape s) {
  return std::string(table.isa) + " " + dtype_name<T>() + " " + row.name + " [" + std::to_string(s.rows) + ", " + std::to_string(s.cols) + "]";
}

/// Compares with the scalar kernel; true if the two agree.
template <class T>
bool agrees(const KernelTable& table, const KernelRow<T>& row, Shape s, const Contents<T>& got, double returned, const Contents<T>& expected, double expected_return) {
  const double allowed = (sizeof(T) == 4 ? row.tolerance.float32 : row.tolerance.float64) * std::numeric_limits<T>::epsilon();
  const double worst = std::max(distance(row, got, expected), distance<double>(reinterpret_cast<const char*>(&returned), reinterpret_cast<const char*>(&expected_return), 1));
  CHECK_MESSAGE(worst <= allowed, name_of(table, row, s) + " lies " + std::to_string(worst / std::numeric_limits<T>::epsilon()) + " epsilons from the scalar kernel");
  return worst <= allowed;
}

/// Where the arguments of a call lie: all before the upper guard, or so many elements after the lower one.
struct Placement {
  bool end;
  size_t offsets[8];
};
std::vector<Placement> placements(size_t arguments) {
  std::vector<Placement> all = {{true, {}}};
  for (size_t a = 0; a < (full_sweep() ? kAlignments : 2); a++) {
    Placement same{false, {}};
    std::fill_n(same.offsets, 8, a);
    all.push_back(same);
    for (size_t i = 0; a > 0 && arguments > 1 && i < arguments; i++) {
      Placement one{false, {}};
      one.offsets[i] = a;
      all.push_back(one);
    }
  }
  return all;
}

/// Runs a kernel between guard pages: the bits must be those of the plain call, whatever the alignment; what is only read, and
/// what lies beside, stays as it is.
template <class T>
class Guards {
 public:
  explicit Guards(size_t capacity) {
    for (auto& g : arrays_) g = std::make_unique<GuardedArray<char>>(capacity * sizeof(double) + 4 * kMargin + kAlignments * sizeof(double));
  }

  bool same(const KernelTable& table, const KernelRow<T>& row, Shape s, const Contents<T>& before, const Contents<T>& after, const Placement& where, bool in_place) {
    char* start[8];
    void* arguments[8];
    for (size_t i = 0; i < row.arguments.size(); i++) {
      const std::vector<char>& from = before.bytes[i];
      const size_t element = bytes_of(row.arguments[i].element, sizeof(T)), offset = where.offsets[i] * element;
      char* const p = where.end ? arrays_[i]->at_end(from.size()) : arrays_[i]->at_start(offset);
      std::memset(where.end ? p - kMargin : p - offset, kPaint, where.end ? kMargin : offset);
      if (!where.end) std::memset(p + from.size(), kPaint, kMargin);
      if (!from.empty()) std::memcpy(p, from.data(), from.size());
      arguments[i] = start[i] = p;
    }
    if (in_place) arguments[row.out] = arguments[row.in];
    row.run(table.of<T>(), s, arguments);
    for (size_t i = 0; i < row.arguments.size(); i++) {
      const int j = static_cast<int>(i);
      if (in_place && j == row.out) continue;
      const std::vector<char>& expected = in_place && j == row.in ? after.bytes[static_cast<size_t>(row.out)] : after.bytes[i];
      if (!expected.empty() && std::memcmp(start[i], expected.data(), expected.size()) != 0) return false;
      const size_t offset = where.offsets[i] * bytes_of(row.arguments[i].element, sizeof(T));
      const auto painted = [](const char* p, size_t n) { return std::all_of(p, p + n, [](char c) { return static_cast<unsigned char>(c) == kPaint; }); };
      if (!(where.end ? painted(start[i] - kMargin, kMargin) : painted(start[i] - offset, offset) && painted(start[i] + expected.size(), kMargin))) return false;
    }
    return true;
  }

 private:
  std::unique_ptr<GuardedArray<char>> arrays_[8];
};

std::vector<size_t> sizes() {
  if (!full_sweep()) return {0, 1, 2, 7, 8, 9, 17, 31, 33, 65};
  std::vector<size_t> all(258);
  for (size_t i = 0; i < all.size(); i++) all[i] = i;
  return all;
}

std::vector<Shape> shapes(bool elementwise) {
  std::vector<Shape> all;
  for (size_t n : sizes()) {
    if (elementwise) {
      all.push_back({1, n});
      continue;
    }
    for (size_t other : {1, 3, 17}) {
      if (n) all.push_back({other, n});
      if (full_sweep() || n < 20) all.push_back({n, other});
    }
  }
  return all;
}

template <class T>
void sweep() {
  Guards<T> guards(17 * 260);
  const KernelTable& scalar = *kernel_table(Isa::scalar);
  Bits bits{setting("CHAINRULE_SEED", 1)};
  const std::vector<KernelRow<T>> rows = kernel_rows<T>(scalar);
  for (const KernelRow<T>& row : rows) {
    doing() = row.name.c_str();
    const std::vector<Placement> places = placements(row.arguments.size());
    for (const Shape s : shapes(row.elementwise)) {
      const Contents<T> before(row, s, &bits, false);
      Contents<T> expected = before;
      const double expected_return = call(scalar, row, s, &expected);
      for (const KernelTable* table : all_tables()) {
        Contents<T> after = before;
        const double returned = call(*table, row, s, &after);
        agrees(*table, row, s, after, returned, expected, expected_return);
        size_t wrong = 0;
        for (const Placement& place : places) {
          wrong += !guards.same(*table, row, s, before, after, place, false);
          if (row.out >= 0) wrong += !guards.same(*table, row, s, before, after, place, true);
        }
        CHECK_MESSAGE(wrong == 0, name_of(*table, row, s) + ": " + std::to_string(wrong) + " of " + std::to_string(places.size()) + " placements give other bits or touch what lies beside");
      }
    }
  }
}

template <class T>
void differ(uint64_t count) {
  const KernelTable& scalar = *kernel_table(Isa::scalar);
  const std::vector<KernelRow<T>> rows = kernel_rows<T>(scalar);
  const std::vector<const KernelTable*> tables = all_tables();
  const uint64_t seed = setting("CHAINRULE_SEED", 1);
  for (uint64_t i = 0; i < count; i++) {
    Bits bits{seed + i * 0x9e3779b97f4a7c15u};
    const KernelRow<T>& row = rows[bits.next() % rows.size()];
    const KernelTable& table = *tables[bits.next() % tables.size()];
    // Mostly small, now and then thousands.
    const auto size = [&bits](size_t most) { return static_cast<size_t>(std::exp(bits.uniform(0, std::log(static_cast<double>(most))))); };
    const Shape s = row.elementwise ? Shape{1, size(20000) - 1} : Shape{size(200) - 1, size(2000)};
    const Contents<T> before(row, s, &bits, true);
    Contents<T> got = before, expected = before;
    const double expected_return = call(scalar, row, s, &expected), returned = call(table, row, s, &got);
    if (!agrees(table, row, s, got, returned, expected, expected_return)) std::printf("    (random input %llu)\n", static_cast<unsigned long long>(i));
  }
}

}  // namespace

TEST(kernels_of_all_sizes_and_alignments) {
  sweep<float>();
  sweep<double>();
}

TEST(kernels_agree_on_random_inputs) {
  const uint64_t count = setting("CHAINRULE_COUNT", full_sweep() ? 1'000'000 : 4000);
  differ<float>(count / 2 / thinning());
  differ<double>(count / 2 / thinning());
}

}  // namespace chainrule::test
