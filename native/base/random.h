// Random numbers from a counter: value i of a stream depends on (seed, stream, i) alone, never on what was drawn before.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace chainrule {

/// Philox 4x32 with 10 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

/// out = uniform in [low, high). T is float or double, with 24 or 53 random bits.
template <class T>
void random_uniform(size_t n, T* out, uint64_t seed, uint64_t stream, double low, double high);

/// out = normal (Box & Muller 1958, in double; float gets the same numbers, rounded).
template <class T>
void random_normal(size_t n, T* out, uint64_t seed, uint64_t stream, double mean, double standard_deviation);

/// out = the numbers 0 … n-1 in random order, every order equally likely (Fisher-Yates). n < 2^31.
void random_permutation(size_t n, int32_t* out, uint64_t seed, uint64_t stream);

}  // namespace chainrule
