// Fills the kernel table of one instruction set. Compiled once for each, in its own namespace; the only file of the
// kernels whose symbol the rest of the program links to.
#include "results.h"
#include "table.h"

#define CHAINRULE_TEXT(x) CHAINRULE_TEXT_OF(x)
#define CHAINRULE_TEXT_OF(x) #x

namespace chainrule {
namespace CHAINRULE_ISA {

// One per kernel source.
void fill_gemm(KernelTable* table);
void fill_peak(KernelTable* table);
void fill_unary_f32(KernelTable* table);
void fill_unary_f64(KernelTable* table);
void fill_binary(KernelTable* table);
void fill_reductions(KernelTable* table);
void fill_softmax(KernelTable* table);
void fill_cross_entropy(KernelTable* table);
void fill_losses(KernelTable* table);
void fill_normalization(KernelTable* table);
void fill_layout(KernelTable* table);
void fill_dropout(KernelTable* table);
void fill_embedding(KernelTable* table);
void fill_optimizers(KernelTable* table);

size_t far_bytes = SIZE_MAX;

void fill(KernelTable* table) {
  table->isa = CHAINRULE_TEXT(CHAINRULE_ISA);
  table->lanes32 = Vec<float>::lanes;
  table->lanes64 = Vec<double>::lanes;
  table->far_bytes = &far_bytes;
  fill_gemm(table);
  fill_peak(table);
  fill_unary_f32(table);
  fill_unary_f64(table);
  fill_binary(table);
  fill_reductions(table);
  fill_softmax(table);
  fill_cross_entropy(table);
  fill_losses(table);
  fill_normalization(table);
  fill_layout(table);
  fill_dropout(table);
  fill_embedding(table);
  fill_optimizers(table);
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
