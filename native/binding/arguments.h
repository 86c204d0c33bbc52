// Reads and checks the arguments of one call.
#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "../base/status.h"
#include "values.h"

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

class Arguments;

/// An exported function. What it returns goes to the caller; null is undefined, or nothing where an exception is pending.
struct Function {
  const char* name;
  napi_value (*call)(Arguments&);
};

/// How every exported function is called; the engine keeps its Function as the callback's data. No C++ exception gets out:
/// without memory the caller gets an error.
napi_value enter(napi_env env, napi_callback_info info);

/// The arguments of one call. The first mistake is thrown as a JS error; later reads then return empty values, so a
/// function reads everything, asks `ok()` once and returns.
class Arguments {
 public:
  static constexpr std::size_t kMost = 18;

  Arguments(napi_env env, napi_callback_info info);

  Floats floats(std::size_t i, const char* name) { return ok_ ? floats_of(values_[i], name) : Floats{}; }
  Floats floats_or_null(std::size_t i, const char* name) { return is_null(i) ? Floats{} : floats_of(values_[i], name); }
  /// A float array over a SharedArrayBuffer: nothing can detach or free it while it is kept, so threads may use it.
  Floats shared_floats(std::size_t i, const char* name) { return ok_ ? shared_floats_of(values_[i], name) : Floats{}; }
  Floats shared_floats_or_null(std::size_t i, const char* name) { return is_null(i) ? Floats{} : shared_floats_of(values_[i], name); }
  /// Of a value that is no argument itself but lies in one.
  Floats shared_floats_of(napi_value value, const char* name);
  /// A Float64Array over a SharedArrayBuffer, whatever the other float arrays are.
  Floats shared_float64s(std::size_t i, const char* name);
  Ints ints(std::size_t i, const char* name);
  /// A typed array of one of the element types; `expected` says which.
  Elements elements(std::size_t i, const char* expected, std::initializer_list<napi_typedarray_type> types);
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
  /// Null or undefined; also after a mistake.
  bool is_null(std::size_t i) const;
  /// The receiver of the call.
  napi_value self() const { return self_; }
  napi_callback_info info() const { return info_; }

  /// Requires an array of exactly `length` elements.
  void require_length(std::size_t length, std::size_t expected, const char* name);
  /// The number of rows of a matrix of `cols` columns; a length that is no multiple is an error.
  std::size_t rows_of(std::size_t length, std::size_t cols);
  void require(bool condition, const char* what);
  /// Requires it of op `op` of a plan.
  void require_of_op(bool condition, const char* what, int64_t op);
  /// Requires that the engine did as it was told. If not, an exception is pending or the environment ends: none is thrown.
  void require_done(napi_status status) { ok_ = ok_ && status == napi_ok; }
  /// Throws what a native status says.
  void check(const Status& status);

  bool ok() const { return ok_; }
  /// The element type of the call's float arrays: all have the same.
  DType dtype() const { return dtype_; }
  napi_env env() const { return env_; }
  const Function* function() const { return function_; }
  napi_value result(double value) const;
  napi_value result(bool value) const;

 private:
  Floats floats_of(napi_value value, const char* name);
  template <class Read> Floats as_float64s(Read&& read);
  void fail(Code code, const char* format, ...);

  napi_env env_;
  napi_callback_info info_;
  const Function* function_ = nullptr;
  napi_value self_ = nullptr;
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
