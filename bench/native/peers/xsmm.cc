// libxsmm as a contender: it compiles a kernel for one whole shape; only NN, one thread, and the sizes it is meant for.
#include <libxsmm.h>

extern "C" {
__attribute__((visibility("default"))) void peer_threads(int) {}

__attribute__((visibility("default"))) bool peer_sgemm(bool transpose_a, bool transpose_b, int m, int n, int k, const float* a, const float* b, float* c) {
  static int last_m = 0, last_n = 0, last_k = 0;
  static libxsmm_smmfunction kernel = nullptr;
  if (transpose_a || transpose_b || static_cast<double>(m) * n * k > 256.0 * 256 * 256) return false;
  if (m != last_m || n != last_n || k != last_k) {
    const float alpha = 1, beta = 0;
    const int flags = 0;
    kernel = libxsmm_smmdispatch(n, m, k, nullptr, nullptr, nullptr, &alpha, &beta, &flags, nullptr);  // as column-major
    last_m = m, last_n = n, last_k = k;
  }
  if (!kernel) return false;
  kernel(b, a, c);
  return true;
}
}
