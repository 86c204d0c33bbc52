// The elementwise ops of one input in float32.
#include "unary_ops.h"

namespace chainrule {
namespace CHAINRULE_ISA {

void fill_unary_f32(KernelTable* table) {
  table->unary_count = UnaryOps::size;
  table->unary_info = unary_infos(UnaryOps{});
  table->f32.unary = unary_kernels<float>(UnaryOps{});
}

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
