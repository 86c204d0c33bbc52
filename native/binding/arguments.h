// Reads and checks the arguments of one call. Raw Node-API: a pointer out of a typed array costs half of what it costs
// through node-addon-api's wrappers, and small networks live on the cost of a call.
#pragma once
#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "../base/status.h"

namespace chainrule::binding {

enum class DType { none, float32, float64 };

/// A float typed array argument. data is null for an absent optional one.
struct Floats {
  void* data = nullptr;
  std::size_t length = 0;
  template <class T> T* as(std::size_t offset = 0) const { return data ? static_cast<T*>(data) + offset : nullptr; }
};
struct Ints {
  int32_t* data = nullptr;
  std::size_t length = 0;
};

/// The arguments of one call. The first mistake is thrown as a JS error; later reads then return empty values, so a
/// function reads everything, asks `ok()` once and returns.
class Arguments {
 public:
  static constexpr std::size_t kMost = 24;

  Arguments(napi_env env, napi_callback_info info, const char* function);
  Arguments(napi_env env, const Napi::CallbackInfo& info, const char* function);
  /// Of one value, as argument 0.
  Arguments(napi_env env, napi_value value, const char* function);

  Floats floats(std::size_t i, const char* name) { return read_floats(i, name, false); }
  Floats floats_or_null(std::size_t i, const char* name) { return read_floats(i, name, true); }
  /// A float array over a SharedArrayBuffer: nothing can detach or free it while it is kept, so threads may use it.
  Floats shared_floats(std::size_t i, const char* name);
  Floats shared_floats_or_null(std::size_t i, const char* name) { return ok_ && is_null(i) ? Floats{} : shared_floats(i, name); }
  Ints ints(std::size_t i, const char* name);
  /// A Float64Array, whatever the other float arrays are; null unless it has `length` elements.
  double* doubles(std::size_t i, const char* name, std::size_t length);
  /// A copy of a Float64Array of any length.
  std::vector<double> double_list(std::size_t i, const char* name);
  double number(std::size_t i, const char* name);
  bool boolean(std::size_t i, const char* name);
  /// An integer in [0, 2^53).
  std::size_t size(std::size_t i, const char* name);
  /// An integer in [low, high].
  int64_t integer(std::size_t i, const char* name, int64_t low, int64_t high);
  napi_value raw(std::size_t i) const { return values_[i]; }
  bool is_null(std::size_t i) const;

  /// Requires an array of exactly `length` elements.
  void require_length(std::size_t length, std::size_t expected, const char* name);
  /// The number of rows of a matrix of `cols` columns; a length that is no multiple is an error.
  std::size_t rows_of(std::size_t length, std::size_t cols);
  void require(bool condition, const char* what);
  /// Throws what a native status says.
  void check(const Status& status);

  bool ok() const { return ok_; }
  /// The element type of the call's float arrays: all have the same.
  DType dtype() const { return dtype_; }
  napi_env env() const { return env_; }
  napi_value undefined() const { return nullptr; }
  napi_value result(double value) const;

 private:
  Floats read_floats(std::size_t i, const char* name, bool optional);
  void fail(const char* code, const char* format, ...);

  napi_env env_;
  const char* function_;
  napi_value values_[kMost];
  DType dtype_ = DType::none;
  bool ok_ = true;
};

/// Calls f.template operator()<T>() for the call's element type.
template <class F>
auto with_dtype(DType dtype, F&& f) {
  return dtype == DType::float64 ? f.template operator()<double>() : f.template operator()<float>();
}

}  // namespace chainrule::binding
