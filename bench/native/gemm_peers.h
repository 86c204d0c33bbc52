// The other libraries' float32 GEMM, loaded at run time where they are installed.
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
struct Peer {
  virtual ~Peer() = default;
  std::string name;
  virtual bool run(const Shape& s, const float* a, const float* b, float* c) = 0;
};

/// OpenBLAS and BLIS (and anything else with the C interface of BLAS).
struct CblasPeer : Peer {
  using Sgemm = void (*)(int, int, int, int, int, int, float, const float*, int, const float*, int, float, float*, int);
  Sgemm sgemm = nullptr;
  bool run(const Shape& s, const float* a, const float* b, float* c) override {
    constexpr int row_major = 101, no_transpose = 111, transpose = 112;
    sgemm(row_major, s.transpose_a ? transpose : no_transpose, s.transpose_b ? transpose : no_transpose, s.m, s.n, s.k, 1.0f, a, s.transpose_a ? s.m : s.k, b,
          s.transpose_b ? s.k : s.n, 0.0f, c, s.n);
    return true;
  }
};

struct OneDnnPeer : Peer {
  using Sgemm = int (*)(char, char, int64_t, int64_t, int64_t, float, const float*, int64_t, const float*, int64_t, float, float*, int64_t);
  Sgemm sgemm = nullptr;
  bool run(const Shape& s, const float* a, const float* b, float* c) override {
    return sgemm(s.transpose_a ? 'T' : 'N', s.transpose_b ? 'T' : 'N', s.m, s.n, s.k, 1.0f, a, s.transpose_a ? s.m : s.k, b, s.transpose_b ? s.k : s.n, 0.0f, c, s.n) == 0;
  }
};

/// Libraries that are compiled for this machine or linked whole: see peers/.
struct BuiltPeer : Peer {
  using Sgemm = bool (*)(bool, bool, int, int, int, const float*, const float*, float*);
  Sgemm sgemm = nullptr;
  bool run(const Shape& s, const float* a, const float* b, float* c) override { return sgemm(s.transpose_a, s.transpose_b, s.m, s.n, s.k, a, b, c); }
};

template <class P, class Member>
inline void load_peer(std::vector<Peer*>* peers, const char* name, const char* library, const char* symbol, Member P::*member, int threads) {
  void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  void* function = handle ? dlsym(handle, symbol) : nullptr;
  if (!function) {
    std::fprintf(stderr, "%s is left out: %s cannot be loaded\n", name, library);
    return;
  }
  if (void* set = dlsym(handle, "peer_threads")) reinterpret_cast<void (*)(int)>(set)(threads);
  auto* peer = new P;
  peer->name = name;
  peer->*member = reinterpret_cast<Member>(function);
  peers->push_back(peer);
}

/// Every peer that can be loaded. The libraries read their settings from the environment when they are loaded.
inline std::vector<Peer*> load_peers(int threads, bool avx512) {
  const std::string count = std::to_string(threads);
  for (const char* name : {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "BLIS_NUM_THREADS"}) setenv(name, count.c_str(), 1);
  // Older versions take newer processors for very old ones: they get their best kernels all the same.
  setenv("LIBXSMM_TARGET", avx512 ? "clx" : "hsw", 0);
  setenv("OPENBLAS_CORETYPE", avx512 ? "Cooperlake" : "Haswell", 0);
  std::vector<Peer*> peers;
  load_peer(&peers, "openblas", "libopenblas.so.0", "cblas_sgemm", &CblasPeer::sgemm, threads);
  load_peer(&peers, "blis", "libblis.so.4", "cblas_sgemm", &CblasPeer::sgemm, threads);
  load_peer(&peers, "onednn", "libdnnl.so.2", "dnnl_sgemm", &OneDnnPeer::sgemm, threads);
  load_peer(&peers, "eigen", CHAINRULE_PEERS "/libeigen_peer.so", "peer_sgemm", &BuiltPeer::sgemm, threads);
  if (threads == 1) load_peer(&peers, "libxsmm", CHAINRULE_PEERS "/libxsmm_peer.so", "peer_sgemm", &BuiltPeer::sgemm, threads);
  return peers;
}

}  // namespace chainrule::bench
