// The other libraries' GEMM, loaded at run time where they are installed.
#pragma once
#include <dlfcn.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace chainrule::bench {

/// One product, row-major and dense: C[m,n] = op(A)·op(B).
struct Shape {
  const char* role;
  bool transpose_a, transpose_b;
  int m, n, k;
  double flops() const { return 2.0 * m * n * k; }
};

/// A contender: computes the shape, or returns false if it cannot.
template <class T>
struct Peer {
  virtual ~Peer() = default;
  std::string name;
  virtual bool run(const Shape& s, const T* a, const T* b, T* c) = 0;
};

/// OpenBLAS and BLIS (and anything else with the C interface of BLAS).
template <class T>
struct CblasPeer : Peer<T> {
  using Gemm = void (*)(int, int, int, int, int, int, T, const T*, int, const T*, int, T, T*, int);
  Gemm gemm = nullptr;
  bool run(const Shape& s, const T* a, const T* b, T* c) override {
    constexpr int row_major = 101, no_transpose = 111, transpose = 112;
    gemm(row_major, s.transpose_a ? transpose : no_transpose, s.transpose_b ? transpose : no_transpose, s.m, s.n, s.k, T(1), a, s.transpose_a ? s.m : s.k, b,
         s.transpose_b ? s.k : s.n, T(0), c, s.n);
    return true;
  }
};

/// float32 only: the library offers no other.
struct OneDnnPeer : Peer<float> {
  using Gemm = int (*)(char, char, int64_t, int64_t, int64_t, float, const float*, int64_t, const float*, int64_t, float, float*, int64_t);
  Gemm gemm = nullptr;
  bool run(const Shape& s, const float* a, const float* b, float* c) override {
    return gemm(s.transpose_a ? 'T' : 'N', s.transpose_b ? 'T' : 'N', s.m, s.n, s.k, 1.0f, a, s.transpose_a ? s.m : s.k, b, s.transpose_b ? s.k : s.n, 0.0f, c, s.n) == 0;
  }
};

/// Libraries that are compiled for this machine or linked whole: see peers/.
template <class T>
struct BuiltPeer : Peer<T> {
  using Gemm = bool (*)(bool, bool, int, int, int, const T*, const T*, T*);
  Gemm gemm = nullptr;
  bool run(const Shape& s, const T* a, const T* b, T* c) override { return gemm(s.transpose_a, s.transpose_b, s.m, s.n, s.k, a, b, c); }
};

template <class P, class T>
inline void load_peer(std::vector<Peer<T>*>* peers, const char* name, const char* library, const char* symbol, int threads) {
  void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  void* function = handle ? dlsym(handle, symbol) : nullptr;
  if (!function) {
    std::fprintf(stderr, "%s is left out: %s cannot be loaded\n", name, library);
    return;
  }
  if (void* set = dlsym(handle, "peer_threads")) reinterpret_cast<void (*)(int)>(set)(threads);
  auto* peer = new P;
  peer->name = name;
  peer->gemm = reinterpret_cast<typename P::Gemm>(function);
  peers->push_back(peer);
}

/// Every peer that can be loaded. The libraries read their settings from the environment when they are loaded.
template <class T>
inline std::vector<Peer<T>*> load_peers(int threads, bool avx512) {
  const std::string count = std::to_string(threads);
  for (const char* name : {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "BLIS_NUM_THREADS"}) setenv(name, count.c_str(), 1);
  // Older versions take newer processors for very old ones: they get their best kernels all the same.
  setenv("LIBXSMM_TARGET", avx512 ? "clx" : "hsw", 0);
  setenv("OPENBLAS_CORETYPE", avx512 ? "Cooperlake" : "Haswell", 0);
  constexpr bool single = sizeof(T) == 4;
  std::vector<Peer<T>*> peers;
  load_peer<CblasPeer<T>>(&peers, "openblas", "libopenblas.so.0", single ? "cblas_sgemm" : "cblas_dgemm", threads);
  load_peer<CblasPeer<T>>(&peers, "blis", "libblis.so.4", single ? "cblas_sgemm" : "cblas_dgemm", threads);
  if constexpr (single) load_peer<OneDnnPeer>(&peers, "onednn", "libdnnl.so.2", "dnnl_sgemm", threads);
  load_peer<BuiltPeer<T>>(&peers, "eigen", CHAINRULE_PEERS "/libeigen_peer.so", single ? "peer_sgemm" : "peer_dgemm", threads);
  if (threads == 1) load_peer<BuiltPeer<T>>(&peers, "libxsmm", CHAINRULE_PEERS "/libxsmm_peer.so", single ? "peer_sgemm" : "peer_dgemm", threads);
  return peers;
}

}  // namespace chainrule::bench
