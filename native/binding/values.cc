#include "values.h"

#include <cstring>

namespace chainrule::binding {
namespace {

const char* name_of(Code code) {
  switch (code) {
    case Code::out_of_memory: return "OUT_OF_MEMORY";
    case Code::out_of_range: return "OUT_OF_RANGE";
    case Code::unsupported: return "UNSUPPORTED";
    default: return "INVALID_ARGUMENT";
  }
}

double number_of(napi_env env, napi_value value, double otherwise) {
  double number = otherwise;
  return napi_get_value_double(env, value, &number) == napi_ok ? number : otherwise;
}

std::size_t whole_of(napi_env env, napi_value value) {
  const double d = number_of(env, value, -1);
  return d >= 0 && d <= 9007199254740992.0 && d == static_cast<double>(static_cast<uint64_t>(d)) ? static_cast<std::size_t>(d) : kNoNumber;
}

napi_value make_text(napi_env env, const char* text) {
  napi_value value = nullptr;
  return napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value) == napi_ok ? value : nullptr;
}

napi_value make_number(napi_env env, double number) {
  napi_value value = nullptr;
  return napi_create_double(env, number, &value) == napi_ok ? value : nullptr;
}

}  // namespace

napi_valuetype type_of(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  return napi_typeof(env, value, &type) == napi_ok ? type : napi_undefined;
}

napi_value make_error(napi_env env, const Status& status, const char* message) {
  const bool range = status.code == Code::out_of_range;
  const napi_value text = make_text(env, message), code = make_text(env, name_of(status.code));
  napi_value error = nullptr;
  if ((range ? napi_create_range_error : napi_create_error)(env, code, text, &error) != napi_ok || !range) return error;
  // Which element and what it held travel as properties, so that the caller can name them in its own words.
  const napi_value where = make_number(env, static_cast<double>(status.where)), value = make_number(env, static_cast<double>(status.value));
  const bool told = napi_set_named_property(env, error, "where", where) == napi_ok && napi_set_named_property(env, error, "value", value) == napi_ok;
  return told ? error : nullptr;
}

void throw_error(napi_env env, const Status& status, const char* message) {
  if (const napi_value error = make_error(env, status, message)) napi_throw(env, error);
}

napi_value copied_array(napi_env env, napi_typedarray_type type, const void* from, std::size_t length, std::size_t element) {
  void* to = nullptr;
  napi_value buffer = nullptr, array = nullptr;
  if (napi_create_arraybuffer(env, length * element, &to, &buffer) != napi_ok) return nullptr;
  if (length) std::memcpy(to, from, length * element);
  return napi_create_typedarray(env, type, length, buffer, 0, &array) == napi_ok ? array : nullptr;
}

ObjectMaker::ObjectMaker(napi_env env) : env_(env) {
  if (napi_create_object(env, &object_) != napi_ok) object_ = nullptr;
}
ObjectMaker& ObjectMaker::set(const char* name, napi_value value) {
  if (object_ && napi_set_named_property(env_, object_, name, value) != napi_ok) object_ = nullptr;
  return *this;
}
ObjectMaker& ObjectMaker::set(const char* name, double value) { return set(name, make_number(env_, value)); }
ObjectMaker& ObjectMaker::set(const char* name, const char* text) { return set(name, make_text(env_, text)); }

ArrayMaker::ArrayMaker(napi_env env) : env_(env) {
  if (napi_create_array(env, &array_) != napi_ok) array_ = nullptr;
}
void ArrayMaker::push(napi_value value) {
  if (array_ && napi_set_element(env_, array_, length_++, value) != napi_ok) array_ = nullptr;
}
void ArrayMaker::push(const char* text) { push(make_text(env_, text)); }

ArrayReader::ArrayReader(napi_env env, napi_value value) : env_(env), array_(value) {
  ok_ = napi_is_array(env, value, &ok_) == napi_ok && ok_ && napi_get_array_length(env, value, &length_) == napi_ok;
}
napi_value ArrayReader::at(uint32_t i) const {
  napi_value value = nullptr;
  return napi_get_element(env_, array_, i, &value) == napi_ok ? value : nullptr;
}
double ArrayReader::number(uint32_t i, double otherwise) const { return number_of(env_, at(i), otherwise); }
std::size_t ArrayReader::whole(uint32_t i) const { return whole_of(env_, at(i)); }

napi_value ObjectReader::get(const char* name) const {
  napi_value value = nullptr;
  return napi_get_named_property(env_, object_, name, &value) == napi_ok ? value : nullptr;
}
bool ObjectReader::flag(const char* name) const {
  bool value = false;
  return napi_get_value_bool(env_, get(name), &value) == napi_ok && value;
}
double ObjectReader::number(const char* name, double otherwise) const { return number_of(env_, get(name), otherwise); }
std::size_t ObjectReader::whole(const char* name, std::size_t missing) const {
  const napi_value value = get(name);
  return missing != kNoNumber && type_of(env_, value) == napi_undefined ? missing : whole_of(env_, value);
}
int32_t ObjectReader::small(const char* name, int32_t missing) const {
  const std::size_t n = whole(name, missing < 0 ? kNoNumber : static_cast<std::size_t>(missing));
  return n < 0x7fffffff ? static_cast<int32_t>(n) : -1;
}
int ObjectReader::index(const char* name, const char* const* names, std::size_t count) const {
  char text[64] = "";
  std::size_t length = 0;  // a longer text is cut, and then equals none of the names
  if (napi_get_value_string_utf8(env_, get(name), text, sizeof text, &length) != napi_ok) return -1;
  for (std::size_t i = 0; i < count; i++)
    if (length == std::strlen(names[i]) && std::strcmp(text, names[i]) == 0) return static_cast<int>(i);
  return -1;
}

}  // namespace chainrule::binding
