// A library to preload: lets the n-th system call on files whose path holds FAULT_PATH fail, come short, or end the process;
// and lets the n-th large allocation, new thread or new object of the addon fail, with n in the first bytes of the file
// FAULT_CONTROL.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
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
static struct { atomic_int allocations, threads, objects; }* control;

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
