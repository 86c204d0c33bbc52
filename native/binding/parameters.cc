// Parameters and buffers of a model as one set: replaced, or copied, between predictions and updates of any thread.
#include <cstring>
#include <memory>
#include <vector>

#include "../base/parameter_lock.h"
#include "arguments.h"
#include "functions.h"

namespace chainrule::binding {
namespace {

struct Copy {
  void* to;
  const void* from;
  std::size_t bytes;
};

/// Element `i` of an array, as an argument of its own; null where it cannot be read.
napi_value element(const Arguments& a, napi_value array, uint32_t i) {
  napi_value value = nullptr;
  return napi_get_element(a.env(), array, i, &value) == napi_ok ? value : nullptr;
}

uint32_t length_of(Arguments& a, std::size_t i, const char* what) {
  bool array = false;
  uint32_t length = 0;
  a.require(a.ok() && napi_is_array(a.env(), a.raw(i), &array) == napi_ok && array && napi_get_array_length(a.env(), a.raw(i), &length) == napi_ok, what);
  return length;
}

/// Pairs of arrays, each of one type and length. False, with an exception, where they are not.
bool read_copies(Arguments& a, std::vector<Copy>* copies) {
  const uint32_t count = length_of(a, 1, "to to be an array of float arrays");
  a.require(length_of(a, 2, "from to be an array of float arrays") == count, "as many arrays in from as in to");
  for (uint32_t i = 0; a.ok() && i < count; i++) {
    const napi_value values[] = {element(a, a.raw(1), i), element(a, a.raw(2), i)};
    if (!values[0] || !values[1]) return false;
    Arguments to(a.env(), values[0], "copyTogether"), from(a.env(), values[1], "copyTogether");
    const Floats target = to.floats(0, "to"), source = to.ok() ? from.floats(0, "from") : Floats{};
    if (!to.ok() || !from.ok()) return false;
    a.require(to.dtype() == from.dtype() && target.length == source.length, "pairs of arrays of one type and length");
    copies->push_back({target.data, source.data, target.length * (to.dtype() == DType::float64 ? sizeof(double) : sizeof(float))});
  }
  return a.ok();
}

napi_value copy_together(napi_env env, napi_callback_info info) {
  Arguments a(env, info, "copyTogether");
  const Floats parameters = a.floats(0, "parameters");
  std::vector<Copy> copies;
  const bool read = a.ok() && read_copies(a, &copies);
  const bool update = read && a.boolean(3, "update"), wait = read && a.boolean(4, "wait");
  if (!read || !a.ok()) return nullptr;
  const std::shared_ptr<ParameterLock> lock = ParameterLock::of(parameters.data);
  bool held = true;
  if (!update) lock->lock_shared();
  else if (wait) lock->lock();
  else held = lock->try_lock();
  if (held) {
    for (const Copy& copy : copies)
      if (copy.bytes) std::memmove(copy.to, copy.from, copy.bytes);
    if (update) lock->unlock();
    else lock->unlock_shared();
  }
  napi_value result = nullptr;
  napi_get_boolean(env, held, &result);
  return result;
}

}  // namespace

const Function kParameterFunctions[] = {{"copyTogether", copy_together}, {nullptr, nullptr}};

}  // namespace chainrule::binding
