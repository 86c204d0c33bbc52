// How fast are the elementwise, row and optimizer kernels? ns per element (minimum and median of trials) and GB/s, per
// dtype and instruction set, on arrays that stay in cache. Arguments: parts of the names to measure; `--n N` elements.
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

using namespace chainrule;

namespace {

struct Times {
  double minimum, median;  ///< ns per element
};

/// Fifteen trials of about 2 ms each after a warm-up.
Times measure(size_t elements, const std::function<void()>& call) {
  using Clock = std::chrono::steady_clock;
  const auto seconds = [&](int repeats) {
    const auto start = Clock::now();
    for (int i = 0; i < repeats; i++) call();
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  int repeats = 1;
  while (seconds(repeats) < 1e-3) repeats *= 2;
  repeats *= 2;
  std::vector<double> trials;
  for (int t = 0; t < 15; t++) trials.push_back(seconds(repeats) / repeats * 1e9 / static_cast<double>(elements));
  std::sort(trials.begin(), trials.end());
  return {trials.front(), trials[trials.size() / 2]};
}

std::vector<std::string> wanted;
size_t count = 4096;

bool is_wanted(const std::string& name) {
  return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), [&](const std::string& w) { return name.find(w) != std::string::npos; });
}

/// `traffic`: arrays read or written, for GB/s.
void report(const KernelTable* table, const char* dtype, const std::string& name, size_t elements, double traffic, size_t size, const std::function<void()>& call) {
  if (!is_wanted(name)) return;
  const Times t = measure(elements, call);
  std::printf("%-26s %-8s %-7s %8.3f %8.3f %8.1f\n", name.c_str(), dtype, table->isa, t.minimum, t.median, traffic * static_cast<double>(size) / t.minimum);
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
void bench(const KernelTable* table) {
  const Kernels<T>& k = table->of<T>();
  const char* dtype = sizeof(T) == 4 ? "float32" : "float64";
  const size_t n = count;
  Array<T> x(n, -6, 6), y(n, 0, 1), dy(n, -1, 1), out(n, 0, 1), v(n, 0, 1e-3);
  const auto line = [&](const std::string& name, double traffic, const std::function<void()>& call) { report(table, dtype, name, n, traffic, sizeof(T), call); };
  const double parameters[2] = {1, 1};
  for (int op = 0; op < table->unary_count; op++) {
    const UnaryInfo& info = table->unary_info[op];
    line(info.name, 2, [&] { k.unary[op].forward(n, x.p, out.p, parameters); });
    line(std::string(info.name) + " backward", info.keeps == Keeps::nothing ? 2 : 3,
         [&] { k.unary[op].backward(n, info.keeps == Keeps::output ? y.p : x.p, dy.p, out.p, parameters); });
  }
  line("add", 3, [&] { k.binary[0](n, x.p, 1, y.p, 1, out.p); });
  double sink = 0;
  line("sum", 1, [&] { sink += k.sum(n, x.p); });
  line("dot", 2, [&] { sink += k.dot(n, x.p, y.p); });
  line("maximum", 1, [&] { sink += k.maximum(n, x.p); });
  line("first_non_finite", 1, [&] { sink += static_cast<double>(k.first_non_finite(n, x.p)); });
  line("squared_error", 3, [&] { sink += k.squared_error(n, x.p, y.p, 1e-3, out.p); });
  SgdOptions sgd{1e-9, 0.9, 0, 1e-4, 0, 0};
  line("sgd momentum", 5, [&] { k.sgd(n, x.p, dy.p, out.p, &sgd); });
  AdamOptions adam{1e-9, 0.9, 0.999, 1e-8, 0, 0, 10};
  line("adam", 7, [&] { k.adam(n, x.p, dy.p, out.p, v.p, &adam); });
  for (size_t cols : {2, 10, 32, 100, 1000}) {
    const size_t rows = std::max<size_t>(n / cols, 16);
    Array<T> a(rows * cols, -4, 4), d(rows * cols, 0, 1), losses(std::max(rows, cols), 0, 1);
    std::vector<int32_t> labels(rows);
    for (size_t r = 0; r < rows; r++) labels[r] = static_cast<int32_t>(r * 7 % cols);
    const std::string suffix = " " + std::to_string(cols);
    const auto row_line = [&](const char* name, double traffic, const std::function<void()>& call) { report(table, dtype, name + suffix, rows * cols, traffic, sizeof(T), call); };
    row_line("cross_entropy", 2, [&] { k.cross_entropy(rows, cols, a.p, labels.data(), 0.01, losses.p, d.p); });
    row_line("softmax", 2, [&] { k.softmax_forward(rows, cols, a.p, d.p); });
    row_line("softmax backward", 3, [&] { k.softmax_backward(rows, cols, d.p, a.p, d.p); });
    row_line("log_softmax", 2, [&] { k.log_softmax_forward(rows, cols, a.p, d.p); });
    row_line("column_sums", 1, [&] { k.column_sums(rows, cols, a.p, cols, losses.p, 0); });
    row_line("argmax_rows", 1, [&] { k.argmax_rows(rows, cols, a.p, labels.data()); });
  }
  if (sink == 1.2345) std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; i++) {
    if (!std::strcmp(argv[i], "--n") && i + 1 < argc) count = static_cast<size_t>(std::strtoull(argv[++i], nullptr, 10));
    else wanted.push_back(argv[i]);
  }
  std::printf("%s, one thread, compiler %s, %zu elements\n", cpu_name(), __VERSION__, count);
  std::printf("%-26s %-8s %-7s %8s %8s %8s\n", "kernel", "dtype", "isa", "ns min", "ns med", "GB/s");
  const char* only = std::getenv("CHAINRULE_ISA");
  for (Isa isa : {Isa::avx512, Isa::avx2, Isa::neon, Isa::scalar}) {
    const KernelTable* table = kernel_table(isa);
    if (!table || (only && *only && std::strcmp(only, isa_name(isa)))) continue;
    bench<float>(table);
    bench<double>(table);
  }
}
