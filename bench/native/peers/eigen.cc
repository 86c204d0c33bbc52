// Eigen's float32 GEMM as a contender, a library of its own because it is compiled for this machine.
#include <Eigen/Core>

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

extern "C" {
__attribute__((visibility("default"))) void peer_threads(int n) { Eigen::setNbThreads(n); }

__attribute__((visibility("default"))) bool peer_sgemm(bool transpose_a, bool transpose_b, int m, int n, int k, const float* a, const float* b, float* c) {
  const Eigen::Map<const Matrix> left(a, transpose_a ? k : m, transpose_a ? m : k), right(b, transpose_b ? n : k, transpose_b ? k : n);
  Eigen::Map<Matrix> out(c, m, n);
  if (transpose_a) out.noalias() = left.transpose() * right;
  else if (transpose_b) out.noalias() = left * right.transpose();
  else out.noalias() = left * right;
  return true;
}
}
