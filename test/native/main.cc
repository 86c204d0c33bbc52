// Runs every registered test, or those whose name contains an argument. Ends with one line that counts them.
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

#include "../../native/dispatch/dispatch.h"
#include "check.h"

namespace {

const char* running = "";
void write_text(const char* text) {
  if (write(STDERR_FILENO, text, std::strlen(text)) < 0) std::_Exit(3);
}
// Sanitizers have a handler of their own, which says more.
[[maybe_unused]] void crashed(int signal) {
  for (const char* text : {"crashed in ", running, " ", chainrule::test::doing(), "\n"}) write_text(text);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace chainrule;
  std::printf("C++ tests on %s; instruction sets:", cpu_name());
  for (Isa i : {Isa::scalar, Isa::avx2, Isa::avx512, Isa::neon})
    if (kernel_table(i)) std::printf(" %s", isa_name(i));
  std::printf("\n");
  int passed = 0, failed = 0;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(signal, crashed);
#endif
  for (const test::Case& c : test::cases()) {
    bool wanted = argc < 2;
    for (int i = 1; i < argc; i++) wanted = wanted || std::strstr(c.name, argv[i]);
    if (!wanted) continue;
    test::failures() = 0;
    test::doing() = "";
    running = c.name;
    const long before = test::checks();
    c.body();
    const int n = test::failures();
    std::printf("  %s %s (%ld checks%s)\n", n ? "FAIL" : "ok  ", c.name, test::checks() - before, n ? (", " + std::to_string(n) + " failed").c_str() : "");
    std::fflush(stdout);
    n ? failed++ : passed++;
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed ? 1 : 0;
}
