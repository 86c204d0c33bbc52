// JS values through raw Node-API, each call's status looked at. Where an environment is being ended (a worker that is terminated)
// any call may fail, and no exception can be made: what is read is then empty, what is made is null, and null goes back to the
// engine. node-addon-api's wrappers take such a failure for fatal and end the process.
#pragma once
#include <node_api.h>

#include <cstddef>
#include <cstdint>

#include "../base/status.h"

namespace chainrule::binding {

/// A typed array. data is null for a detached or empty one.
struct Elements {
  void* data = nullptr;
  std::size_t length = 0;
  napi_typedarray_type type = napi_int8_array;
};

/// False where the value is no typed array.
inline bool read_elements(napi_env env, napi_value value, Elements* e) {
  return napi_get_typedarray_info(env, value, &e->type, &e->length, &e->data, nullptr, nullptr) == napi_ok;
}

napi_valuetype type_of(napi_env env, napi_value value);

/// An error with the code, place and value of a status, or null. A RangeError where something was out of range.
napi_value make_error(napi_env env, const Status& status, const char* message);
/// Throws it, unless an exception is pending already.
void throw_error(napi_env env, const Status& status, const char* message);

/// A typed array of its own memory with these elements, or null.
napi_value copied_array(napi_env env, napi_typedarray_type type, const void* from, std::size_t length, std::size_t element);

/// Makes an object, property by property.
class ObjectMaker {
 public:
  explicit ObjectMaker(napi_env env);
  ObjectMaker& set(const char* name, napi_value value);
  ObjectMaker& set(const char* name, double value);
  ObjectMaker& set(const char* name, const char* text);
  /// Null if anything failed.
  napi_value value() const { return object_; }

 private:
  napi_env env_;
  napi_value object_ = nullptr;
};

/// Makes an array, element by element.
class ArrayMaker {
 public:
  explicit ArrayMaker(napi_env env);
  void push(napi_value value);
  void push(const char* text);
  napi_value value() const { return array_; }

 private:
  napi_env env_;
  napi_value array_ = nullptr;
  uint32_t length_ = 0;
};

/// A whole number of a description that is none, or is missing.
inline constexpr std::size_t kNoNumber = static_cast<std::size_t>(-1);

/// Reads a JS array.
class ArrayReader {
 public:
  /// Empty, and not ok, where the value is no array.
  ArrayReader(napi_env env, napi_value value);
  bool ok() const { return ok_; }
  uint32_t length() const { return length_; }
  /// Null where a getter threw or the environment ends.
  napi_value at(uint32_t i) const;
  double number(uint32_t i, double otherwise) const;
  std::size_t whole(uint32_t i) const;

 private:
  napi_env env_;
  napi_value array_;
  uint32_t length_ = 0;
  bool ok_ = false;
};

/// Reads the properties of a JS object. What has another type than is asked for counts as missing.
class ObjectReader {
 public:
  ObjectReader(napi_env env, napi_value object) : env_(env), object_(object) {}
  /// Null where a getter threw or the environment ends.
  napi_value get(const char* name) const;
  bool flag(const char* name) const;
  double number(const char* name, double otherwise) const;
  /// kNoNumber where it is no integer in [0, 2^53], `missing` where it is undefined.
  std::size_t whole(const char* name, std::size_t missing = kNoNumber) const;
  /// −1 where it is no integer in [0, 2^31 − 1).
  int32_t small(const char* name, int32_t missing = -1) const;
  /// Which of the names it is, or −1.
  template <std::size_t N>
  int index(const char* name, const char* const (&names)[N]) const { return index(name, names, N); }
  ArrayReader list(const char* name) const { return {env_, get(name)}; }

 private:
  int index(const char* name, const char* const* names, std::size_t count) const;

  napi_env env_;
  napi_value object_;
};

/// Frees the handles that are made while it lives: for loops over long lists.
class HandleScope {
 public:
  explicit HandleScope(napi_env env) : env_(env) {
    if (napi_open_handle_scope(env, &scope_) != napi_ok) scope_ = nullptr;
  }
  ~HandleScope() {
    if (scope_) napi_close_handle_scope(env_, scope_);
  }
  HandleScope(const HandleScope&) = delete;
  HandleScope& operator=(const HandleScope&) = delete;

 private:
  napi_env env_;
  napi_handle_scope scope_ = nullptr;
};

}  // namespace chainrule::binding
