// Where threads of a pool run: not on the processor of the thread that they help.
#pragma once
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

namespace chainrule {

/// Keeps the helpers of a pool off their caller's processor, on systems that pack threads that sleep often onto few processors: two
/// halves of a region then take as long as the whole, although a processor idles. Nothing is done until that has been seen to happen,
/// nor where the caller may run on fewer processors than there are threads, nor where the system does not tell (anything but Linux).
class Placement {
 public:
  /// For up to `helpers` threads, numbered from 0.
  explicit Placement(std::size_t helpers);

  /// The caller, at the start of a region: helpers on its processor are moved to others; if some are `asleep`, all that could wake up there.
  void enter(std::vector<std::thread>& helpers, bool asleep);
  /// A helper, once it has done what it found to do in a region.
  void note(std::size_t helper);

 private:
  struct Helper {
    std::atomic<int> at{-1};  ///< the processor it was seen on last
    int avoids = -1;          ///< the processor that it may not use
  };

  std::unique_ptr<Helper[]> helpers_;
  std::atomic<int> caller_{-1};        // the processor of the region's caller
  std::atomic<bool> crowded_{false};   // a helper was seen on its caller's processor
  bool allowed_ = true;                // the system lets us choose
  std::chrono::steady_clock::time_point moved_{};
};

}  // namespace chainrule
