// A very small test harness: a test registers itself, CHECK records a failure and goes on.
#pragma once
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace chainrule::test {

struct Case {
  const char* name;
  void (*body)();
};
inline std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}
struct Register {
  Register(const char* name, void (*body)()) { cases().push_back({name, body}); }
};
inline int& failures() {
  static int n = 0;
  return n;
}
inline long& checks() {
  static long n = 0;
  return n;
}
/// What a test is about, printed if the program crashes.
inline const char*& doing() {
  static const char* text = "";
  return text;
}
/// Records a failed check; prints the first few of each test only.
inline void fail(const char* file, int line, const std::string& text) {
  if (++failures() <= 40) std::printf("    %s:%d: %s\n", file, line, text.c_str());
}

}  // namespace chainrule::test

#define TEST(name)                                                              \
  static void test_##name();                                                    \
  static const ::chainrule::test::Register register_##name(#name, test_##name); \
  static void test_##name()

#define CHECK(condition) CHECK_MESSAGE(condition, #condition)
#define CHECK_MESSAGE(condition, message)                                                          \
  do {                                                                                             \
    ::chainrule::test::checks()++;                                                                 \
    if (!(condition)) ::chainrule::test::fail(__FILE__, __LINE__, ::std::string(message)); \
  } while (0)
