// The transcendental ops over the bit patterns of float32, on all processors: every 4099th pattern, or, with
// CHAINRULE_SWEEP=full, all 2^32 for the ops of `complete` and every 61st for the others (npm run test:exhaustive); or the name of
// an op, all 2^32 for it alone.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <thread>

#include "check.h"
#include "unary_rows.h"

namespace chainrule::test {
namespace {

constexpr const char* complete[] = {"sigmoid", "tanh", "exp", "elu", "gelu"};
constexpr uint64_t patterns = uint64_t{1} << 32, chunk = 1 << 14;

struct Worst {
  double error = 0;
  float at = 0, got = 0;
  void note(double e, float x, float y) {
    if (e > error) error = e, at = x, got = y;
  }
};

/// One op on one stretch of patterns: each instruction set against the reference in double.
class Sweep {
 public:
  Sweep(const Row& row, uint64_t stride) : row_(row), stride_(stride), tables_(all_tables()), worst_(tables_.size()) {
    for (const KernelTable* t : tables_) kernels_.push_back(t->f32.unary[index_of(t, row.name)].forward);
  }

  /// Takes chunks until none is left; any number of threads.
  void work() {
    std::vector<float> x(chunk), y(chunk);
    std::vector<double> expected(chunk);
    std::vector<Worst> worst(tables_.size());
    for (uint64_t start; (start = next_.fetch_add(chunk * stride_)) < patterns;) {
      size_t n = 0;
      for (; n < chunk && start + n * stride_ < patterns; n++) x[n] = from_bits<float>(start + n * stride_);
      for (size_t i = 0; i < n; i++) expected[i] = row_.f64(x[i], row_.parameters);
      for (size_t t = 0; t < tables_.size(); t++) {
        kernels_[t](n, x.data(), y.data(), row_.parameters);
        for (size_t i = 0; i < n; i++)
          if (!rounded(y[i], expected[i])) worst[t].note(ulp_error(y[i], expected[i]), x[i], y[i]);
      }
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    for (size_t t = 0; t < tables_.size(); t++) worst_[t].note(worst[t].error, worst[t].at, worst[t].got);
  }

  void report() const {
    for (size_t t = 0; t < tables_.size(); t++) {
      const Worst& w = worst_[t];
      if (verbose() || stride_ == 1)
        std::printf("    %-7s %-10s(%g), every %llu. float32: %.3f ULP at %a\n", tables_[t]->isa, row_.name, row_.parameters[0],
                    static_cast<unsigned long long>(stride_), w.error, w.at);
      CHECK_MESSAGE(w.error <= row_.ulp, where(tables_[t]->isa, "sweep", row_, w.at, w.got, row_.f64(w.at, row_.parameters), w.error));
    }
    std::fflush(stdout);
  }

 private:
  /// Whether y is the expected value correctly rounded, zeros with their sign: the common case, found quickly.
  static bool rounded(float y, double expected) {
    const float r = static_cast<float>(expected);
    return y == r && (y != 0 || std::signbit(y) == std::signbit(r));
  }

  const Row row_;
  const uint64_t stride_;
  const std::vector<const KernelTable*> tables_;
  std::vector<void (*)(size_t, const float*, float*, const double*)> kernels_;
  std::atomic<uint64_t> next_{0};
  std::mutex mutex_;
  std::vector<Worst> worst_;
};

TEST(unary_float32_sweep) {
  const char* mode = std::getenv("CHAINRULE_SWEEP");
  const bool full = mode && !std::strcmp(mode, "full"), one = mode && *mode && !full;
  int swept = 0;
  for (const Row& original : rows()) {
    if (!original.transcendental || (one && std::strcmp(mode, original.name))) continue;
    const bool whole = std::any_of(std::begin(complete), std::end(complete), [&](const char* name) { return !std::strcmp(name, original.name); });
    Sweep sweep(rounded<float>(original), one ? 1 : full ? whole ? 1 : 61 : 4099 * thinning());
    std::vector<std::thread> others;
    for (int i = 1; i < cpu_count(); i++) others.emplace_back([&] { sweep.work(); });
    sweep.work();
    for (std::thread& t : others) t.join();
    sweep.report();
    swept++;
  }
  CHECK_MESSAGE(swept > 0, std::string("no such op: ") + (mode ? mode : ""));
}

}  // namespace
}  // namespace chainrule::test
