// How fast are the elementwise, row and optimizer kernels? ns per element (minimum and median of trials), GB/s, and the
// percent of what copying reaches on arrays of the same size, measured in turn with the kernel, or of what reading reaches for
// kernels that write nothing; per dtype and instruction set. Arguments: parts of the names to measure; `--n N` elements (may be repeated; 4096, 102,400 and 16 M otherwise: in
// L1, in L2, in memory).
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "../../native/base/aligned.h"
#include "../../native/dispatch/dispatch.h"
#include "../../native/ops/optimize.h"

using namespace chainrule;

namespace {

struct Times {
  double minimum, median;  ///< ns per element
};

double seconds(int repeats, const std::function<void()>& call) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  for (int i = 0; i < repeats; i++) call();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// As many calls as take about 2 ms, after a warm-up.
int repeats_of(const std::function<void()>& call) {
  int repeats = 1;
  while (seconds(repeats, call) < 1e-3) repeats *= 2;
  return 2 * repeats;
}

/// Fifteen trials of each call, in turn, so that the machine's drift meets all of them.
std::vector<Times> measure(size_t elements, const std::vector<std::function<void()>>& calls) {
  std::vector<int> repeats;
  for (const auto& call : calls) repeats.push_back(repeats_of(call));
  std::vector<std::vector<double>> trials(calls.size());
  for (int t = 0; t < 15; t++)
    for (size_t i = 0; i < calls.size(); i++) trials[i].push_back(seconds(repeats[i], calls[i]) / repeats[i] * 1e9 / static_cast<double>(elements));
  std::vector<Times> times;
  for (auto& t : trials) {
    std::sort(t.begin(), t.end());
    times.push_back({t.front(), t[t.size() / 2]});
  }
  return times;
}

std::vector<std::string> wanted;
std::vector<size_t> counts;

bool is_wanted(const std::string& name) {
  return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), [&](const std::string& w) { return name.find(w) != std::string::npos; });
}

/// What bounds a kernel: other ways to move as much memory, of which the best counts.
struct Limit {
  const char* name;
  double traffic;  ///< arrays read or written
  std::vector<std::function<void()>> ways;
};

/// `traffic`: arrays read or written, for GB/s.
void report(const KernelTable* table, const char* dtype, const std::string& name, size_t elements, double traffic, size_t size,
            const Limit& limit, const std::function<void()>& call) {
  if (!is_wanted(name)) return;
  std::vector<std::function<void()>> calls = limit.ways;
  calls.push_back(call);
  const std::vector<Times> all = measure(elements, calls);
  const Times t = all.back();
  double best = all.front().minimum;
  for (size_t i = 0; i + 1 < all.size(); i++) best = std::min(best, all[i].minimum);
  std::printf("%-26s %-8s %-7s %9zu %8.3f %8.3f %8.1f %6.0f%% %s\n", name.c_str(), dtype, table->isa, elements, t.minimum, t.median,
              traffic * static_cast<double>(size) / t.minimum, 100 * traffic / t.minimum / (limit.traffic / best), limit.name);
  std::fflush(stdout);
}

template <class T>
struct Array {
  AlignedBuffer buffer;
  T* p;
  Array(size_t n, double low, double high) : p(static_cast<T*>(buffer.reserve(n * sizeof(T)))) {
    uint64_t state = 1;
    for (size_t i = 0; i < n; i++) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      p[i] = static_cast<T>(low + (high - low) * static_cast<double>(state >> 40) * 0x1p-24);
    }
  }
};

template <class T>
void bench(const KernelTable* table, size_t n) {
  const Kernels<T>& k = table->of<T>();
  const char* dtype = sizeof(T) == 4 ? "float32" : "float64";
  Array<T> x(n, -6, 6), y(n, 0, 1), dy(n, -1, 1), out(n, 0, 1), v(n, 0, 1e-3);
  const double parameters[2] = {1, 1};
  double sink = 0;
  // Two copies, by memcpy and by a loop of vectors; two readers, which do little with what they read.
  const Limit copies{"copy", 2, {[&] { std::memcpy(out.p, x.p, n * sizeof(T)); }, [&] { k.unary[0].forward(n, x.p, out.p, parameters); }}};
  const Limit reads{"read", 1, {[&] { sink += k.maximum(n, x.p); }, [&] { sink += static_cast<double>(k.first_non_finite(n, x.p)); }}};
  const auto line = [&](const std::string& name, double traffic, const std::function<void()>& call) { report(table, dtype, name, n, traffic, sizeof(T), copies, call); };
  const auto read = [&](const char* name, double traffic, const std::function<void()>& call) { report(table, dtype, name, n, traffic, sizeof(T), reads, call); };
  for (int op = 0; op < table->unary_count; op++) {
    const UnaryInfo& info = table->unary_info[op];
    line(info.name, 2, [&] { k.unary[op].forward(n, x.p, out.p, parameters); });
    line(std::string(info.name) + " backward", info.keeps == Keeps::nothing ? 2 : 3,
         [&] { k.unary[op].backward(n, info.keeps == Keeps::output ? y.p : x.p, dy.p, out.p, parameters); });
  }
  T alpha = T(0.25), dalpha = 0;
  line("prelu", 2, [&] { k.prelu_forward(n / 64, 64, x.p, &alpha, 0, out.p); });
  line("prelu backward", 3, [&] { k.prelu_backward(n / 64, 64, 64, x.p, &alpha, 0, dy.p, out.p, &dalpha); });
  line("add", 3, [&] { k.binary[0](n, x.p, 1, y.p, 1, out.p); });
  read("sum", 1, [&] { sink += k.sum(n, x.p); });
  read("dot", 2, [&] { sink += k.dot(n, x.p, y.p); });
  read("sum of squares", 1, [&] { sink += k.dot(n, x.p, x.p); });
  line("dropout", 2, [&] { k.dropout(n, x.p, out.p, 0.5, 1, 2, 0); });
  line("maximum", 1, [&] { sink += k.maximum(n, x.p); });  // how reading compares with copying
  line("squared_error", 3, [&] { sink += k.squared_error(n, x.p, y.p, 1e-3, out.p); });
  const auto optimizer = [&](const char* name, Optimizer rule, double traffic, const std::vector<double>& options, T* second) {
    OptimizerStep step;
    if (optimizer_step(rule, options.data(), 10, {true, second != nullptr, false}, &step).ok())
      line(name, traffic, [&] { k.optimize[static_cast<int>(rule)](1, n, 0, x.p, dy.p, 0, out.p, second, nullptr, &step); });
  };
  optimizer("sgd momentum", Optimizer::sgd, 5, {1e-9, 0, 0, 0, 0.9, 0, 0}, nullptr);
  optimizer("adam", Optimizer::adam, 7, {1e-9, 0, 0, 0, 0.9, 0.999, 1e-8}, v.p);
  for (size_t cols : {2, 3, 10, 32, 100, 1000, 50000}) {
    if (cols > n) continue;
    const size_t rows = n / cols;
    Array<T> a(rows * cols, -4, 4), d(rows * cols, 0, 1), losses(std::max(rows, cols), 0, 1);
    std::vector<int32_t> labels(rows);
    for (size_t r = 0; r < rows; r++) labels[r] = static_cast<int32_t>(r * 7 % cols);
    const std::string suffix = " " + std::to_string(cols);
    const auto row_line = [&](const char* name, double traffic, const std::function<void()>& call, const Limit* limit = nullptr) {
      report(table, dtype, name + suffix, rows * cols, traffic, sizeof(T), limit ? *limit : copies, call);
    };
    row_line("cross_entropy", 2, [&] { k.cross_entropy(rows, cols, a.p, labels.data(), 0.01, losses.p, d.p); });
    row_line("softmax", 2, [&] { k.softmax_forward(rows, cols, a.p, d.p); });
    row_line("softmax backward", 3, [&] { k.softmax_backward(rows, cols, d.p, a.p, d.p); });
    row_line("log_softmax", 2, [&] { k.log_softmax_forward(rows, cols, a.p, d.p); });
    if (cols >= 100 && cols <= 1000) {
      Array<T> mean(std::max(rows, cols), 0, 1), rstd(std::max(rows, cols), 0, 1);
      row_line("layer_norm", 2, [&] { k.layer_norm_forward(rows, cols, a.p, y.p, y.p, 1e-5, d.p, mean.p, rstd.p); });
      row_line("normalize_columns", 2, [&] { k.normalize_columns(rows, cols, a.p, mean.p, nullptr, rstd.p, y.p, d.p); });
      row_line("batch_norm_backward", 3, [&] { k.batch_norm_backward(rows, cols, a.p, mean.p, dy.p, rstd.p, y.p, y.p, d.p); });
    }
    row_line("column_sums", 1, [&] { k.column_sums(rows, cols, a.p, cols, losses.p, 0); }, &reads);
    row_line("argmax_rows", 1, [&] { k.argmax_rows(rows, cols, a.p, labels.data()); }, &reads);
  }
  if (sink == 1.2345) std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; i++) {
    if (!std::strcmp(argv[i], "--n") && i + 1 < argc) counts.push_back(static_cast<size_t>(std::strtoull(argv[++i], nullptr, 10)));
    else wanted.push_back(argv[i]);
  }
  if (counts.empty()) counts = {4096, 102400, size_t{1} << 24};
  std::printf("%s, one thread, compiler %s\n", cpu_name(), __VERSION__);
  std::printf("%-26s %-8s %-7s %9s %8s %8s %8s %8s\n", "kernel", "dtype", "isa", "elements", "ns min", "ns med", "GB/s", "of limit");
  const char* only = std::getenv("CHAINRULE_ISA");
  for (Isa isa : {Isa::avx512, Isa::avx2, Isa::neon, Isa::scalar}) {
    const KernelTable* table = kernel_table(isa);
    if (!table || (only && *only && std::strcmp(only, isa_name(isa)))) continue;
    for (size_t n : counts) {
      bench<float>(table, n);
      bench<double>(table, n);
    }
  }
}
