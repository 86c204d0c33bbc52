// Copies rows of a data set into a batch, by row index, with conversion and scaling.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace chainrule {

inline void prefetch_line(const void* address) {
#if defined(__GNUC__)
  __builtin_prefetch(address);
#else
  (void)address;
#endif
}

/// Asks for what will be read soon.
inline void prefetch_lines(const void* address, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i += 64) prefetch_line(static_cast<const char*>(address) + i);
}

/// out[i, :] = scale·x[rows[i], :], i < count; x is [·, cols]. The caller has checked every row index.
template <class Source, class T>
void gather_rows(const Source* x, std::size_t cols, const int32_t* rows, std::size_t count, double scale, T* out) {
  const T factor = static_cast<T>(scale);
  // Shuffled rows of a large data set come from memory: each is asked for while some before it are copied.
  constexpr std::size_t ahead = 8, line = 64 / sizeof(Source), most = 16;
  for (std::size_t i = 0; i < count; i++) {
    const Source* from = x + static_cast<std::size_t>(rows[i]) * cols;
    T* to = out + i * cols;
    if (i + ahead < count) {
      const Source* const next = x + static_cast<std::size_t>(rows[i + ahead]) * cols;
      for (std::size_t c = 0; c < cols && c < most * line; c += line) prefetch_line(next + c);
    }
    if (std::is_same_v<Source, T> && scale == 1.0) {
      std::memcpy(to, from, cols * sizeof(T));
    } else {
      for (std::size_t c = 0; c < cols; c++) to[c] = static_cast<T>(from[c]) * factor;
    }
  }
}

/// The first i with rows[i] outside [0, limit), or count.
inline std::size_t first_bad_row(const int32_t* rows, std::size_t count, std::size_t limit) {
  for (std::size_t i = 0; i < count; i++)
    if (rows[i] < 0 || static_cast<std::size_t>(rows[i]) >= limit) return i;
  return count;
}

}  // namespace chainrule
