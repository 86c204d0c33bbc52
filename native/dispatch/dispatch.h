// Chooses the kernel table for this process: the best the processor has, or what CHAINRULE_ISA names.
#pragma once
#include "../base/cpu.h"
#include "../kernels/table.h"

namespace chainrule {

/// The table of one instruction set, or null if this build or this processor does not have it.
const KernelTable* kernel_table(Isa isa);

/// The process's table; null if CHAINRULE_ISA names something that cannot be had, and `*error` then says what to do.
const KernelTable* active_table(const char** error = nullptr);

}  // namespace chainrule
