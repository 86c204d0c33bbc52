// How long one training step of a plan takes, without anything of Node around it. plan_bench [threads] [letters, e.g. ac] [seconds]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "../../native/base/aligned.h"
#include "../../native/dispatch/dispatch.h"
#include "../../native/plan/plan.h"

using namespace chainrule;

namespace {

struct Net {
  char letter;
  std::vector<std::size_t> sizes;
  std::size_t batch;
};
const Net nets[] = {
    {'a', {784, 512, 256, 10}, 128}, {'b', {20, 64, 64, 1}, 32}, {'c', {64, 32, 10}, 16}, {'d', {1536, 256, 20}, 256}, {'e', {4096, 4096, 4096, 100}, 100}};

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

uint32_t state = 1;
float uniform() {
  state = state * 1664525u + 1013904223u;
  return static_cast<float>(static_cast<int32_t>(state)) / 2147483648.0f;
}

void measure(const KernelTable& table, const Net& net, bool adam, ThreadPool& pool, double seconds) {
  PlanDescription d;
  d.batch = net.batch;
  d.widths = {net.sizes[0]};
  std::size_t at = 0;
  int relu = 0;
  while (std::strcmp(table.unary_info[relu].name, "relu") != 0) relu++;
  for (std::size_t l = 1; l < net.sizes.size(); l++) {
    OpDescription linear;
    linear.kind = OpKind::linear;
    linear.x = {static_cast<int32_t>(d.widths.size()) - 1};
    linear.y = linear.x[0] + 1;
    linear.weight = at;
    linear.weight_length = net.sizes[l] * net.sizes[l - 1];
    at += linear.weight_length;
    linear.bias = at;
    at = (at + net.sizes[l] + 15) / 16 * 16;
    d.widths.push_back(net.sizes[l]);
    d.ops.push_back(linear);
    if (l + 1 == net.sizes.size()) break;
    OpDescription unary;
    unary.kind = OpKind::unary;
    unary.unary = relu;
    unary.x = {linear.y};
    unary.y = linear.y + 1;
    d.widths.push_back(net.sizes[l]);
    d.ops.push_back(unary);
  }
  d.parameters = at;
  const bool labelled = net.sizes.back() > 1;
  d.loss = labelled ? LossKind::cross_entropy : LossKind::squared_error;
  std::unique_ptr<Plan<float>> plan;
  const Status status = Plan<float>::build(table, d, &plan);
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.what);
    std::exit(1);
  }
  AlignedBuffer memory[4];
  Blocks<float> blocks;
  float* const vectors[4] = {static_cast<float*>(memory[0].reserve(at * 4)), static_cast<float*>(memory[1].reserve(at * 4)),
                             static_cast<float*>(memory[2].reserve(at * 4)), static_cast<float*>(memory[3].reserve(at * 4))};
  for (std::size_t i = 0; i < at; i++) vectors[0][i] = 0.03f * uniform(), vectors[1][i] = vectors[2][i] = vectors[3][i] = 0;
  blocks.parameters = vectors[0];
  blocks.gradients = vectors[1];
  blocks.state[0] = vectors[2];
  if (adam) blocks.state[1] = vectors[3];
  std::vector<float> x(net.batch * net.sizes[0]), y(net.batch * net.sizes.back());
  std::vector<int32_t> labels(net.batch);
  for (float& v : x) v = uniform();
  for (float& v : y) v = uniform();
  for (std::size_t i = 0; i < labels.size(); i++) labels[i] = static_cast<int32_t>(i % net.sizes.back());
  Batch<float> batch;
  batch.rows = net.batch;
  batch.x = x.data();
  if (labelled) batch.targets.labels = labels.data();
  else batch.targets.values = y.data();
  Update update;
  update.ends = {at};
  update.options = adam ? std::vector<double>{1e-3, 0, 0, 0, .9, .999, 1e-8} : std::vector<double>{1e-4, 0, 0, 0, .9, 0, 0};
  const bool states[3] = {true, adam, false};
  if (!update.start(adam ? Optimizer::adam : Optimizer::sgd, 1, states).ok()) std::exit(1);
  BatchResult result{};
  std::vector<double> rates;
  const double end = now() + seconds;
  int steps = 1;
  for (int round = 0; now() < end || round < 4; round++) {
    const double begin = now();
    for (int i = 0; i < steps; i++) {
      plan->train(pool, blocks, batch, update, &result);
      update.advance();
    }
    const double took = now() - begin;
    if (took < 0.02) {
      steps *= 2;
      round--;
      continue;
    }
    rates.push_back(steps * static_cast<double>(net.batch) / took);
  }
  std::sort(rates.begin(), rates.end());
  std::printf("(%c) %-4s %d thread%s  median %8.1f  best %8.1f thousand samples/s   %.2f µs a step at best, loss %g\n", net.letter, adam ? "Adam" : "SGD", pool.size(),
              pool.size() > 1 ? "s" : " ", rates[rates.size() / 2] / 1e3, rates.back() / 1e3, net.batch / rates.back() * 1e6, result.loss);
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  const std::string letters = argc > 2 ? argv[2] : "abcde";
  const double seconds = argc > 3 ? std::atof(argv[3]) : 1;
  ThreadPool pool(threads);
  const KernelTable& table = *active_table();
  for (const Net& net : nets)
    if (letters.find(net.letter) != std::string::npos)
      for (bool adam : {false, true}) measure(table, net, adam, pool, seconds);
}
