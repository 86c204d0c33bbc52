// Eigen's GEMM as a contender, a library of its own because it is compiled for this machine.
#include <Eigen/Core>

namespace {

template <class T>
bool multiply(bool transpose_a, bool transpose_b, int m, int n, int k, const T* a, const T* b, T* c) {
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const Matrix> left(a, transpose_a ? k : m, transpose_a ? m : k), right(b, transpose_b ? n : k, transpose_b ? k : n);
  Eigen::Map<Matrix> out(c, m, n);
  if (transpose_a) out.noalias() = left.transpose() * right;
  else if (transpose_b) out.noalias() = left * right.transpose();
  else out.noalias() = left * right;
  return true;
}

}  // namespace

extern "C" {
__attribute__((visibility("default"))) void peer_threads(int n) { Eigen::setNbThreads(n); }

__attribute__((visibility("default"))) bool peer_sgemm(bool transpose_a, bool transpose_b, int m, int n, int k, const float* a, const float* b, float* c) {
  return multiply(transpose_a, transpose_b, m, n, k, a, b, c);
}
__attribute__((visibility("default"))) bool peer_dgemm(bool transpose_a, bool transpose_b, int m, int n, int k, const double* a, const double* b, double* c) {
  return multiply(transpose_a, transpose_b, m, n, k, a, b, c);
}
}
