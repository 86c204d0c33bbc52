// The elementwise ops of one input in float64.
#include "unary_ops.h"

namespace chainrule {
namespace CHAINRULE_ISA {

void fill_unary_f64(KernelTable* table) {
  table->unary_count = UnaryOps::size;
  table->unary_info = unary_infos(UnaryOps{});
  table->f64.unary = unary_kernels<double>(UnaryOps{});
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
