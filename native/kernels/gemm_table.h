// What an instruction set offers to GEMM: its micro-kernels and packing. Used by gemm/, filled by kernels/instance.cc.
#pragma once
#include <stddef.h>

namespace chainrule {

template <class T>
struct GemmKernels {
  int mr, nr;  ///< rows and columns of the main tile
};

}  // namespace chainrule
