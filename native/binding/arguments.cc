#include "arguments.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace chainrule::binding {

Arguments::Arguments(napi_env env, napi_callback_info info, const char* function) : env_(env), function_(function) {
  std::size_t count = kMost;
  // Missing arguments are filled with undefined, extra ones are ignored.
  if (napi_get_cb_info(env, info, &count, values_, nullptr, nullptr) != napi_ok) fail("INVALID_ARGUMENT", "arguments cannot be read");
}

Arguments::Arguments(napi_env env, const Napi::CallbackInfo& info, const char* function) : env_(env), function_(function) {
  for (std::size_t i = 0; i < kMost; i++) values_[i] = info[i];
}

Arguments::Arguments(napi_env env, napi_value value, const char* function) : env_(env), function_(function) {
  napi_value undefined = nullptr;
  napi_get_undefined(env, &undefined);
  for (napi_value& each : values_) each = undefined;
  values_[0] = value;
}

void Arguments::fail(const char* code, const char* format, ...) {
  if (!ok_) return;
  ok_ = false;
  char text[512];
  int used = std::snprintf(text, sizeof text, "%s: ", function_);
  va_list list;
  va_start(list, format);
  std::vsnprintf(text + used, sizeof text - static_cast<std::size_t>(used), format, list);
  va_end(list);
  bool pending = false;
  napi_is_exception_pending(env_, &pending);
  if (!pending) napi_throw_error(env_, code, text);
}

Floats Arguments::read_floats(std::size_t i, const char* name, bool optional) {
  if (!ok_ || (optional && is_null(i))) return {};
  bool typed = false;
  napi_typedarray_type type = napi_int8_array;
  Floats f;
  if (napi_is_typedarray(env_, values_[i], &typed) != napi_ok || !typed ||
      napi_get_typedarray_info(env_, values_[i], &type, &f.length, &f.data, nullptr, nullptr) != napi_ok ||
      (type != napi_float32_array && type != napi_float64_array)) {
    fail("INVALID_ARGUMENT", "expected %s to be a Float32Array or Float64Array", name);
    return {};
  }
  const DType dtype = type == napi_float64_array ? DType::float64 : DType::float32;
  if (dtype_ == DType::none) dtype_ = dtype;
  if (dtype != dtype_) {
    fail("INVALID_ARGUMENT", "expected %s to be a %s like the arguments before it", name, dtype_ == DType::float64 ? "Float64Array" : "Float32Array");
    return {};
  }
  return f;
}

Floats Arguments::shared_floats(std::size_t i, const char* name) {
  const Floats f = read_floats(i, name, false);
  if (!ok_) return {};
  napi_value buffer = nullptr;
  bool detachable = true;
  if (napi_get_typedarray_info(env_, values_[i], nullptr, nullptr, nullptr, &buffer, nullptr) != napi_ok ||
      napi_is_arraybuffer(env_, buffer, &detachable) != napi_ok || detachable) {
    fail("INVALID_ARGUMENT", "expected %s to lie in a SharedArrayBuffer", name);
    return {};
  }
  return f;
}

Ints Arguments::ints(std::size_t i, const char* name) {
  if (!ok_) return {};
  bool typed = false;
  napi_typedarray_type type = napi_int8_array;
  void* data = nullptr;
  std::size_t length = 0;
  if (napi_is_typedarray(env_, values_[i], &typed) != napi_ok || !typed ||
      napi_get_typedarray_info(env_, values_[i], &type, &length, &data, nullptr, nullptr) != napi_ok || type != napi_int32_array) {
    fail("INVALID_ARGUMENT", "expected %s to be an Int32Array", name);
    return {};
  }
  return {static_cast<int32_t*>(data), length};
}

double* Arguments::doubles(std::size_t i, const char* name, std::size_t length) {
  const DType dtype = dtype_;
  dtype_ = DType::float64;
  const Floats f = read_floats(i, name, false);
  dtype_ = dtype;
  require_length(f.length, length, name);
  return ok_ ? f.as<double>() : nullptr;
}

std::vector<double> Arguments::double_list(std::size_t i, const char* name) {
  const DType dtype = dtype_;
  dtype_ = DType::float64;
  const Floats f = read_floats(i, name, false);
  dtype_ = dtype;
  return ok_ && f.length ? std::vector<double>(f.as<double>(), f.as<double>() + f.length) : std::vector<double>{};
}

double Arguments::number(std::size_t i, const char* name) {
  double value = 0;
  if (ok_ && napi_get_value_double(env_, values_[i], &value) != napi_ok) fail("INVALID_ARGUMENT", "expected %s to be a number", name);
  return value;
}

bool Arguments::boolean(std::size_t i, const char* name) {
  bool value = false;
  if (ok_ && napi_get_value_bool(env_, values_[i], &value) != napi_ok) fail("INVALID_ARGUMENT", "expected %s to be a boolean", name);
  return value;
}

std::size_t Arguments::size(std::size_t i, const char* name) {
  return static_cast<std::size_t>(integer(i, name, 0, (int64_t{1} << 53) - 1));
}

int64_t Arguments::integer(std::size_t i, const char* name, int64_t low, int64_t high) {
  const double value = number(i, name);
  if (!ok_) return low;
  if (!(value >= static_cast<double>(low) && value <= static_cast<double>(high)) || value != std::floor(value)) {
    fail("INVALID_ARGUMENT", "expected %s to be an integer from %lld to %lld, got %g", name, static_cast<long long>(low), static_cast<long long>(high), value);
    return low;
  }
  return static_cast<int64_t>(value);
}

bool Arguments::is_null(std::size_t i) const {
  napi_valuetype type = napi_undefined;
  napi_typeof(env_, values_[i], &type);
  return type == napi_null || type == napi_undefined;
}

void Arguments::require_length(std::size_t length, std::size_t expected, const char* name) {
  if (ok_ && length != expected) fail("INVALID_ARGUMENT", "expected %s to have %zu elements, got %zu", name, expected, length);
}

std::size_t Arguments::rows_of(std::size_t length, std::size_t cols) {
  require(cols > 0 || length == 0, "cols to be positive");
  require(cols == 0 || length % cols == 0, "a whole number of rows");
  return ok_ && cols ? length / cols : 0;
}

void Arguments::require(bool condition, const char* what) {
  if (ok_ && !condition) fail("INVALID_ARGUMENT", "expected %s", what);
}

void Arguments::check(const Status& status) {
  if (!ok_ || status.ok()) return;
  if (status.code != Code::out_of_range) {
    fail(status.code == Code::out_of_memory ? "OUT_OF_MEMORY" : "INVALID_ARGUMENT", "%s", status.what);
    return;
  }
  // Which element and what it held travel as properties, so that the caller can name them in its own words.
  ok_ = false;
  char text[256];
  std::snprintf(text, sizeof text, "%s: %s (%lld at %lld)", function_, status.what, static_cast<long long>(status.value), static_cast<long long>(status.where));
  napi_value message, code, error, where, value;
  if (napi_create_string_utf8(env_, text, NAPI_AUTO_LENGTH, &message) == napi_ok &&
      napi_create_string_utf8(env_, "OUT_OF_RANGE", NAPI_AUTO_LENGTH, &code) == napi_ok &&
      napi_create_range_error(env_, code, message, &error) == napi_ok &&
      napi_create_double(env_, static_cast<double>(status.where), &where) == napi_ok &&
      napi_create_double(env_, static_cast<double>(status.value), &value) == napi_ok &&
      napi_set_named_property(env_, error, "where", where) == napi_ok &&
      napi_set_named_property(env_, error, "value", value) == napi_ok)
    napi_throw(env_, error);
}

napi_value Arguments::result(double value) const {
  napi_value out = nullptr;
  napi_create_double(env_, value, &out);
  return out;
}

}  // namespace chainrule::binding
