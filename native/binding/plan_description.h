// Reads what a plan is made from out of JS objects.
#pragma once
#include "../plan/plan.h"
#include "arguments.h"

namespace chainrule::binding {

/// What JS calls the kinds of ops, by OpKind.
extern const char* const kOpNames[static_cast<int>(OpKind::count)];

/// The description that is argument 0, without buffers and counters. Numbers that are none become kNone or −1, which
/// validate() rejects wherever it matters.
PlanDescription read_description(Arguments& a);

}  // namespace chainrule::binding
