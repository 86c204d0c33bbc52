// Owned memory aligned to 64 bytes (a cache line, and the widest vector), large blocks on large pages.
#pragma once
#include <cstddef>
#include <cstdlib>
#include <utility>

#include "large_pages.h"
#ifdef _WIN32
#include <malloc.h>
#endif

namespace chainrule {

inline constexpr std::size_t kAlignment = 64;

inline void* aligned_allocate(std::size_t bytes) {
  const std::size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  if (rounded < bytes) return nullptr;
#ifdef _WIN32
  return _aligned_malloc(rounded ? rounded : kAlignment, kAlignment);
#else
  void* const p = std::aligned_alloc(kAlignment, rounded ? rounded : kAlignment);
  if (p) prefer_large_pages(p, rounded);
  return p;
#endif
}

inline void aligned_free(void* p) {
#ifdef _WIN32
  _aligned_free(p);
#else
  std::free(p);
#endif
}

/// A growing block of uninitialised, aligned bytes. Growing does not keep the contents.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  AlignedBuffer(const AlignedBuffer&) = delete;
  AlignedBuffer& operator=(const AlignedBuffer&) = delete;
  AlignedBuffer(AlignedBuffer&& o) noexcept : data_(std::exchange(o.data_, nullptr)), bytes_(std::exchange(o.bytes_, 0)) {}
  ~AlignedBuffer() { aligned_free(data_); }

  /// At least `bytes` bytes, or nullptr when there is no memory (the old block is then kept).
  void* reserve(std::size_t bytes) {
    if (bytes <= bytes_ && data_) return data_;
    void* p = aligned_allocate(bytes);
    if (!p) return nullptr;
    aligned_free(data_);
    data_ = p;
    bytes_ = bytes;
    return p;
  }
  void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace chainrule
