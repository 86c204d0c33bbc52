// Fills the kernel table of one instruction set. Compiled once for each, in its own namespace; the only file of the
// kernels whose symbol the rest of the program links to.
#include "table.h"

namespace chainrule {
namespace CHAINRULE_ISA {

// One per kernel source.
void fill_gemm(KernelTable* table);
void fill_peak(KernelTable* table);

void fill(KernelTable* table) {
  fill_gemm(table);
  fill_peak(table);
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
