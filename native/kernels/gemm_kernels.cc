// GEMM's part of the kernel table.
#include "gemm_dot.h"
#include "gemm_pack.h"
#include "table.h"

namespace chainrule {
namespace CHAINRULE_ISA {
namespace {

template <class T>
void fill_gemm_of(GemmKernels<T>* kernels) {
  kernels->lanes = Vec<T>::lanes;
  kernels->vectors = Tiles::vectors;
  kernels->rows = Tiles::rows;
  kernels->block = gemm_block<T>;
  kernels->dot = gemm_dot<T>;
  kernels->pack_a = pack_a<T>;
  kernels->pack_b = pack_b<T>;
}

}  // namespace

void fill_gemm(KernelTable* table) {
  fill_gemm_of(&table->f32.gemm);
  fill_gemm_of(&table->f64.gemm);
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
