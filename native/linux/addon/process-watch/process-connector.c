/* The process connector. See Documentation/driver-api/connector.rst. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process-connector.h"

/* Messages that one call takes. */
#define AT_ONCE 16

struct subscription {
  struct nlmsghdr header;
  struct cn_msg message;
  uint32_t operation;
  uint32_t filter;
} __attribute__((packed));

struct notice {
  struct nlmsghdr header;
  struct cn_msg message;
  struct proc_event event;
} __attribute__((packed));

/* A kernel before 6.6 knows no filter and takes no message that has one: `wanted` is then 0. */
static int subscribe(int fd, uint32_t operation, uint32_t wanted) {
  struct subscription request;
  memset(&request, 0, sizeof request);
  size_t payload = wanted != 0 ? 8 : 4;
  request.message.id.idx = CN_IDX_PROC;
  request.message.id.val = CN_VAL_PROC;
  request.message.len = (uint16_t)payload;
  request.operation = operation;
  request.filter = wanted;
  request.header.nlmsg_len = (uint32_t)NLMSG_LENGTH(sizeof request.message + payload);
  request.header.nlmsg_type = NLMSG_DONE;
  request.header.nlmsg_pid = 0;
  return send(fd, &request, request.header.nlmsg_len, 0) < 0 ? -1 : 0;
}

/*
 * Threads are not processes: their forks and ends do not even wake us. A filter reads in network order, which is the
 * same for a word that is compared with another one.
 */
static void leave_threads_out(int fd) {
  enum { WHAT = offsetof(struct notice, event), DATA = WHAT + offsetof(struct proc_event, event_data) };
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, WHAT),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(EVENT_FORK), 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DATA + offsetof(struct fork_proc_event, child_pid)),
      BPF_STMT(BPF_MISC | BPF_TAX, 0),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DATA + offsetof(struct fork_proc_event, child_tgid)),
      BPF_JUMP(BPF_JMP | BPF_JA, 4, 0, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(EVENT_EXIT), 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DATA + offsetof(struct exit_proc_event, process_pid)),
      BPF_STMT(BPF_MISC | BPF_TAX, 0),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DATA + offsetof(struct exit_proc_event, process_tgid)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  struct sock_fprog filter = {sizeof program / sizeof *program, program};
  /* Where it is refused they come and are dropped here. */
  setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

/* Only the kernel may tell us: anybody can send a netlink message to a socket whose number they guess. */
static int is_of_kernel(const struct sockaddr_nl *from, const struct notice *notice, unsigned bytes) {
  return from->nl_pid == 0 && bytes >= sizeof notice->header + sizeof notice->message + 32;
}

/* Of threads nothing is told but their process. */
static int describe(const struct proc_event *event, struct process_event *to) {
  to->kind = (uint32_t)event->what;
  to->parent = 0;
  switch (to->kind) {
    case EVENT_FORK:
      to->pid = (uint32_t)event->event_data.fork.child_tgid;
      to->parent = (uint32_t)event->event_data.fork.parent_tgid;
      return event->event_data.fork.child_pid == event->event_data.fork.child_tgid;
    case EVENT_EXEC:
      to->pid = (uint32_t)event->event_data.exec.process_tgid;
      return 1;
    case EVENT_SESSION:
      to->pid = (uint32_t)event->event_data.sid.process_tgid;
      return 1;
    case EVENT_EXIT:
      to->pid = (uint32_t)event->event_data.exit.process_tgid;
      return event->event_data.exit.process_pid == event->event_data.exit.process_tgid;
    default:
      return 0;
  }
}

size_t connector_receive(int fd, struct process_event *to, size_t most, int *lost) {
  struct notice notices[AT_ONCE];
  struct sockaddr_nl from[AT_ONCE];
  struct iovec parts[AT_ONCE];
  struct mmsghdr messages[AT_ONCE];
  size_t count = 0;
  *lost = 0;
  while (count + AT_ONCE <= most) {
    for (int i = 0; i < AT_ONCE; i++) {
      parts[i] = (struct iovec){&notices[i], sizeof notices[i]};
      messages[i] = (struct mmsghdr){
          .msg_hdr = {.msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &parts[i], .msg_iovlen = 1}};
    }
    int got = recvmmsg(fd, messages, AT_ONCE, MSG_DONTWAIT, NULL);
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) break;
      *lost = errno;
      if (errno != ENOBUFS) break; /* what there was room for is still to be read */
      continue;
    }
    for (int i = 0; i < got; i++) {
      struct proc_event event;
      if (!is_of_kernel(&from[i], &notices[i], messages[i].msg_len)) continue;
      memcpy(&event, &notices[i].event, sizeof event);
      if (describe(&event, &to[count])) count++;
    }
    /* There is no more, or an error that the next call tells. */
    if (got < AT_ONCE) break;
  }
  return count;
}

/* The kernel numbers the first ones so (proc_ns.h). */
#define FIRST_PID_NAMESPACE 0xEFFFFFFCU
#define FIRST_USER_NAMESPACE 0xEFFFFFFDU

/* Elsewhere the kernel takes the subscription, and tells nothing. */
static int is_told_here(void) {
  struct stat pids, users;
  if (stat("/proc/self/ns/pid", &pids) != 0 || stat("/proc/self/ns/user", &users) != 0) return 1;
  return pids.st_ino == FIRST_PID_NAMESPACE && users.st_ino == FIRST_USER_NAMESPACE;
}

int connector_open(uint32_t wanted, int receive_bytes) {
  struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
  if (!is_told_here()) {
    errno = EPERM;
    return -1;
  }
  int fd = socket(PF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
  if (fd < 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_bytes, sizeof receive_bytes);
  leave_threads_out(fd);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && subscribe(fd, PROC_CN_MCAST_LISTEN, wanted) == 0)
    return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

void connector_close(int fd) {
  subscribe(fd, PROC_CN_MCAST_IGNORE, 0);
  close(fd);
}
