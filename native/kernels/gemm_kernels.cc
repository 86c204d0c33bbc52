// GEMM's part of the kernel table.
#include "gemm_outer.h"
#include "gemv.h"
#include "table.h"

namespace chainrule {
namespace CHAINRULE_ISA {
namespace {

template <class T>
void fill_gemm_of(GemmKernels<T>* kernels) {
  kernels->lanes = Vec<T>::lanes;
  kernels->vectors = Tiles::vectors;
  kernels->rows = Tiles::rows;
  kernels->most_wide_rows = Tiles::most_wide_rows;
  kernels->wide = Tiles::wide;
  kernels->row_panel = row_panel;
  kernels->block = gemm_block<T>;
  kernels->dot = gemm_dot<T>;
  kernels->gemv = gemv<T>;
  kernels->outer = gemm_outer<T>;
  kernels->pack_a = pack_a<T>;
}

}  // namespace

void fill_gemm(KernelTable* table) {
  fill_gemm_of(&table->f32.gemm);
  fill_gemm_of(&table->f64.gemm);
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
