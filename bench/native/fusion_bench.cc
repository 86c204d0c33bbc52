// What does each fusion save? The passes one by one and fused, in alternating rounds on one thread: float32, medians. fusion_bench [--json]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "../../native/base/aligned.h"
#include "../../native/dispatch/dispatch.h"
#include "../../native/gemm/gemm.h"
#include "../../native/ops/optimize.h"

using namespace chainrule;

namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

bool json = false;

/// Seconds per call.
double time_of(const std::function<void()>& call, int calls) {
  const double start = now();
  for (int i = 0; i < calls; i++) call();
  return (now() - start) / calls;
}

void compare(const std::string& name, const std::string& shape, const std::function<void()>& apart, const std::function<void()>& fused) {
  apart();
  fused();
  const int calls = std::max(1, static_cast<int>(std::ceil(2e-3 / time_of(apart, 3))));
  std::vector<double> a, b;
  for (int round = 0; round < 21; round++) {
    a.push_back(time_of(apart, calls));
    b.push_back(time_of(fused, calls));
  }
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  const double before = a[a.size() / 2] * 1e6, after = b[b.size() / 2] * 1e6;
  if (json) std::printf("{\"fusion\":\"%s\",\"shape\":\"%s\",\"apart\":%.4f,\"fused\":%.4f}\n", name.c_str(), shape.c_str(), before, after);
  else std::printf("%-58s %-18s %11.2f µs apart %11.2f µs fused  %.2f times\n", name.c_str(), shape.c_str(), before, after, before / after);
}

struct Memory {
  std::vector<AlignedBuffer> buffers{16};
  float* take(std::size_t n, std::size_t at) {
    float* const p = static_cast<float*>(buffers[at].reserve(n * sizeof(float)));
    for (std::size_t i = 0; i < n; i++) p[i] = static_cast<float>((i * 7919) % 1000) / 1000.0f - 0.5f;
    return p;
  }
};

int unary(const KernelTable& table, const char* name) {
  int i = 0;
  while (std::strcmp(table.unary_info[i].name, name) != 0) i++;
  return i;
}

std::string text(std::size_t a, std::size_t b, std::size_t c = 0) {
  return std::to_string(a) + "x" + std::to_string(b) + (c ? "x" + std::to_string(c) : "");
}

/// y = act(x·Wᵀ + b), and with `keeps` a copy of what comes before the activation.
void forward(const KernelTable& table, ThreadPool& pool, const char* name, bool keeps, std::size_t rows, std::size_t out, std::size_t in) {
  Memory memory;
  const Kernels<float>& k = table.f32;
  float *x = memory.take(rows * in, 0), *w = memory.take(out * in, 1), *b = memory.take(out, 2), *y = memory.take(rows * out, 3), *before = memory.take(rows * out, 4);
  const UnaryKernel<float>& activation = k.unary[unary(table, name)];
  const double constants[2] = {0, 0};
  const auto product = [&](const Epilogue<float>& e) { gemm<float>(table, pool, rows, out, in, 1.0f, {x, in, 1}, {w, 1, in}, 0.0f, {y, out, 1}, e); };
  compare(std::string("linear + bias + ") + name + (keeps ? ", its input kept" : ""), text(rows, out, in),
          [&] {
            product({});
            for (std::size_t r = 0; r < rows; r++) k.axpy(out, 1.0, b, y + r * out);
            if (keeps) std::memcpy(before, y, rows * out * sizeof(float));
            activation.forward(rows * out, y, y, constants);
          },
          [&] {
            Epilogue<float> e;
            e.bias = b;
            e.activation = &activation;
            e.parameters = constants;
            if (keeps) e.before = before, e.before_stride = out;
            product(e);
          });
}

/// Softmax, loss and gradient of the logits: as log-softmax, its values at the labels, and its backward; or in one sweep.
void head(const KernelTable& table, std::size_t rows, std::size_t classes) {
  Memory memory;
  const Kernels<float>& k = table.f32;
  float *x = memory.take(rows * classes, 0), *y = memory.take(rows * classes, 1), *dx = memory.take(rows * classes, 2), *losses = memory.take(rows, 3);
  std::vector<int32_t> labels(rows);
  for (std::size_t r = 0; r < rows; r++) labels[r] = static_cast<int32_t>(r * 31 % classes);
  const double scale = 1.0 / static_cast<double>(rows);
  compare("softmax + cross-entropy, forward and backward", text(rows, classes),
          [&] {
            k.log_softmax_forward(rows, classes, x, y);
            std::memset(dx, 0, rows * classes * sizeof(float));
            for (std::size_t r = 0; r < rows; r++) {
              losses[r] = -y[r * classes + static_cast<std::size_t>(labels[r])];
              dx[r * classes + static_cast<std::size_t>(labels[r])] = static_cast<float>(-scale);
            }
            k.log_softmax_backward(rows, classes, y, dx, dx);
          },
          [&] { k.cross_entropy(rows, classes, x, labels.data(), scale, losses, dx); });
}

/// dW and the optimizer's step: through a whole gradient, or block by block.
void update(const KernelTable& table, ThreadPool& pool, bool adam, std::size_t out, std::size_t in, std::size_t rows) {
  Memory memory;
  float *dz = memory.take(rows * out, 0), *x = memory.take(rows * in, 1), *w = memory.take(out * in, 2), *g = memory.take(out * in, 3), *m = memory.take(out * in, 4),
        *v = memory.take(out * in, 5);
  for (std::size_t i = 0; i < out * in; i++) m[i] = v[i] = 0;
  const Optimizer rule = adam ? Optimizer::adam : Optimizer::sgd;
  const std::vector<double> options = adam ? std::vector<double>{1e-6, 0, 0, 0, .9, .999, 1e-8} : std::vector<double>{1e-6, 0, 0, 0, .9, 0, 0};
  const bool states[3] = {true, adam, false};
  float* const vectors[3] = {m, adam ? v : nullptr, nullptr};
  OptimizerStep step;
  if (!optimizer_step(rule, options.data(), 2, states, &step).ok()) return;
  const Matrix<const float> left{dz, 1, out}, right{x, in, 1};
  compare(std::string("gradient of a weight + ") + (adam ? "Adam" : "SGD with momentum"), text(out, in, rows),
          [&] {
            gemm<float>(table, pool, out, in, rows, 1.0f, left, right, 0.0f, {g, in, 1});
            optimize<float>(table.f32, pool, rule, out * in, w, g, vectors, step);
          },
          [&] {
            const BlockUpdate<float> blocks(table.f32, rule, step, in, w, vectors);
            Epilogue<float> e;
            e.sink = &blocks.sink();
            gemm<float>(table, pool, out, in, rows, 1.0f, left, right, 0.0f, {nullptr, in, 1}, e);
          });
}

/// What there is to be had: the derivative of ReLU as a pass of its own beside the product whose output it goes over.
void mask(const KernelTable& table, ThreadPool& pool, std::size_t rows, std::size_t in, std::size_t out) {
  Memory memory;
  float *dz = memory.take(rows * out, 0), *w = memory.take(out * in, 1), *dx = memory.take(rows * in, 2), *y = memory.take(rows * in, 3);
  const UnaryKernel<float>& relu = table.f32.unary[unary(table, "relu")];
  const double constants[2] = {0, 0};
  const auto product = [&] { gemm<float>(table, pool, rows, in, out, 1.0f, {dz, out, 1}, {w, in, 1}, 0.0f, {dx, in, 1}); };
  compare("not fused: gradient of the input + ReLU's, beside none", text(rows, in, out),
          [&] {
            product();
            relu.backward(rows * in, y, dx, dx, constants);
          },
          product);
}

}  // namespace

int main(int argc, char** argv) {
  json = argc > 1 && std::strcmp(argv[1], "--json") == 0;
  const KernelTable& table = *active_table();
  ThreadPool pool(1);
  forward(table, pool, "relu", false, 128, 512, 784);
  forward(table, pool, "relu", false, 32, 64, 64);
  forward(table, pool, "gelu", true, 128, 512, 784);
  forward(table, pool, "gelu", true, 32, 64, 64);
  forward(table, pool, "relu", false, 100, 4096, 4096);
  head(table, 128, 10);
  head(table, 100, 1000);
  head(table, 16, 50000);
  for (bool adam : {false, true}) {
    update(table, pool, adam, 1024, 1024, 32);
    update(table, pool, adam, 512, 784, 128);
    update(table, pool, adam, 4096, 4096, 100);
  }
  mask(table, pool, 128, 512, 256);
  mask(table, pool, 32, 64, 64);
}
