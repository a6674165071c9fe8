/* Starts, forks and ends of processes as the kernel's process connector tells them. See Documentation/driver-api/connector.rst. */
#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uv.h>

#include "surety-native.h"

/* One event is three numbers: kind, pid, and for a fork its parent. The numbers of `kind` are those of cn_proc.h. */
enum { KIND, PID, PARENT, NUMBERS };
struct watch {
  uv_poll_t poll;
  int fd;
  int closed;
  napi_env env;
  napi_ref callback;
  napi_ref array; /* keeps `events` where it is */
  napi_async_context context;
  uint32_t *events;
  size_t capacity;
};

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

/* Only the kernel may tell us: anybody can send a netlink message to a socket whose number they guess. */
static ssize_t receive(int fd, struct notice *notice) {
  struct sockaddr_nl from;
  struct iovec part = {notice, sizeof *notice};
  struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1};
  ssize_t bytes = recvmsg(fd, &message, MSG_DONTWAIT);
  if (bytes < 0) return -1;
  if (from.nl_pid != 0 || bytes < (ssize_t)(sizeof notice->header + sizeof notice->message + 32)) return 0;
  return bytes;
}

/* Threads are not processes: of those nothing is told but their process. */
static int describe(const struct proc_event *event, uint32_t *to) {
  uint32_t kind = (uint32_t)event->what;
  to[KIND] = kind;
  to[PARENT] = 0;
  switch (kind) {
    case 0x00000001U:
      to[PID] = (uint32_t)event->event_data.fork.child_tgid;
      to[PARENT] = (uint32_t)event->event_data.fork.parent_tgid;
      return event->event_data.fork.child_pid == event->event_data.fork.child_tgid;
    case 0x00000002U:
      to[PID] = (uint32_t)event->event_data.exec.process_tgid;
      return 1;
    case 0x00000080U:
      to[PID] = (uint32_t)event->event_data.sid.process_tgid;
      return 1;
    case 0x80000000U:
      to[PID] = (uint32_t)event->event_data.exit.process_tgid;
      return event->event_data.exit.process_pid == event->event_data.exit.process_tgid;
    default:
      return 0;
  }
}

/* callback(count, lost): `count` events lie in the array; `lost` is the error that made us miss some, or 0. */
static void tell(struct watch *watch, uint32_t count, int lost) {
  napi_handle_scope scope;
  napi_value callback, global, arguments[2];
  if (napi_open_handle_scope(watch->env, &scope) != napi_ok) return;
  if (napi_get_reference_value(watch->env, watch->callback, &callback) == napi_ok &&
      napi_get_global(watch->env, &global) == napi_ok &&
      napi_create_uint32(watch->env, count, &arguments[0]) == napi_ok &&
      napi_create_int32(watch->env, lost, &arguments[1]) == napi_ok) {
    napi_make_callback(watch->env, watch->context, global, callback, 2, arguments, NULL);
  }
  napi_close_handle_scope(watch->env, scope);
}

static void on_readable(uv_poll_t *poll, int status, int events) {
  struct watch *watch = poll->data;
  struct notice notice;
  struct proc_event event;
  uint32_t count = 0;
  int lost = 0;
  (void)events;
  while (count < watch->capacity) {
    ssize_t bytes = receive(watch->fd, &notice);
    if (bytes < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) break;
      lost = errno;
      if (errno != ENOBUFS) break; /* what there was room for is still to be read */
      continue;
    }
    if (bytes == 0) continue;
    memcpy(&event, &notice.event, sizeof event);
    if (describe(&event, &watch->events[count * NUMBERS])) count++;
  }
  /* libuv stops at any error of the descriptor; that of lost events is over once it was read. */
  if (status < 0 && (lost == 0 || lost == ENOBUFS)) uv_poll_start(poll, UV_READABLE, on_readable);
  if (count > 0 || lost != 0) tell(watch, count, lost);
}

static void on_closed(uv_handle_t *handle) { free(handle->data); }

static void close_watch(struct watch *watch) {
  if (watch->closed) return;
  watch->closed = 1;
  subscribe(watch->fd, PROC_CN_MCAST_IGNORE, 0);
  uv_poll_stop(&watch->poll);
  close(watch->fd);
  napi_delete_reference(watch->env, watch->callback);
  napi_delete_reference(watch->env, watch->array);
  napi_async_destroy(watch->env, watch->context);
  uv_close((uv_handle_t *)&watch->poll, on_closed);
}

static int open_connector(uint32_t wanted, int receive_bytes) {
  struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
  int fd = socket(PF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
  if (fd < 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_bytes, sizeof receive_bytes);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && subscribe(fd, PROC_CN_MCAST_LISTEN, wanted) == 0)
    return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

static napi_value close_process_events(napi_env env, napi_callback_info info) {
  void *data;
  (void)env;
  if (napi_get_cb_info(env, info, NULL, NULL, NULL, &data) == napi_ok) {
    struct watch **held = data;
    if (*held != NULL) close_watch(*held);
    *held = NULL;
  }
  return NULL;
}

static void on_environment_end(void *data) {
  struct watch **held = data;
  if (*held != NULL) close_watch(*held);
  *held = NULL;
}

static void free_holder(napi_env env, void *data, void *hint) {
  (void)hint;
  napi_remove_env_cleanup_hook(env, on_environment_end, data);
  free(data);
}

static int start(napi_env env, struct watch *watch, napi_value array, napi_value callback) {
  napi_value resource_name;
  uv_loop_t *loop;
  if (napi_create_string_utf8(env, "process-events", NAPI_AUTO_LENGTH, &resource_name) != napi_ok ||
      napi_async_init(env, NULL, resource_name, &watch->context) != napi_ok ||
      napi_create_reference(env, callback, 1, &watch->callback) != napi_ok ||
      napi_create_reference(env, array, 1, &watch->array) != napi_ok || napi_get_uv_event_loop(env, &loop) != napi_ok)
    return 0;
  watch->env = env;
  watch->poll.data = watch;
  if (uv_poll_init(loop, &watch->poll, watch->fd) != 0) return 0;
  /* It tells of others, and is no reason for this program to go on. */
  uv_unref((uv_handle_t *)&watch->poll);
  return uv_poll_start(&watch->poll, UV_READABLE, on_readable) == 0;
}

static int read_options(napi_env env, const napi_value arguments[4], struct watch *watch, uint32_t *wanted,
                        int32_t *bytes) {
  napi_typedarray_type type;
  size_t length;
  if (napi_get_typedarray_info(env, arguments[0], &type, &length, (void **)&watch->events, NULL, NULL) != napi_ok ||
      type != napi_uint32_array || length < NUMBERS || napi_get_value_uint32(env, arguments[1], wanted) != napi_ok ||
      napi_get_value_int32(env, arguments[2], bytes) != napi_ok)
    return 0;
  watch->capacity = length / NUMBERS;
  return 1;
}

napi_value watch_processes(napi_env env, napi_callback_info info) {
  size_t count = 4;
  napi_value arguments[4], close_function;
  uint32_t wanted;
  int32_t receive_bytes;
  struct watch *watch = calloc(1, sizeof *watch);
  struct watch **holder = malloc(sizeof *holder);
  if (watch == NULL || holder == NULL || napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok ||
      count < 4 || !read_options(env, arguments, watch, &wanted, &receive_bytes)) {
    free(watch);
    free(holder);
    napi_throw_type_error(env, NULL, "expected numbers to fill, the kinds wanted, bytes to hold, and a callback");
    return NULL;
  }
  *holder = watch;
  watch->fd = open_connector(wanted, receive_bytes);
  if (watch->fd < 0) {
    free(watch);
    free(holder);
    return throw_errno(env, "netlink");
  }
  if (!start(env, watch, arguments[0], arguments[3])) {
    close(watch->fd); /* a start that fails half way leaves a little memory, once, in a program that is out of it */
    free(holder);
    napi_throw_error(env, "netlink", "the watch could not be started");
    return NULL;
  }
  if (napi_create_function(env, "close", NAPI_AUTO_LENGTH, close_process_events, holder, &close_function) != napi_ok ||
      napi_add_finalizer(env, close_function, holder, free_holder, NULL, NULL) != napi_ok ||
      napi_add_env_cleanup_hook(env, on_environment_end, holder) != napi_ok)
    return NULL;
  return close_function;
}
