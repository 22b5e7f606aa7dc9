/* Loaded into a program (LD_PRELOAD), it lets calls fail that would change something below one folder, as a quota, a read-only
 * file system or a full table of open files lets them fail; tests need no root for that.
 *
 *   FAIL_BELOW  the folder     FAIL_ERRNO  the error's number     FAIL_CALLS  what fails: open, write, or both
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int below(const char *path) {
  const char *folder = getenv("FAIL_BELOW");
  const size_t length = folder ? strlen(folder) : 0;
  return length != 0 && strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static int named(int folder, const char *path, char *whole, size_t size) {
  if (path[0] == '/') return snprintf(whole, size, "%s", path) > 0;
  char link[64];
  snprintf(link, sizeof link, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", folder);
  const ssize_t got = readlink(link, whole, size - 1);
  if (got < 0) return 0;
  snprintf(whole + got, size - (size_t)got, "/%s", path);
  return 1;
}

static int fails(const char *call) {
  const char *calls = getenv("FAIL_CALLS"), *number = getenv("FAIL_ERRNO");
  if (!calls || !number || !strstr(calls, call)) return 0;
  errno = atoi(number);
  return 1;
}

static int path_fails(int folder, const char *path) {
  char whole[2 * PATH_MAX];
  return named(folder, path, whole, sizeof whole) && below(whole) && fails("open");
}

static int file_fails(int file) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t got = readlink(link, path, sizeof path - 1);
  if (got < 0) return 0;
  path[got] = '\0';
  return below(path) && fails("write");
}

#define MODE_OF(flags)                          \
  mode_t mode = 0;                              \
  if ((flags) & (O_CREAT | O_TMPFILE)) {        \
    va_list rest;                               \
    va_start(rest, flags);                      \
    mode = va_arg(rest, mode_t);                \
    va_end(rest);                               \
  }
#define CHANGES(flags) (((flags) & (O_CREAT | O_WRONLY | O_RDWR)) != 0)

int open(const char *path, int flags, ...) {
  MODE_OF(flags)
  return CHANGES(flags) && path_fails(AT_FDCWD, path) ? -1 : REAL(open)(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  MODE_OF(flags)
  return CHANGES(flags) && path_fails(AT_FDCWD, path) ? -1 : REAL(open64)(path, flags, mode);
}
int openat(int folder, const char *path, int flags, ...) {
  MODE_OF(flags)
  return CHANGES(flags) && path_fails(folder, path) ? -1 : REAL(openat)(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
  MODE_OF(flags)
  return CHANGES(flags) && path_fails(folder, path) ? -1 : REAL(openat64)(folder, path, flags, mode);
}
FILE *fopen(const char *path, const char *mode) {
  return mode[0] != 'r' && path_fails(AT_FDCWD, path) ? NULL : REAL(fopen)(path, mode);
}
FILE *fopen64(const char *path, const char *mode) {
  return mode[0] != 'r' && path_fails(AT_FDCWD, path) ? NULL : REAL(fopen64)(path, mode);
}
int mkdir(const char *path, mode_t mode) { return path_fails(AT_FDCWD, path) ? -1 : REAL(mkdir)(path, mode); }
int mkdirat(int folder, const char *path, mode_t mode) {
  return path_fails(folder, path) ? -1 : REAL(mkdirat)(folder, path, mode);
}
int mkstemp(char *path) { return path_fails(AT_FDCWD, path) ? -1 : REAL(mkstemp)(path); }
int mkostemp(char *path, int flags) { return path_fails(AT_FDCWD, path) ? -1 : REAL(mkostemp)(path, flags); }
char *mkdtemp(char *path) { return path_fails(AT_FDCWD, path) ? NULL : REAL(mkdtemp)(path); }

ssize_t write(int file, const void *from, size_t size) { return file_fails(file) ? -1 : REAL(write)(file, from, size); }
ssize_t writev(int file, const struct iovec *from, int count) {
  return file_fails(file) ? -1 : REAL(writev)(file, from, count);
}
ssize_t pwrite(int file, const void *from, size_t size, off_t at) {
  return file_fails(file) ? -1 : REAL(pwrite)(file, from, size, at);
}
ssize_t pwrite64(int file, const void *from, size_t size, off64_t at) {
  return file_fails(file) ? -1 : REAL(pwrite64)(file, from, size, at);
}
int fallocate(int file, int mode, off_t at, off_t size) {
  return file_fails(file) ? -1 : REAL(fallocate)(file, mode, at, size);
}
int posix_fallocate(int file, off_t at, off_t size) {
  return file_fails(file) ? errno : REAL(posix_fallocate)(file, at, size);
}
int ftruncate(int file, off_t size) { return file_fails(file) ? -1 : REAL(ftruncate)(file, size); }
int ftruncate64(int file, off64_t size) { return file_fails(file) ? -1 : REAL(ftruncate64)(file, size); }
