// Makes the ops of a plan, one function per family.
#pragma once
#include "../op.h"

namespace chainrule {

template <class T> std::unique_ptr<Op<T>> make_linear(const OpDescription& d);
template <class T> std::unique_ptr<Op<T>> make_elementwise(const OpDescription& d, const KernelTable& table);
template <class T> std::unique_ptr<Op<T>> make_rowwise(const OpDescription& d);
template <class T> std::unique_ptr<Op<T>> make_binary(const OpDescription& d);
template <class T> std::unique_ptr<Op<T>> make_sum(const OpDescription& d);
template <class T> std::unique_ptr<Op<T>> make_normalization(const OpDescription& d);
template <class T> std::unique_ptr<Op<T>> make_dropout(const OpDescription& d);
template <class T> std::unique_ptr<Op<T>> make_embedding(const OpDescription& d);
template <class T> std::unique_ptr<Op<T>> make_rearrange(const OpDescription& d);
template <class T> std::unique_ptr<Op<T>> make_reduce(const OpDescription& d);
template <class T> std::unique_ptr<Op<T>> make_matmul(const OpDescription& d);
template <class T> std::unique_ptr<Op<T>> make_constant(const OpDescription& d);

template <class T>
std::unique_ptr<Op<T>> make_op(const OpDescription& d, const KernelTable& table) {
  switch (d.kind) {
    case OpKind::linear: return make_linear<T>(d);
    case OpKind::unary:
    case OpKind::prelu: return make_elementwise<T>(d, table);
    case OpKind::softmax:
    case OpKind::log_softmax: return make_rowwise<T>(d);
    case OpKind::add:
    case OpKind::subtract: return make_sum<T>(d);
    case OpKind::multiply:
    case OpKind::divide:
    case OpKind::maximum:
    case OpKind::minimum:
    case OpKind::power:
    case OpKind::bound: return make_binary<T>(d);
    case OpKind::layer_norm:
    case OpKind::batch_norm: return make_normalization<T>(d);
    case OpKind::dropout: return make_dropout<T>(d);
    case OpKind::embedding:
    case OpKind::lookup: return make_embedding<T>(d);
    case OpKind::concat:
    case OpKind::columns:
    case OpKind::rearrange: return make_rearrange<T>(d);
    case OpKind::reduce: return make_reduce<T>(d);
    case OpKind::matmul: return make_matmul<T>(d);
    case OpKind::constant: return make_constant<T>(d);
    case OpKind::count: break;
  }
  return nullptr;
}

}  // namespace chainrule
