// The limit that GEMM is measured against.
#pragma once
#include "../kernels/table.h"

namespace chainrule {

/// FMA peak of `threads` threads at once, in GFLOP/s: the best of about thirty bursts of some milliseconds.
template <class T>
double fma_peak(const KernelTable& table, int threads);

}  // namespace chainrule
