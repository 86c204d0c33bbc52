#include "arguments.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <exception>

namespace chainrule::binding {

napi_value enter(napi_env env, napi_callback_info info) {
  Arguments a(env, info);
  if (!a.ok()) return nullptr;
  try {
    return a.function()->call(a);
  } catch (const std::exception&) {
    a.check({Code::out_of_memory, "no memory"});
    return nullptr;
  }
}

Arguments::Arguments(napi_env env, napi_callback_info info) : env_(env), info_(info) {
  std::size_t count = kMost;
  void* data = nullptr;
  // Missing arguments are filled with undefined, extra ones are ignored.
  require_done(napi_get_cb_info(env, info, &count, values_, &self_, &data));
  function_ = static_cast<const Function*>(data);
}

void Arguments::fail(Code code, const char* format, ...) {
  if (!ok_) return;
  ok_ = false;
  char text[512];
  const int used = std::snprintf(text, sizeof text, "%s: ", function_->name);
  va_list list;
  va_start(list, format);
  std::vsnprintf(text + used, sizeof text - static_cast<std::size_t>(used), format, list);
  va_end(list);
  throw_error(env_, {code}, text);
}

Floats Arguments::floats_of(napi_value value, const char* name) {
  Elements e;
  if (!read_elements(env_, value, &e) || (e.type != napi_float32_array && e.type != napi_float64_array)) {
    fail(Code::invalid_argument, "expected %s to be a Float32Array or Float64Array", name);
    return {};
  }
  const DType dtype = e.type == napi_float64_array ? DType::float64 : DType::float32;
  if (dtype_ == DType::none) dtype_ = dtype;
  if (dtype != dtype_) {
    fail(Code::invalid_argument, "expected %s to be a %s like the arguments before it", name, dtype_ == DType::float64 ? "Float64Array" : "Float32Array");
    return {};
  }
  return {e.data, e.length};
}

Floats Arguments::shared_floats_of(napi_value value, const char* name) {
  if (!ok_) return {};
  const Floats f = floats_of(value, name);
  if (!ok_) return {};
  napi_value buffer = nullptr;
  bool detachable = true;
  if (napi_get_typedarray_info(env_, value, nullptr, nullptr, nullptr, &buffer, nullptr) != napi_ok ||
      napi_is_arraybuffer(env_, buffer, &detachable) != napi_ok || detachable) {
    fail(Code::invalid_argument, "expected %s to lie in a SharedArrayBuffer", name);
    return {};
  }
  return f;
}

Ints Arguments::ints(std::size_t i, const char* name) {
  Elements e;
  if (!ok_) return {};
  if (!read_elements(env_, values_[i], &e) || e.type != napi_int32_array) {
    fail(Code::invalid_argument, "expected %s to be an Int32Array", name);
    return {};
  }
  return {static_cast<int32_t*>(e.data), e.length};
}

Elements Arguments::elements(std::size_t i, const char* expected, std::initializer_list<napi_typedarray_type> types) {
  Elements e;
  if (!ok_) return {};
  const bool read = read_elements(env_, values_[i], &e) && std::find(types.begin(), types.end(), e.type) != types.end();
  require(read, expected);
  return read ? e : Elements{};
}

template <class Read>
Floats Arguments::as_float64s(Read&& read) {
  const DType dtype = dtype_;
  dtype_ = DType::float64;
  const Floats f = read();
  dtype_ = dtype;
  return f;
}

Floats Arguments::shared_float64s(std::size_t i, const char* name) {
  return as_float64s([&] { return shared_floats(i, name); });
}

double* Arguments::doubles(std::size_t i, const char* name, std::size_t length) {
  const Floats f = as_float64s([&] { return floats(i, name); });
  require_length(f.length, length, name);
  return ok_ ? f.as<double>() : nullptr;
}

std::vector<double> Arguments::double_list(std::size_t i, const char* name) {
  const Floats f = as_float64s([&] { return floats(i, name); });
  return ok_ && f.length ? std::vector<double>(f.as<double>(), f.as<double>() + f.length) : std::vector<double>{};
}

double Arguments::number(std::size_t i, const char* name) {
  double value = 0;
  if (ok_ && napi_get_value_double(env_, values_[i], &value) != napi_ok) fail(Code::invalid_argument, "expected %s to be a number", name);
  return value;
}

bool Arguments::boolean(std::size_t i, const char* name) {
  bool value = false;
  if (ok_ && napi_get_value_bool(env_, values_[i], &value) != napi_ok) fail(Code::invalid_argument, "expected %s to be a boolean", name);
  return value;
}

std::size_t Arguments::size(std::size_t i, const char* name) {
  return static_cast<std::size_t>(integer(i, name, 0, (int64_t{1} << 53) - 1));
}

int64_t Arguments::integer(std::size_t i, const char* name, int64_t low, int64_t high) {
  const double value = number(i, name);
  if (!ok_) return low;
  if (!(value >= static_cast<double>(low) && value <= static_cast<double>(high)) || value != std::floor(value)) {
    fail(Code::invalid_argument, "expected %s to be an integer from %lld to %lld, got %g", name, static_cast<long long>(low), static_cast<long long>(high), value);
    return low;
  }
  return static_cast<int64_t>(value);
}

bool Arguments::is_null(std::size_t i) const {
  if (!ok_) return true;
  const napi_valuetype type = type_of(env_, values_[i]);
  return type == napi_null || type == napi_undefined;
}

void Arguments::require_length(std::size_t length, std::size_t expected, const char* name) {
  if (ok_ && length != expected) fail(Code::invalid_argument, "expected %s to have %zu elements, got %zu", name, expected, length);
}

std::size_t Arguments::rows_of(std::size_t length, std::size_t cols) {
  require(cols > 0 || length == 0, "cols to be positive");
  require(cols == 0 || length % cols == 0, "a whole number of rows");
  return ok_ && cols ? length / cols : 0;
}

void Arguments::require(bool condition, const char* what) {
  if (ok_ && !condition) fail(Code::invalid_argument, "expected %s", what);
}

void Arguments::require_of_op(bool condition, const char* what, int64_t op) {
  if (ok_ && !condition) fail(Code::invalid_argument, "expected %s (op %lld)", what, static_cast<long long>(op));
}

void Arguments::check(const Status& status) {
  if (!ok_ || status.ok()) return;
  if (status.code != Code::out_of_range) {
    fail(status.code, "%s", status.what);
    return;
  }
  ok_ = false;
  char text[256];
  std::snprintf(text, sizeof text, "%s: %s (%lld at %lld)", function_->name, status.what, static_cast<long long>(status.value), static_cast<long long>(status.where));
  throw_error(env_, status, text);
}

napi_value Arguments::result(double value) const {
  napi_value out = nullptr;
  return napi_create_double(env_, value, &out) == napi_ok ? out : nullptr;
}

napi_value Arguments::result(bool value) const {
  napi_value out = nullptr;
  return napi_get_boolean(env_, value, &out) == napi_ok ? out : nullptr;
}

}  // namespace chainrule::binding
