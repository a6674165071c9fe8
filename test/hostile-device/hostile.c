/*
 * What a hostile device does and a script cannot, each until standard input ends:
 *
 *   hang FOLDER HOW           mounts a file system that never answers, in the name of the folder's owner. `unread`:
 *                             requests stay in its queue, and who waits can be killed; `read`: it took them, and who
 *                             waits can not; `page`: it has one file, `page`, that can be mapped and not be read
 *   swap A B                  exchanges two names, atomically, as fast as it can
 *   lease FILE                holds a write lease, at which an opening without O_NONBLOCK waits
 *   crowd FOLDER COUNT        makes so many empty files, then ends
 *   inherit SOCKET            connects and ends; a child keeps the connection and, told so, asks one question on it
 *   map FILE                  faults on a page of FILE, and waits with the lock of its own memory held
 *
 * Says `ready` once it does. Linux; see fuse(4), include/uapi/linux/fuse.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

static void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

static void ready(void) {
  puts("ready");
  fflush(stdout);
}

/* True once whoever started us is gone or has had enough. */
static int over(int wait_ms) {
  struct pollfd in = {.fd = 0, .events = POLLIN};
  char byte;
  return poll(&in, 1, wait_ms) > 0 && read(0, &byte, 1) <= 0;
}

static void answer(int fuse, const struct fuse_in_header *to, const void *body, size_t size) {
  struct fuse_out_header head = {.len = sizeof head + size, .unique = to->unique};
  struct iovec parts[2] = {{&head, sizeof head}, {(void *)body, size}};
  if (writev(fuse, parts, size == 0 ? 1 : 2) < 0) fail("answer");
}

static void refuse(int fuse, const struct fuse_in_header *to, int error) {
  struct fuse_out_header head = {.len = sizeof head, .unique = to->unique, .error = -error};
  if (write(fuse, &head, sizeof head) < 0) fail("refuse");
}

static void answer_init(int fuse, const struct fuse_in_header *request) {
  const struct fuse_init_in *in = (const void *)(request + 1);
  struct fuse_init_out out = {
      .major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION, .max_readahead = in->max_readahead, .max_write = 4096};
  answer(fuse, request, &out, sizeof out);
}

static struct fuse_attr attributes(uint64_t node) {
  struct fuse_attr attr = {.ino = node, .mode = node == 1 ? S_IFDIR | 0755 : S_IFREG | 0644, .nlink = 1, .size = 65536};
  return attr;
}

/*
 * Just enough of a file system for one file `page` to be opened and mapped. Its first reads fail, so that the fault is
 * tried again, and the next is never answered: that try waits with the lock held.
 */
static void serve_page(int fuse, const struct fuse_in_header *request) {
  static int reads;
  switch (request->opcode) {
    case FUSE_LOOKUP: {
      struct fuse_entry_out out = {.nodeid = 2, .attr_valid = 1000, .entry_valid = 1000, .attr = attributes(2)};
      return answer(fuse, request, &out, sizeof out);
    }
    case FUSE_GETATTR: {
      struct fuse_attr_out out = {.attr_valid = 1000, .attr = attributes(request->nodeid)};
      return answer(fuse, request, &out, sizeof out);
    }
    case FUSE_OPEN: {
      struct fuse_open_out out = {.fh = 1};
      return answer(fuse, request, &out, sizeof out);
    }
    case FUSE_READ:
      if (reads++ < 2) return refuse(fuse, request, EIO);
      return;
    case FUSE_INTERRUPT:
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
      return;
    default:
      return refuse(fuse, request, ENOSYS);
  }
}

/* Ours alone to take away again: a dead server ends the waiting of all. */
static const char *mounted;
static void unmount(int signal) {
  umount2(mounted, MNT_DETACH);
  if (signal != 0) _exit(0);
}

static int hang(const char *folder, const char *mode) {
  int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (fuse < 0) fail("/dev/fuse");
  struct stat owned;
  if (stat(folder, &owned) != 0) fail(folder);
  char options[128];
  snprintf(options, sizeof options, "fd=%d,rootmode=40755,user_id=%u,group_id=%u,allow_other", fuse, owned.st_uid,
           owned.st_gid);
  if (mount("hanging", folder, "fuse", MS_NOSUID | MS_NODEV, options) != 0) fail("mount");
  mounted = folder;
  signal(SIGTERM, unmount);
  signal(SIGINT, unmount);
  static _Alignas(8) char request[1 << 20];
  ready();
  int reads = strcmp(mode, "unread") != 0;
  int page = strcmp(mode, "page") == 0;
  for (;;) {
    struct pollfd waiting[2] = {{.fd = 0, .events = POLLIN}, {.fd = reads ? fuse : -1, .events = POLLIN}};
    if (poll(waiting, 2, -1) < 0 && errno != EINTR) break;
    char byte;
    if (waiting[0].revents != 0 && read(0, &byte, 1) <= 0) break;
    if ((waiting[1].revents & POLLIN) == 0) continue;
    if (read(fuse, request, sizeof request) <= 0) continue;
    const struct fuse_in_header *head = (const void *)request;
    if (head->opcode == FUSE_INIT) answer_init(fuse, head);
    else if (page) serve_page(fuse, head);
  }
  unmount(0);
  return 0;
}

static int swap(const char *a, const char *b) {
  ready();
  for (unsigned long turn = 0;; turn++) {
    if (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) != 0) fail("renameat2");
    if (turn % 1024 == 0 && over(0)) return 0;
  }
}

static int lease(const char *file) {
  int fd = open(file, O_RDWR);
  if (fd < 0) fail(file);
  signal(SIGIO, SIG_IGN);
  if (fcntl(fd, F_SETLEASE, F_WRLCK) != 0) fail("F_SETLEASE");
  ready();
  while (!over(1000)) {
  }
  return 0;
}

static int crowd(const char *folder, long count) {
  if (chdir(folder) != 0) fail(folder);
  for (long number = 0; number < count; number++) {
    char name[32];
    snprintf(name, sizeof name, "%ld", number);
    if (mknod(name, S_IFREG | 0600, 0) != 0) fail(name);
  }
  ready();
  return 0;
}

static int inherit(const char *path) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  strncpy(to.sun_path, path, sizeof to.sun_path - 1);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) fail(path);
  if (fork() != 0) _exit(0);
  ready();
  while (!over(1000)) {
  }
  if (write(fd, "who\n", 4) != 4) fail("write");
  char answer[256];
  ssize_t got = read(fd, answer, sizeof answer);
  if (got > 0) fwrite(answer, 1, got, stdout);
  return 0;
}

static void *touch(void *page) {
  return (void *)(long)*(volatile char *)page;
}

static void *map_more(void *unused) {
  (void)unused;
  /* A writer that waits for the lock keeps every later reader waiting behind it. */
  for (;;) {
    void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page != MAP_FAILED) munmap(page, 4096);
    usleep(1000);
  }
  return NULL;
}

static int map(const char *file) {
  int fd = open(file, O_RDONLY);
  if (fd < 0) fail(file);
  void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
  if (page == MAP_FAILED) fail("mmap");
  pthread_t first, second;
  ready();
  pthread_create(&first, NULL, touch, page);
  usleep(300000);
  pthread_create(&second, NULL, map_more, NULL);
  while (!over(1000)) {
  }
  _exit(0);
}

int main(int count, char **words) {
  if (count < 2 || strcmp(words[1], "inherit") != 0) prctl(PR_SET_PDEATHSIG, SIGTERM);
  const char *what = count > 2 ? words[1] : "";
  if (strcmp(what, "hang") == 0 && count == 4) return hang(words[2], words[3]);
  if (strcmp(what, "swap") == 0 && count == 4) return swap(words[2], words[3]);
  if (strcmp(what, "lease") == 0) return lease(words[2]);
  if (strcmp(what, "crowd") == 0 && count == 4) return crowd(words[2], atol(words[3]));
  if (strcmp(what, "inherit") == 0) return inherit(words[2]);
  if (strcmp(what, "map") == 0) return map(words[2]);
  fprintf(stderr, "hostile: not understood\n");
  return 2;
}
