// Parameters and buffers of a model as one set: replaced, or copied, between predictions and updates of any thread.
#include <cstring>
#include <memory>
#include <vector>

#include "../base/parameter_lock.h"
#include "functions.h"

namespace chainrule::binding {
namespace {

struct Copy {
  void* to;
  const void* from;
  std::size_t bytes;
};

/// A float array, as bytes.
Elements float_array(Arguments& a, napi_value value) {
  Elements e;
  const bool read = read_elements(a.env(), value, &e) && (e.type == napi_float32_array || e.type == napi_float64_array);
  a.require(read, "to and from to hold Float32Arrays and Float64Arrays");
  return e;
}

/// Pairs of arrays, each of one type and length. All values first, then where they lie: a getter could detach another's memory.
std::vector<Copy> read_copies(Arguments& a) {
  const ArrayReader to(a.env(), a.raw(1)), from(a.env(), a.raw(2));
  a.require(to.ok() && from.ok() && to.length() == from.length(), "to and from to be arrays of float arrays, as many in each");
  if (!a.ok()) return {};
  std::vector<napi_value> values;
  for (uint32_t i = 0; i < to.length(); i++) values.insert(values.end(), {to.at(i), from.at(i)});
  std::vector<Copy> copies;
  for (std::size_t i = 0; a.ok() && i < values.size(); i += 2) {
    const Elements target = float_array(a, values[i]), source = float_array(a, values[i + 1]);
    a.require(target.type == source.type && target.length == source.length, "pairs of arrays of one type and length");
    copies.push_back({target.data, source.data, target.length * (target.type == napi_float64_array ? sizeof(double) : sizeof(float))});
  }
  return copies;
}

napi_value copy_together(Arguments& a) {
  const Floats parameters = a.floats(0, "parameters");
  const bool update = a.boolean(3, "update"), wait = a.boolean(4, "wait");
  const std::vector<Copy> copies = a.ok() ? read_copies(a) : std::vector<Copy>{};
  if (!a.ok()) return nullptr;
  const std::shared_ptr<ParameterLock> lock = ParameterLock::of(parameters.data);
  const bool nested = lock->held_here();
  bool held = true;
  if (!nested && !update) lock->lock_shared();
  else if (!nested && wait) lock->lock();
  else if (!nested) held = lock->try_lock();
  for (const Copy& copy : copies)
    if (held && copy.bytes) std::memmove(copy.to, copy.from, copy.bytes);
  if (held && !nested) update ? lock->unlock() : lock->unlock_shared();
  return a.result(held);
}

// Alone while the function runs, however it ends.
napi_value update_together(Arguments& a) {
  const Floats parameters = a.floats(0, "parameters");
  a.require(type_of(a.env(), a.raw(1)) == napi_function, "a function");
  if (!a.ok()) return nullptr;
  const std::shared_ptr<ParameterLock> lock = ParameterLock::of(parameters.data);
  const UpdateHere alone(*lock);
  napi_value result = nullptr;
  napi_call_function(a.env(), a.self(), a.raw(1), 0, nullptr, &result);
  return nullptr;
}

}  // namespace

const Function kParameterFunctions[] = {{"copyTogether", copy_together}, {"updateTogether", update_together}, {nullptr, nullptr}};

}  // namespace chainrule::binding
