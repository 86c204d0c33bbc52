// Counter-based random numbers into arrays of the caller's.
#include "../base/random.h"

#include "functions.h"

namespace chainrule::binding {
namespace {

napi_value uniform(Arguments& a) {
  const Floats out = a.floats(0, "out");
  const std::size_t seed = a.size(1, "seed"), stream = a.size(2, "stream");
  const double low = a.number(3, "low"), high = a.number(4, "high");
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() { random_uniform(out.length, out.as<T>(), seed, stream, low, high); });
  return nullptr;
}

napi_value normal(Arguments& a) {
  const Floats out = a.floats(0, "out");
  const std::size_t seed = a.size(1, "seed"), stream = a.size(2, "stream");
  const double mean = a.number(3, "mean"), std = a.number(4, "std");
  if (!a.ok()) return nullptr;
  with_dtype(a.dtype(), [&]<class T>() { random_normal(out.length, out.as<T>(), seed, stream, mean, std); });
  return nullptr;
}

napi_value permutation(Arguments& a) {
  const Ints out = a.ints(0, "out");
  const std::size_t seed = a.size(1, "seed"), stream = a.size(2, "stream");
  a.require(out.length <= 0x7fffffff, "at most 2^31 − 1 elements");
  if (!a.ok()) return nullptr;
  random_permutation(out.length, out.data, seed, stream);
  return nullptr;
}

}  // namespace

const Function kRandomFunctions[] = {
    {"randomUniform", uniform}, {"randomNormal", normal}, {"randomPermutation", permutation}, {nullptr, nullptr}};

}  // namespace chainrule::binding
