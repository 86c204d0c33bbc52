// Where a pool's threads run: off the caller's processor once they were seen there, and only where there is another.
#include "../../native/base/placement.h"

#include "check.h"

#if defined(__linux__)
#include <pthread.h>
#include <sched.h>

#include <latch>

using namespace chainrule;

namespace {

cpu_set_t processors_of(pthread_t thread) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  CHECK(pthread_getaffinity_np(thread, sizeof mask, &mask) == 0);
  return mask;
}

void pin(int processor) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  CPU_SET(static_cast<unsigned>(processor), &mask);
  CHECK(pthread_setaffinity_np(pthread_self(), sizeof mask, &mask) == 0);
}

/// A helper that was seen on its caller's processor; then the caller, on one of `allowed`, enters another region. Its helper's processors.
cpu_set_t after_a_crowd(const cpu_set_t& allowed, int processor) {
  Placement placement(3);  // as where the system gave fewer threads than were asked for
  std::latch entered(1), noted(1), looked(1);
  std::vector<std::thread> helpers;
  helpers.emplace_back([&] {
    entered.wait();
    pin(processor);
    placement.note(0);
    noted.count_down();
    looked.wait();
  });
  pin(processor);
  placement.enter(helpers, false);
  entered.count_down();
  noted.wait();
  CHECK(pthread_setaffinity_np(pthread_self(), sizeof allowed, &allowed) == 0);
  placement.enter(helpers, true);
  const cpu_set_t after = processors_of(helpers[0].native_handle());
  looked.count_down();
  helpers[0].join();
  return after;
}

}  // namespace

TEST(placement_keeps_helpers_off_the_callers_processor) {
  const cpu_set_t all = processors_of(pthread_self());
  const int here = sched_getcpu();
  if (here < 0 || CPU_COUNT(&all) < 2) return;
  const cpu_set_t after = after_a_crowd(all, here);
  CHECK(CPU_COUNT(&after) == CPU_COUNT(&all) - 1);
  CHECK(pthread_setaffinity_np(pthread_self(), sizeof all, &all) == 0);
}

TEST(placement_leaves_helpers_alone_that_have_no_other_processor) {
  const cpu_set_t all = processors_of(pthread_self());
  const int here = sched_getcpu();
  if (here < 0) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<unsigned>(here), &one);
  const cpu_set_t after = after_a_crowd(one, here);
  CHECK(CPU_COUNT(&after) == 1 && CPU_ISSET(static_cast<unsigned>(here), &after));
  CHECK(pthread_setaffinity_np(pthread_self(), sizeof all, &all) == 0);
}
#endif
