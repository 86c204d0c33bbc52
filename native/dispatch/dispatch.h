// Chooses the kernel table for this process: the best the processor has, or what CHAINRULE_ISA names.
#pragma once
#include <string>

#include "../base/cpu.h"
#include "../kernels/table.h"

namespace chainrule {

/// The table of one instruction set, or null if this build or this processor does not have it.
const KernelTable* kernel_table(Isa isa);

/// A table, or none and what to do about it.
struct Choice {
  const KernelTable* table = nullptr;
  std::string error;
};

/// The table of the instruction set of that name, the best one for no name.
Choice choose_table(const std::string& name);

/// What this process runs: chosen once, by CHAINRULE_ISA.
const Choice& chosen_table();

/// Its table; null if CHAINRULE_ISA names something that cannot be had.
const KernelTable* active_table();

}  // namespace chainrule
