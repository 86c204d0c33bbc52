// A library to preload: lets the n-th system call on files whose path holds FAULT_PATH fail, come short, or end the process;
// and lets the n-th large allocation, new thread, new object of the addon, or call of the addon into the engine fail, with n in
// the first bytes of the file FAULT_CONTROL.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_int calls;
static int at, failure, kill_before, kill_after, halve;
static const char* wanted;
static char watched[4096];
static struct { atomic_int allocations, threads, objects, engine; }* control;

/// Whether this is the one that the control file says to refuse.
#define REFUSED(kind) (control && atomic_load(&control->kind) > 0 && atomic_fetch_sub(&control->kind, 1) == 1)

#define REAL(result, name, ...) \
  static result (*real)(__VA_ARGS__); \
  if (!real) *(void**)&real = dlsym(RTLD_NEXT, name)

__attribute__((constructor)) static void start(void) {
  wanted = getenv("FAULT_PATH");
  const char* n = getenv("FAULT_AT");
  at = n ? atoi(n) : 0;
  const char* kind = getenv("FAULT_KIND");
  if (kind) {
    kill_before = !strcmp(kind, "kill");
    kill_after = !strcmp(kind, "kill-after");
    halve = !strcmp(kind, "short");
    failure = !strcmp(kind, "EIO") ? EIO : !strcmp(kind, "ENOSPC") ? ENOSPC : !strcmp(kind, "EMFILE") ? EMFILE : !strcmp(kind, "EINTR") ? EINTR : !strcmp(kind, "EROFS") ? EROFS : 0;
  }
  const char* file = getenv("FAULT_CONTROL");
  if (file) {
    const int fd = open(file, O_RDWR);
    void* p = fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p != MAP_FAILED) control = p;
  }
}

__attribute__((destructor)) static void stop(void) {
  const char* report = getenv("FAULT_REPORT");
  if (!report) return;
  FILE* f = fopen(report, "w");
  if (f) fprintf(f, "%d", atomic_load(&calls)), fclose(f);
}

static int is_watched(int fd) { return fd >= 0 && fd < (int)sizeof watched && watched[fd]; }

/// Whether the call that comes now is the one to fail.
static int due(int counts) { return counts && atomic_fetch_add(&calls, 1) + 1 == at; }
static int before(int is_due) {
  if (!is_due) return 0;
  if (kill_before) kill(getpid(), SIGKILL);
  if (failure) errno = failure;
  return failure;
}
static void after(int is_due) {
  if (is_due && kill_after) kill(getpid(), SIGKILL);
}

static int open_watched(const char* name, int (*real)(const char*, int, ...), const char* path, int flags, mode_t mode) {
  (void)name;
  const int counts = wanted && path && strstr(path, wanted) != NULL, is_due = due(counts);
  if (before(is_due)) return -1;
  const int fd = real(path, flags, mode);
  if (fd >= 0 && fd < (int)sizeof watched) watched[fd] = (char)counts;
  after(is_due);
  return fd;
}
#define OPEN(name)                                                             \
  int name(const char* path, int flags, ...) {                                 \
    va_list list;                                                              \
    va_start(list, flags);                                                     \
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0; \
    va_end(list);                                                              \
    REAL(int, #name, const char*, int, ...);                                   \
    return open_watched(#name, real, path, flags, mode);                       \
  }
OPEN(open)
OPEN(open64)

#define ON_FD(result, name, parameters, arguments, types) \
  result name parameters {                                \
    REAL(result, #name, types);                           \
    const int is_due = due(is_watched(fd));               \
    if (before(is_due)) return -1;                        \
    const result got = real arguments;                    \
    after(is_due);                                        \
    return got;                                           \
  }
#define COMMA ,
ON_FD(int, fsync, (int fd), (fd), int)
ON_FD(int, fdatasync, (int fd), (fd), int)
ON_FD(int, fchmod, (int fd, mode_t mode), (fd, mode), int COMMA mode_t)
ON_FD(int, ftruncate, (int fd, off_t length), (fd, length), int COMMA off_t)
ON_FD(int, ftruncate64, (int fd, off_t length), (fd, length), int COMMA off_t)

int close(int fd) {
  REAL(int, "close", int);
  if (fd >= 0 && fd < (int)sizeof watched) watched[fd] = 0;
  return real(fd);
}

#define WRITE(name, parameters, arguments, types)              \
  ssize_t name parameters {                                    \
    REAL(ssize_t, #name, types);                               \
    const int is_due = due(is_watched(fd));                    \
    if (before(is_due)) return -1;                             \
    if (is_due && halve && count > 1) count /= 2;              \
    const ssize_t got = real arguments;                        \
    after(is_due);                                             \
    return got;                                                \
  }
WRITE(write, (int fd, const void* from, size_t count), (fd, from, count), int COMMA const void* COMMA size_t)
WRITE(pwrite, (int fd, const void* from, size_t count, off_t to), (fd, from, count, to), int COMMA const void* COMMA size_t COMMA off_t)
WRITE(pwrite64, (int fd, const void* from, size_t count, off_t to), (fd, from, count, to), int COMMA const void* COMMA size_t COMMA off_t)
WRITE(writev, (int fd, const struct iovec* from, int count), (fd, from, count), int COMMA const struct iovec* COMMA int)
WRITE(pwritev, (int fd, const struct iovec* from, int count, off_t to), (fd, from, count, to), int COMMA const struct iovec* COMMA int COMMA off_t)
WRITE(pwritev64, (int fd, const struct iovec* from, int count, off_t to), (fd, from, count, to), int COMMA const struct iovec* COMMA int COMMA off_t)

#define ON_PATHS(name, parameters, arguments, types)                              \
  int name parameters {                                                           \
    REAL(int, #name, types);                                                      \
    const int is_due = due(wanted && strstr(path, wanted) != NULL);       \
    if (before(is_due)) return -1;                                                \
    const int got = real arguments;                                               \
    after(is_due);                                                                \
    return got;                                                                   \
  }
ON_PATHS(rename, (const char* path, const char* to), (path, to), const char* COMMA const char*)
ON_PATHS(link, (const char* path, const char* to), (path, to), const char* COMMA const char*)
ON_PATHS(unlink, (const char* path), (path), const char*)
ON_PATHS(mkdir, (const char* path, mode_t mode), (path, mode), const char* COMMA mode_t)

void* aligned_alloc(size_t alignment, size_t bytes) {
  REAL(void*, "aligned_alloc", size_t, size_t);
  return REFUSED(allocations) ? NULL : real(alignment, bytes);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* argument) {
  REAL(int, "pthread_create", pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  return REFUSED(threads) ? EAGAIN : real(thread, attributes, run, argument);
}

/// operator new(size_t): the addon's own calls only, by where they return to.
void* _Znwm(size_t bytes) {
  REAL(void*, "_Znwm", size_t);
  if (control && atomic_load(&control->objects) > 0) {
    Dl_info caller;
    if (dladdr(__builtin_return_address(0), &caller) && strstr(caller.dli_fname, "chainrule.node") && REFUSED(objects)) {
      void (*refuse)(void);  // std::__throw_bad_alloc
      *(void**)&refuse = dlsym(RTLD_DEFAULT, "_ZSt17__throw_bad_allocv");
      if (refuse) refuse();
    }
  }
  return real(bytes);
}

// Calls into the engine (napi_…), which fail while an environment ends: when the addon is loaded, its table of addresses is made
// to lead here. Which arguments a call has is not known here: all are passed on that it could have, in registers or on the stack.
#define MOST_CALLS 80
#define PARAMETERS long a, long b, long c, long d, long e, long f, long g, long h, long i, long j, long k, long l, double x
typedef int (*EngineCall)(PARAMETERS);
static EngineCall engine_calls[MOST_CALLS];
static int engine_count;

#define WRAPPER(n) \
  static int engine_##n(PARAMETERS) { return REFUSED(engine) ? 9 /* napi_generic_failure */ : engine_calls[n](a, b, c, d, e, f, g, h, i, j, k, l, x); }
#define TEN(use, t) use(t##0) use(t##1) use(t##2) use(t##3) use(t##4) use(t##5) use(t##6) use(t##7) use(t##8) use(t##9)
#define ALL(use) TEN(use, ) TEN(use, 1) TEN(use, 2) TEN(use, 3) TEN(use, 4) TEN(use, 5) TEN(use, 6) TEN(use, 7)
#define NAME(n) engine_##n,
ALL(WRAPPER)
static const EngineCall wrappers[MOST_CALLS] = {ALL(NAME)};

/// These look at nothing that could have gone, or only give back.
static int may_fail(const char* name) {
  static const char* const never[] = {"napi_get_instance_data", "napi_ref_threadsafe_function", "napi_unref_threadsafe_function", "napi_adjust_external_memory",
                                      "napi_delete_reference", "napi_close_handle_scope", "napi_throw", "napi_module_register"};
  for (size_t i = 0; i < sizeof never / sizeof *never; i++)
    if (!strcmp(name, never[i])) return 0;
  return !strncmp(name, "napi_", 5);
}

static void lead_here(const struct link_map* map, const ElfW(Rela)* entry, size_t bytes, const ElfW(Sym)* symbols, const char* names) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  for (size_t i = 0; i < bytes / sizeof *entry; i++, entry++) {
    const char* name = names + symbols[ELF64_R_SYM(entry->r_info)].st_name;
    if (!may_fail(name) || engine_count == MOST_CALLS) continue;
    void** slot = (void**)(map->l_addr + entry->r_offset);
    mprotect((void*)((uintptr_t)slot / page * page), page, PROT_READ | PROT_WRITE);
    *(void**)&engine_calls[engine_count] = dlsym(RTLD_DEFAULT, name);
    *(const void**)slot = *(void* const*)&wrappers[engine_count++];
  }
}

void* dlopen(const char* path, int flags) {
  REAL(void*, "dlopen", const char*, int);
  void* const handle = real(path, flags);
  const struct link_map* const map = handle;
  if (!handle || !control || engine_count || !strstr(map->l_name, "chainrule.node")) return handle;
  const ElfW(Rela) *calls = NULL, *data = NULL;
  size_t calls_bytes = 0, data_bytes = 0;
  const ElfW(Sym)* symbols = NULL;
  const char* names = NULL;
  for (const ElfW(Dyn)* d = map->l_ld; d->d_tag != DT_NULL; d++) {
    if (d->d_tag == DT_JMPREL) calls = (const void*)d->d_un.d_ptr;
    if (d->d_tag == DT_PLTRELSZ) calls_bytes = d->d_un.d_val;
    if (d->d_tag == DT_RELA) data = (const void*)d->d_un.d_ptr;
    if (d->d_tag == DT_RELASZ) data_bytes = d->d_un.d_val;
    if (d->d_tag == DT_SYMTAB) symbols = (const void*)d->d_un.d_ptr;
    if (d->d_tag == DT_STRTAB) names = (const void*)d->d_un.d_ptr;
  }
  lead_here(map, calls, calls_bytes, symbols, names);
  lead_here(map, data, data_bytes, symbols, names);
  return handle;
}
