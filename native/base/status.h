// The result of a native operation: what went wrong and with which value. Nothing in native code throws or aborts.
#pragma once
#include <cstdint>

namespace chainrule {

enum class Code : int32_t {
  ok = 0,
  invalid_argument,  ///< a size, pointer or option that no caller should pass
  out_of_range,      ///< a label or index outside its range; `where` and `value` say which
  out_of_memory,
  unsupported,
};

/// Status of an operation. `what` is a static string (never freed); `where` is an element index or -1.
struct Status {
  Code code = Code::ok;
  const char* what = "";
  int64_t where = -1;
  int64_t value = 0;
  bool ok() const { return code == Code::ok; }
};

inline Status invalid(const char* what) { return {Code::invalid_argument, what}; }

}  // namespace chainrule
