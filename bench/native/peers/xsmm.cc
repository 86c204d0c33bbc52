// libxsmm as a contender: it compiles a kernel for one whole shape; only NN, one thread, and the sizes it is meant for.
#include <libxsmm.h>

namespace {

libxsmm_smmfunction dispatch(int m, int n, int k, float alpha, float beta, int flags) {
  return libxsmm_smmdispatch(m, n, k, nullptr, nullptr, nullptr, &alpha, &beta, &flags, nullptr);
}
libxsmm_dmmfunction dispatch(int m, int n, int k, double alpha, double beta, int flags) {
  return libxsmm_dmmdispatch(m, n, k, nullptr, nullptr, nullptr, &alpha, &beta, &flags, nullptr);
}

template <class T>
bool multiply(bool transpose_a, bool transpose_b, int m, int n, int k, const T* a, const T* b, T* c) {
  static int last_m = 0, last_n = 0, last_k = 0;
  static decltype(dispatch(0, 0, 0, T(1), T(0), 0)) kernel = nullptr;
  if (transpose_a || transpose_b || static_cast<double>(m) * n * k > 256.0 * 256 * 256) return false;
  if (m != last_m || n != last_n || k != last_k) {
    kernel = dispatch(n, m, k, T(1), T(0), 0);  // as column-major
    last_m = m, last_n = n, last_k = k;
  }
  if (!kernel) return false;
  kernel(b, a, c);
  return true;
}

}  // namespace

extern "C" {
__attribute__((visibility("default"))) void peer_threads(int) {}

__attribute__((visibility("default"))) bool peer_sgemm(bool transpose_a, bool transpose_b, int m, int n, int k, const float* a, const float* b, float* c) {
  return multiply(transpose_a, transpose_b, m, n, k, a, b, c);
}
__attribute__((visibility("default"))) bool peer_dgemm(bool transpose_a, bool transpose_b, int m, int n, int k, const double* a, const double* b, double* c) {
  return multiply(transpose_a, transpose_b, m, n, k, a, b, c);
}
}
