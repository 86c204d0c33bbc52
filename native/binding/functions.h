// The exported functions, by file, and what they share. Each converts, checks, calls one native operation, maps errors.
#pragma once
#include "../base/thread_pool.h"
#include "../kernels/table.h"
#include "arguments.h"

namespace chainrule::binding {

/// The kernel table of this process; module start fails without one.
const KernelTable& kernels();
inline ThreadPool& pool() { return ThreadPool::global(); }

/// A file's functions, ended by a null name.
extern const Function kElementwiseFunctions[];
extern const Function kRowFunctions[];
extern const Function kLayerFunctions[];
extern const Function kLayoutFunctions[];
extern const Function kLossFunctions[];
extern const Function kMatrixFunctions[];
extern const Function kOptimizerFunctions[];
extern const Function kParameterFunctions[];
extern const Function kRandomFunctions[];
extern const Function kSystemFunctions[];

}  // namespace chainrule::binding
