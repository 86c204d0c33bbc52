// GEMM on squares and on the shapes of training, ours and the installed peers' in one process, in alternating rounds with a
// burst of the machine's peak beside each: medians, so that a clock that changes does not count, and the ratio of the best
// rounds beside them. usage: gemm_bench [--float64] [--threads N] [--isa NAME] [--rounds N] [--ours] [--json] [FILTER]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <memory>
#include <thread>

#include "../../native/base/aligned.h"
#include "../../native/base/cpu.h"
#include "../../native/dispatch/dispatch.h"
#include "../../native/gemm/gemm.h"
#include "../../native/gemm/peak.h"
#include "gemm_peers.h"

namespace chainrule::bench {
namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

template <class T>
struct OurPeer : Peer<T> {
  const KernelTable& table;
  ThreadPool& pool;
  OurPeer(const KernelTable& t, ThreadPool& p) : table(t), pool(p) { this->name = "chainrule"; }
  bool run(const Shape& s, const T* a, const T* b, T* c) override {
    const size_t m = static_cast<size_t>(s.m), n = static_cast<size_t>(s.n), k = static_cast<size_t>(s.k);
    const Matrix<const T> left = s.transpose_a ? Matrix<const T>{a, 1, m} : Matrix<const T>{a, k, 1};
    const Matrix<const T> right = s.transpose_b ? Matrix<const T>{b, 1, k} : Matrix<const T>{b, n, 1};
    return gemm<T>(table, pool, m, n, k, T(1), left, right, T(0), {c, n, 1}).ok();
  }
};

std::vector<Shape> all_shapes() {
  std::vector<Shape> shapes;
  for (int n : {16, 32, 64, 128, 256, 512, 1024, 2048}) shapes.push_back({"square", false, false, n, n, n});
  const int layers[][2] = {{784, 512}, {512, 256}, {256, 10}, {64, 64}, {4096, 4096}};
  for (const auto& [in, out] : layers)
    for (int batch : in == 4096 ? std::vector<int>{100} : std::vector<int>{1, 8, 32, 128, 512}) {
      shapes.push_back({"forward", false, false, batch, out, in});  // Y = X·W, W [in, out]
      shapes.push_back({"forward", false, true, batch, out, in});   // Y = X·Wᵀ, W [out, in]
      shapes.push_back({"dX", false, true, batch, in, out});        // dX = dY·Wᵀ
      shapes.push_back({"dW", true, false, in, out, batch});        // dW = Xᵀ·dY
    }
  return shapes;
}

struct Buffers {
  AlignedBuffer a, b, c;
  template <class T>
  static T* fill(AlignedBuffer* buffer, size_t n, int step, int period, int shift) {
    T* p = static_cast<T*>(buffer->reserve(n * sizeof(T)));
    for (size_t i = 0; i < n; i++) p[i] = static_cast<T>(static_cast<int>((i * static_cast<size_t>(step) + 3) % static_cast<size_t>(period)) - shift);
    return p;
  }
};

/// Three elements against a plain dot product (small integers: exact).
template <class T>
bool spot_check(const Shape& s, const T* a, const T* b, const T* c) {
  for (int part = 0; part < 3; part++) {
    const size_t i = static_cast<size_t>((s.m - 1) * part / 2), j = static_cast<size_t>((s.n - 1) * part / 2);
    double sum = 0;
    for (size_t p = 0; p < static_cast<size_t>(s.k); p++)
      sum += static_cast<double>(s.transpose_a ? a[p * static_cast<size_t>(s.m) + i] : a[i * static_cast<size_t>(s.k) + p]) *
             static_cast<double>(s.transpose_b ? b[j * static_cast<size_t>(s.k) + p] : b[p * static_cast<size_t>(s.n) + j]);
    if (std::fabs(static_cast<double>(c[i * static_cast<size_t>(s.n) + j]) - sum) > 1e-3 * (1 + std::fabs(sum))) return false;
  }
  return true;
}

template <class T>
struct Result {
  Peer<T>* peer;
  long calls = 1;                ///< per sample
  std::vector<double> seconds;   ///< per call, one for each round
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return n == 0 ? 0 : (values[(n - 1) / 2] + values[n / 2]) / 2;
}

/// The median of a[i]/b[i].
double median_ratio(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> ratios;
  for (size_t i = 0; i < a.size() && i < b.size(); i++) ratios.push_back(a[i] / b[i]);
  return median(ratios);
}

template <class T>
struct Measured {
  std::vector<Result<T>> results;
  std::vector<double> peaks;  ///< FLOP/s, one for each round
};

/// Every contender that can do the shape: rounds of one sample each, in turn.
template <class T>
Measured<T> measure(const Shape& s, const std::vector<Peer<T>*>& peers, int rounds, int threads, const KernelTable& table, ThreadPool& pool) {
  const size_t m = static_cast<size_t>(s.m), n = static_cast<size_t>(s.n), k = static_cast<size_t>(s.k);
  Buffers buffers;
  const T* a = Buffers::fill<T>(&buffers.a, m * k, 7, 13, 6);
  const T* b = Buffers::fill<T>(&buffers.b, k * n, 5, 11, 5);
  T* c = Buffers::fill<T>(&buffers.c, m * n, 1, 1, 0);
  Measured<T> measured;
  const auto sample = [&](const Result<T>& r) {
    if (threads > 1) std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the others' threads spin for 13 ms (libgomp, where a pause is long)
    // The operands are in cache as far as they fit, whoever came before; threads that slept have had the time to wake.
    const double warm = now() + (threads > 1 ? 5e-3 : 0);
    do r.peer->run(s, a, b, c);
    while (now() < warm);
    const double start = now();
    for (long i = 0; i < r.calls; i++) r.peer->run(s, a, b, c);
    return (now() - start) / static_cast<double>(r.calls);
  };
  for (Peer<T>* peer : peers) {
    std::memset(c, 0xff, m * n * sizeof(T));
    if (!peer->run(s, a, b, c)) continue;
    if (!spot_check(s, a, b, c)) {
      std::fprintf(stderr, "%s is WRONG on %s %dx%dx%d\n", peer->name.c_str(), s.role, s.m, s.n, s.k);
      continue;
    }
    Result<T> r{peer, 1, {}};
    while (sample(r) * static_cast<double>(r.calls) < 6e-4) r.calls *= 2;
    measured.results.push_back(r);
  }
  for (int round = 0; round < rounds; round++) {
    constexpr size_t bursts = 12'000;
    const auto burst = [&] { pool.run(threads, [&](int) { table.of<T>().fma_burst(bursts); }); };
    for (const double warm = now() + 3e-3; threads > 1 && now() < warm;) burst();
    const double start = now();
    burst();
    measured.peaks.push_back(table.of<T>().fma_burst(1) * static_cast<double>(bursts) * threads / (now() - start));
    for (Result<T>& r : measured.results) r.seconds.push_back(sample(r));
  }
  return measured;
}

double least(const std::vector<double>& values) { return *std::min_element(values.begin(), values.end()); }

struct Options {
  int threads = 1, rounds = 15;
  bool json = false, alone = false, doubles = false;
  const char* filter = "";
  const KernelTable* table = active_table();
};

template <class T>
int run(const Options& options) {
  const auto& [threads, rounds, json, alone, doubles, filter, table] = options;
  const char* const type = doubles ? "float64" : "float32";
  ThreadPool pool(threads);
  OurPeer<T> ours(*table, pool);
  std::vector<Peer<T>*> peers;
  if (!alone) peers = load_peers<T>(threads, cpu_supports(Isa::avx512));
  peers.insert(peers.begin(), &ours);
  const double peak = fma_peak<T>(*table, threads);
  if (!json) {
    std::printf("%s GEMM on %s, %s, %d thread%s; FMA peak %.1f GFLOP/s. GFLOP/s, medians of %d rounds\n", type, cpu_name(), table->isa, threads, threads > 1 ? "s" : "", peak, rounds);
    std::printf("%-8s %-3s %5s %5s %5s", "role", "", "m", "n", "k");
    for (Peer<T>* p : peers) std::printf(" %9s", p->name.c_str());
    std::printf(" %7s %6s %6s\n", "% peak", "ratio", "best");
  }
  double log_sum = 0, log_best = 0, lowest = 1e30;
  int compared = 0;
  for (const Shape& s : all_shapes()) {
    char label[64];
    std::snprintf(label, sizeof label, "%s %c%c %dx%dx%d", s.role, s.transpose_a ? 'T' : 'N', s.transpose_b ? 'T' : 'N', s.m, s.n, s.k);
    if (!std::strstr(label, filter)) continue;
    const Measured<T> measured = measure<T>(s, peers, s.flops() > 1e9 ? std::max(3, rounds / 2) : rounds, threads, *table, pool);
    const auto rate = [&](const Result<T>& r) { return s.flops() / median(r.seconds) / 1e9; };
    const Result<T>*own = nullptr, *best = nullptr;
    double shortest = 0;
    for (const Result<T>& r : measured.results) {
      if (r.peer == &ours) {
        own = &r;
        continue;
      }
      if (!best || median(r.seconds) < median(best->seconds)) best = &r;
      shortest = shortest > 0 ? std::min(shortest, least(r.seconds)) : least(r.seconds);
    }
    if (!own) continue;
    std::vector<double> rates;
    for (double seconds : own->seconds) rates.push_back(s.flops() / seconds);
    const double percent = 100 * median_ratio(rates, measured.peaks), ratio = best ? median_ratio(best->seconds, own->seconds) : 0, of_best = shortest / least(own->seconds);
    if (best) {
      log_sum += std::log(ratio);
      log_best += std::log(of_best);
      lowest = std::min(lowest, ratio);
      compared++;
    }
    if (json) {
      std::printf("{\"bench\":\"gemm\",\"dtype\":\"%s\",\"isa\":\"%s\",\"threads\":%d,\"role\":\"%s\",\"form\":\"%c%c\",\"m\":%d,\"n\":%d,\"k\":%d,\"percentOfPeak\":%.1f,\"ratio\":%.3f,\"ratioOfBest\":%.3f", type, table->isa,
                  threads, s.role, s.transpose_a ? 'T' : 'N', s.transpose_b ? 'T' : 'N', s.m, s.n, s.k, percent, ratio, of_best);
      for (const Result<T>& r : measured.results) std::printf(",\"%s\":%.2f", r.peer->name.c_str(), rate(r));
      std::printf("}\n");
    } else {
      std::printf("%-8s %c%c  %5d %5d %5d", s.role, s.transpose_a ? 'T' : 'N', s.transpose_b ? 'T' : 'N', s.m, s.n, s.k);
      for (Peer<T>* p : peers) {
        const auto found = std::find_if(measured.results.begin(), measured.results.end(), [&](const Result<T>& r) { return r.peer == p; });
        if (found == measured.results.end()) std::printf(" %9s", "-");
        else std::printf(" %9.1f", rate(*found));
      }
      std::printf(" %7.1f", percent);
      if (best) std::printf(" %6.2f %6.2f", ratio, of_best);
      std::printf("\n");
    }
    std::fflush(stdout);
  }
  if (compared && !json)
    std::printf("geometric mean of ours over the best peer: %.3f (lowest %.2f, %d shapes); of the best rounds: %.3f\n", std::exp(log_sum / compared), lowest, compared,
                std::exp(log_best / compared));
  return 0;
}

int run(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i++) {
    const bool more = i + 1 < argc;
    if (!std::strcmp(argv[i], "--threads") && more) options.threads = std::atoi(argv[++i]);
    else if (!std::strcmp(argv[i], "--rounds") && more) options.rounds = std::atoi(argv[++i]);
    else if (!std::strcmp(argv[i], "--float64")) options.doubles = true;
    else if (!std::strcmp(argv[i], "--json")) options.json = true;
    else if (!std::strcmp(argv[i], "--ours")) options.alone = true;
    else if (!std::strcmp(argv[i], "--isa") && more) {
      Isa isa;
      options.table = isa_from_name(argv[++i], &isa) ? kernel_table(isa) : nullptr;
    } else options.filter = argv[i];
  }
  if (!options.table || options.threads < 1) {
    std::fprintf(stderr, "gemm_bench: this processor does not have that instruction set, or --threads is below 1\n");
    return 1;
  }
  return options.doubles ? run<double>(options) : run<float>(options);
}

}  // namespace
}  // namespace chainrule::bench

int main(int argc, char** argv) { return chainrule::bench::run(argc, argv); }
