// Every optimizer over several steps against torch.optim's formulas in long double (Lion: Chen et al. 2023), with weight
// decay of both kinds and an L1 penalty; states that do not fit; the same bits for any threads.
#include "../../native/ops/optimize.h"

#include <algorithm>

#include "check.h"
#include "guarded.h"
#include "numeric.h"

namespace chainrule::test {
namespace {

using Real = long double;
constexpr int kSteps = 12;

struct Element { Real p, s0 = 0, s1 = 0, s2 = 0; };

Real sign(Real x) { return static_cast<Real>((x > 0) - (x < 0)); }

/// One step of one element, as torch writes it. o: the rule's own options, from the fifth on.
void reference(Optimizer rule, const double* options, int t, Real g, Element* e) {
  const Real rate = options[0], decay = options[1], l1 = options[3], one = 1;
  const double* o = options + 4;
  const bool decoupled = options[2] != 0 || rule == Optimizer::adamw || rule == Optimizer::lion;
  g += l1 * sign(e->p);
  if (decoupled) e->p -= rate * decay * e->p;
  else g += decay * e->p;
  const auto lerp = [](Real a, Real b, Real weight) { return a + weight * (b - a); };
  const auto adam_moments = [&] {
    e->s0 = lerp(e->s0, g, one - o[0]);
    e->s1 = o[1] * e->s1 + (one - o[1]) * g * g;
  };
  const Real c1 = one - std::pow(static_cast<Real>(o[0]), t), c2 = one - std::pow(static_cast<Real>(o[1]), t);
  switch (rule) {
    case Optimizer::sgd:
      if (o[0] != 0) {
        e->s0 = t == 1 ? g : o[0] * e->s0 + (one - o[1]) * g;
        g = o[2] != 0 ? g + o[0] * e->s0 : e->s0;
      }
      e->p -= rate * g;
      break;
    case Optimizer::adam:
    case Optimizer::adamw:
      adam_moments();
      e->p -= rate / c1 * e->s0 / (std::sqrt(e->s1) / std::sqrt(c2) + o[2]);
      break;
    case Optimizer::amsgrad:
      adam_moments();
      e->s2 = std::max(e->s2, e->s1);
      e->p -= rate / c1 * e->s0 / (std::sqrt(e->s2) / std::sqrt(c2) + o[2]);
      break;
    case Optimizer::nadam: {
      const auto mu = [&](int i) { return o[0] * (one - 0.5L * std::pow(0.96L, i * static_cast<Real>(o[3]))); };
      Real product = 1;
      for (int i = 1; i <= t; i++) product *= mu(i);
      adam_moments();
      const Real root = std::sqrt(e->s1 / c2) + o[2];
      e->p -= rate * (one - mu(t)) / (one - product) * g / root;
      e->p -= rate * mu(t + 1) / (one - product * mu(t + 1)) * e->s0 / root;
      break;
    }
    case Optimizer::radam: {
      adam_moments();
      const Real most = 2 / (one - o[1]) - 1, length = most - 2 * t * std::pow(static_cast<Real>(o[1]), t) / c2;
      if (length > 5) {
        const Real rect = std::sqrt((length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length));
        e->p -= e->s0 / c1 * rate * std::sqrt(c2) / (std::sqrt(e->s1) + o[2]) * rect;
      } else {
        e->p -= e->s0 / c1 * rate;
      }
      break;
    }
    case Optimizer::adamax:
      e->s0 = lerp(e->s0, g, one - o[0]);
      e->s1 = std::max(o[1] * e->s1, std::fabs(g) + o[2]);
      e->p -= rate / c1 * e->s0 / e->s1;
      break;
    case Optimizer::rmsprop: {
      const bool centered = o[3] != 0;  // for this test alone: the kernel asks whether there is a third state
      e->s0 = o[0] * e->s0 + (one - o[0]) * g * g;
      if (centered) e->s2 = lerp(e->s2, g, one - o[0]);
      const Real average = std::sqrt(std::max<Real>(0, e->s0 - (centered ? e->s2 * e->s2 : 0))) + o[1];
      if (o[2] != 0) e->s1 = o[2] * e->s1 + g / average;
      e->p -= rate * (o[2] != 0 ? e->s1 : g / average);
      break;
    }
    case Optimizer::adagrad:
      e->s0 += g * g;
      e->p -= rate / (1 + (t - 1) * static_cast<Real>(o[0])) * g / (std::sqrt(e->s0) + o[1]);
      break;
    case Optimizer::adadelta: {
      e->s0 = o[0] * e->s0 + (one - o[0]) * g * g;
      const Real delta = std::sqrt(e->s1 + o[1]) / std::sqrt(e->s0 + o[1]) * g;
      e->s1 = o[0] * e->s1 + (one - o[0]) * delta * delta;
      e->p -= rate * delta;
      break;
    }
    case Optimizer::rprop: {
      if (t == 1) e->s0 = 0, e->s1 = rate;
      const Real turned = sign(g * e->s0), factor = turned > 0 ? o[1] : turned < 0 ? o[0] : 1;
      e->s1 = std::min<Real>(std::max<Real>(e->s1 * factor, o[2]), o[3]);
      if (turned < 0) g = 0;
      e->p -= sign(g) * e->s1;
      e->s0 = g;
      break;
    }
    case Optimizer::lion:
      e->p -= rate * sign(o[0] * e->s0 + (one - o[0]) * g);
      e->s0 = o[1] * e->s0 + (one - o[1]) * g;
      break;
    case Optimizer::count:
      break;
  }
}

struct Row {
  Optimizer rule;
  bool states[3];
  std::vector<double> own;
};
const Row kRows[] = {
    {Optimizer::sgd, {}, {0, 0, 0}},
    {Optimizer::sgd, {true}, {0.9, 0, 0}},
    {Optimizer::sgd, {true}, {0.9, 0.3, 0}},
    {Optimizer::sgd, {true}, {0.9, 0, 1}},
    {Optimizer::adam, {true, true}, {0.9, 0.999, 1e-8}},
    {Optimizer::adamw, {true, true}, {0.8, 0.99, 1e-6}},
    {Optimizer::amsgrad, {true, true, true}, {0.9, 0.5, 1e-8}},
    {Optimizer::nadam, {true, true}, {0.9, 0.999, 1e-8, 4e-3}},
    {Optimizer::nadam, {true, true}, {0.9, 0.99, 1e-8, 0.5}},
    {Optimizer::radam, {true, true}, {0.9, 0.999, 1e-8}},
    {Optimizer::radam, {true, true}, {0.9, 0.5, 1e-8}},
    {Optimizer::adamax, {true, true}, {0.9, 0.999, 1e-8}},
    {Optimizer::rmsprop, {true, false, false}, {0.99, 1e-8, 0, 0}},
    {Optimizer::rmsprop, {true, true, false}, {0.9, 1e-8, 0.9, 0}},
    {Optimizer::rmsprop, {true, false, true}, {0.9, 1e-4, 0, 1}},
    {Optimizer::rmsprop, {true, true, true}, {0.9, 1e-4, 0.9, 1}},
    {Optimizer::adagrad, {true}, {0.1, 1e-10}},
    {Optimizer::adadelta, {true, true}, {0.9, 1e-6}},
    {Optimizer::rprop, {true, true}, {0.5, 1.2, 1e-6, 50}},
    {Optimizer::rprop, {true, true}, {0.5, 1.2, 4e-3, 2e-2}},
    {Optimizer::lion, {true}, {0.9, 0.99}},
};

/// Twelve steps on n parameters, with gradients that depend on the parameters (the same for both).
template <class T>
void check_rule(const KernelTable* table, size_t n, const Row& row, double decay, bool decoupled, double l1, ThreadPool& pool) {
  std::vector<double> options = {row.rule == Optimizer::adadelta ? 1.0 : 0.01, decay, decoupled ? 1.0 : 0.0, l1};
  options.insert(options.end(), row.own.begin(), row.own.end());
  GuardedArray<T> gp(n), gg(n), gs0(n), gs1(n), gs2(n);
  T *p = gp.at_end(n), *g = gg.at_end(n);
  T* const states[3] = {row.states[0] ? gs0.at_end(n) : nullptr, row.states[1] ? gs1.at_end(n) : nullptr, row.states[2] ? gs2.at_end(n) : nullptr};
  std::vector<Element> exact(n);
  std::vector<Real> target(n);
  Bits bits{n};
  for (size_t i = 0; i < n; i++) {
    exact[i].p = p[i] = static_cast<T>(bits.uniform(-1, 1));
    target[i] = bits.uniform(-1, 1);
    for (T* s : states)
      if (s) s[i] = 0;
  }
  double worst = 0;
  for (int t = 1; t <= kSteps; t++) {
    OptimizerStep step;
    const Status status = optimizer_step(row.rule, options.data(), t, row.states, &step);
    CHECK_MESSAGE(status.ok(), status.what);
    for (size_t i = 0; i < n; i++) g[i] = static_cast<T>((exact[i].p - target[i]) * (t % 4 == 3 ? -2 : 1));
    optimize<T>(table->of<T>(), pool, row.rule, n, p, g, states, step);
    for (size_t i = 0; i < n; i++) {
      reference(row.rule, options.data(), t, g[i], &exact[i]);
      worst = std::max(worst, static_cast<double>(std::fabs(p[i] - exact[i].p)));
    }
  }
  CHECK_MESSAGE(worst <= (sizeof(T) == 4 ? 4e-6 : 2e-14), std::string(table->isa) + " " + dtype_name<T>() + " " + optimizer_info(row.rule).name + " row " + std::to_string(&row - kRows) + " n = " + std::to_string(n) + " decay " + std::to_string(decay) + (decoupled ? " decoupled" : "") + " l1 " + std::to_string(l1) + ": " + std::to_string(worst * 1e9) + "e-9");
}
TEST(optimizers) {
  ThreadPool pool(1);
  for (const KernelTable* table : all_tables())
    for (const Row& row : kRows)
      for (size_t n : {0, 1, 2, 7, 8, 9, 16, 17, 33, 100})
        for (int extras = 0; extras < 5; extras++) {
          const double decay = extras == 1 || extras == 2 ? 0.05 : 0, l1 = extras >= 3 ? 0.01 : 0;
          check_rule<float>(table, n, row, decay, extras == 2, l1, pool);
          check_rule<double>(table, n, row, decay, extras == 2, l1, pool);
        }
}

TEST(optimizers_are_the_same_for_any_threads) {
  constexpr size_t n = 70001;
  for (const Row& row : kRows) {
    std::vector<float> first;
    for (int threads : {1, 3}) {
      ThreadPool pool(threads);
      std::vector<float> p(n), g(n), s[3] = {std::vector<float>(n), std::vector<float>(n), std::vector<float>(n)};
      float* const states[3] = {row.states[0] ? s[0].data() : nullptr, row.states[1] ? s[1].data() : nullptr, row.states[2] ? s[2].data() : nullptr};
      std::vector<double> options = {0.01, 0.01, 0, 0.001};
      options.insert(options.end(), row.own.begin(), row.own.end());
      Bits bits{7};
      for (size_t i = 0; i < n; i++) p[i] = static_cast<float>(bits.uniform(-1, 1)), g[i] = static_cast<float>(bits.uniform(-1, 1));
      OptimizerStep step;
      CHECK(optimizer_step(row.rule, options.data(), 1, row.states, &step).ok());
      optimize<float>(all_tables().back()->f32, pool, row.rule, n, p.data(), g.data(), states, step);
      if (first.empty()) first = p;
      CHECK(first == p);
    }
  }
}

TEST(optimizer_states_that_do_not_fit) {
  struct Misfit { Optimizer rule; std::vector<double> own; bool states[3]; };
  const Misfit misfits[] = {
      {Optimizer::sgd, {0.9, 0, 0}, {}},           {Optimizer::sgd, {0, 0, 0}, {true}},            {Optimizer::sgd, {0.9, 0, 0}, {true, true}},
      {Optimizer::adam, {0.9, 0.99, 1e-8}, {true}}, {Optimizer::adam, {0.9, 0.99, 1e-8}, {true, true, true}}, {Optimizer::amsgrad, {0.9, 0.99, 1e-8}, {true, true}},
      {Optimizer::rmsprop, {0.9, 1e-8, 0.9}, {true}}, {Optimizer::rmsprop, {0.9, 1e-8, 0}, {true, true}}, {Optimizer::lion, {0.9, 0.99}, {}},
  };
  for (const Misfit& m : misfits) {
    std::vector<double> options = {0.1, 0, 0, 0};
    options.insert(options.end(), m.own.begin(), m.own.end());
    OptimizerStep step;
    CHECK(optimizer_step(m.rule, options.data(), 1, m.states, &step).code == Code::invalid_argument);
  }
}

TEST(nadam_resumes_with_the_same_bits) {
  const double options[] = {0.01, 0, 0, 0, 0.9, 0.999, 1e-8, 4e-3};
  const bool states[3] = {true, true, false};
  std::vector<OptimizerStep> all(9001);
  for (int t = 1; t <= 9000; t++) optimizer_step(Optimizer::nadam, options, t, states, &all[static_cast<size_t>(t)]);
  for (int t : {9000, 1, 8000, 7, 6800}) {  // beyond some 7,000 steps the product has underflowed
    OptimizerStep step;
    optimizer_step(Optimizer::nadam, options, t, states, &step);
    CHECK(!std::memcmp(step.coefficients, all[static_cast<size_t>(t)].coefficients, sizeof step.coefficients));
  }
}

TEST(rules_with_edges) {
  for (const KernelTable* table : all_tables()) {  // a gradient of 0 or NaN does not move Lion and Rprop; a NaN reaches Adam
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const struct { Optimizer rule; bool moves; double options[8]; bool states[3]; } cases[] = {
        {Optimizer::lion, false, {0.1, 0, 0, 0, 0.9, 0.99}, {true}},
        {Optimizer::rprop, false, {0.1, 0, 0, 0, 0.5, 1.2, 1e-6, 50}, {true, true}},
        {Optimizer::adam, true, {0.1, 0, 0, 0, 0.9, 0.99, 1e-8}, {true, true}},
        {Optimizer::rmsprop, true, {0.1, 0, 0, 0, 0.9, 1e-8, 0}, {true, false, true}},
    };
    for (const auto& c : cases) {
      float p[3] = {1, 1, 1}, g[3] = {0, nan, -0.0f}, s[3][3] = {};
      OptimizerStep step;
      optimizer_step(c.rule, c.options, 1, c.states, &step);
      table->f32.optimize[static_cast<int>(c.rule)](1, 3, 0, p, g, 0, s[0], c.states[1] ? s[1] : nullptr, c.states[2] ? s[2] : nullptr, &step);
      CHECK(p[0] == 1 && p[2] == 1 && std::isnan(p[1]) == c.moves);
    }
  }
}

}  // namespace
}  // namespace chainrule::test
