#include "reclaim.h"

#include <atomic>

#include "background.h"
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace chainrule {

void note_freed(std::size_t bytes) {
#ifdef __GLIBC__
  static std::atomic<std::size_t> freed{0};
  const std::size_t before = freed.fetch_add(bytes, std::memory_order_relaxed);
  if (before / kReclaimEvery != (before + bytes) / kReclaimEvery) Background::global().submit([] { malloc_trim(0); });
#else
  static_cast<void>(bytes);
#endif
}

}  // namespace chainrule
