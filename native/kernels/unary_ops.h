// Every elementwise op of one input. The order of this list is the order of the kernel table.
#pragma once
#include "activations.h"
#include "arithmetic.h"

namespace chainrule {
namespace CHAINRULE_ISA {

using UnaryOps = UnaryList<
    Identity, Sigmoid, Tanh, HardTanh, Relu, LeakyRelu, Elu, Relu6, Selu, Softplus, Softsign, Gelu, GeluTanh, Silu, Mish,
    HardSigmoid, HardSwish, LogSigmoid,
    Negate, Exp, Expm1, Log, Log1p, Reciprocal, Sqrt, Square, Abs, Scale, AddConstant, Power, Sin, Cos, Clip>;

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
