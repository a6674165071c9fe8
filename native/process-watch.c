/*
 * Watches processes in a thread of its own, of few steps and no waiting: what a program is has to be read before it
 * ends or changes its title, however busy the loop is. The descriptors are polled; no thread of libuv's pool is held.
 *
 * Reading the memory of a process can wait for as long as that process likes, see patient-read.c. Whoever waits too long is
 * then left behind, and another thread goes on after the process that it waits for.
 *
 * A record is, 8-aligned: u32 kind, pid, parent, bytes of the record. An exec adds f64 parent, session, tty, start, uid,
 * stack start; i32 bytes of comm, executable, arguments, names, folder (-1: not to be had), u32 state; then these texts.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <uv.h>

#include "exec-files.h"
#include "process-events.h"
#include "process-read.h"
#include "surety-native.h"

enum { LOST_EVENTS = 1, LOST_FILES = 2, LOST_BUSY = 4, LOST_ALL = 8 };
/* READ: all of it. GONE: it had ended, only its executable may be known. UNREAD: nobody looked. */
enum { STATE_READ, STATE_GONE, STATE_UNREAD };

#define EVENTS_A_TURN 256
#define QUEUE_FIRST (64 * 1024)
#define QUEUE_MOST (4 * 1024 * 1024)
/* Forks and ends alone can wait a little for more. */
#define SHARE_MS 20
/* Others are waiting to be read, and may be gone soon. */
#define PATIENCE_MS 100
#define STACK_BYTES (256 * 1024)
/* What lives briefly is gone before a thread that waits for its turn. */
#define NICE -10
/* Being woken for each event costs whoever caused it more than the event: where they come by the thousand they are let
   gather. Counted over STORM_MS. */
#define STORM_MS 10
#define STORM_EVENTS 30
#define STORM_PAUSE_US 500

struct watch;

/* One thread, and what it reads into. */
struct worker {
  struct watch *watch;
  int reading, abandoned;
  struct reading_of who;
  struct started_process process;
};

struct watch {
  pthread_mutex_t lock;
  pthread_t thread;
  struct worker *worker;
  int connector, stop, patience;
  struct exec_files *files;
  char *variables;
  int over;
  /* Of the turn that is under way. */
  struct process_event events[EVENTS_A_TURN];
  size_t count, at;
  long long counted_since;
  size_t counted;
  int storm;
  /* For the loop, under the lock. */
  unsigned char *queue;
  size_t used, room;
  int lost, untold;
  long long untold_since;
  uv_async_t told;
  uv_poll_t late;
  /* The handles of the loop, and the threads: the last one frees it. */
  int holders;
  napi_env env;
  napi_ref callback, buffer;
  napi_async_context context;
  unsigned char *bytes;
  size_t bytes_room;
};

static void let_go(struct watch *watch) {
  pthread_mutex_lock(&watch->lock);
  int last = --watch->holders == 0;
  pthread_mutex_unlock(&watch->lock);
  if (!last) return;
  pthread_mutex_destroy(&watch->lock);
  free(watch);
}

static long long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void set_patience(struct watch *watch, int ms) {
  struct itimerspec at = {.it_value = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000L}};
  timerfd_settime(watch->patience, 0, &at, NULL);
}

/* ---- What the loop is told ---- */

/* Under the lock. NULL when there is no room: the loop was busy for long, or we are out of memory. */
static unsigned char *room_for(struct watch *watch, size_t bytes) {
  size_t room = watch->room == 0 ? QUEUE_FIRST : watch->room;
  while (room < watch->used + bytes) room *= 2;
  if (room > QUEUE_MOST) return NULL;
  if (room != watch->room) {
    unsigned char *queue = realloc(watch->queue, room);
    if (queue == NULL) return NULL;
    watch->queue = queue;
    watch->room = room;
  }
  return watch->queue + watch->used;
}

static void put(struct watch *watch, const struct process_event *event, size_t bytes, unsigned char *at) {
  uint32_t head[4] = {event->kind, event->pid, event->parent, (uint32_t)bytes};
  memcpy(at, head, sizeof head);
  watch->used += bytes;
  if (!watch->untold) watch->untold_since = now_ms();
  watch->untold = 1;
}

static void tell_small(struct watch *watch, const struct process_event *event) {
  pthread_mutex_lock(&watch->lock);
  unsigned char *at = room_for(watch, 16);
  if (at != NULL) put(watch, event, 16, at);
  else watch->lost |= LOST_BUSY;
  pthread_mutex_unlock(&watch->lock);
}

static void tell_exec(struct watch *watch, const struct process_event *event, int state,
                      const struct started_process *of, const char *executable, ssize_t executable_bytes) {
  const int read = state == STATE_READ;
  const char *const texts[5] = {read ? of->stat.comm : NULL, executable, read ? of->arguments : NULL,
                                read ? of->names : NULL, read ? of->folder : NULL};
  int32_t lengths[6] = {read ? (int32_t)of->stat.comm_bytes : 0, (int32_t)executable_bytes,
                        read ? (int32_t)of->arguments_bytes : -1, read ? (int32_t)of->names_bytes : -1,
                        read ? (int32_t)of->folder_bytes : -1, state};
  size_t bytes = 16 + 6 * sizeof(double) + sizeof lengths;
  for (int i = 0; i < 5; i++) bytes += lengths[i] > 0 ? (size_t)lengths[i] : 0;
  bytes = (bytes + 7) & ~(size_t)7;
  pthread_mutex_lock(&watch->lock);
  unsigned char *at = room_for(watch, bytes);
  if (at == NULL) {
    watch->lost |= LOST_BUSY;
  } else {
    put(watch, event, bytes, at);
    double numbers[6] = {0};
    if (read) {
      const long long known[6] = {of->stat.parent, of->stat.session, of->stat.tty,
                                  of->stat.start,  of->stat.uid,     of->stat.stack_start};
      for (int i = 0; i < 6; i++) numbers[i] = (double)known[i];
    }
    memcpy(at + 16, numbers, sizeof numbers);
    memcpy(at + 16 + sizeof numbers, lengths, sizeof lengths);
    unsigned char *to = at + 16 + sizeof numbers + sizeof lengths;
    for (int i = 0; i < 5; i++) {
      if (lengths[i] <= 0) continue;
      memcpy(to, texts[i], (size_t)lengths[i]);
      to += lengths[i];
    }
  }
  pthread_mutex_unlock(&watch->lock);
}

/* ---- The thread ---- */

/* From now on it may wait. Not for whoever has kept us waiting before. */
static int may_wait(void *asked, const struct reading_of *who) {
  struct worker *worker = asked;
  if (reading_is_given_up(who)) return 0;
  set_patience(worker->watch, PATIENCE_MS);
  pthread_mutex_lock(&worker->watch->lock);
  worker->who = *who;
  worker->reading = 1;
  pthread_mutex_unlock(&worker->watch->lock);
  return 1;
}

/* 0 when another thread has gone on meanwhile: nothing of the watch is ours any more. */
static int came_back(struct worker *worker) {
  struct watch *watch = worker->watch;
  pthread_mutex_lock(&watch->lock);
  int mine = !worker->abandoned;
  worker->reading = 0;
  pthread_mutex_unlock(&watch->lock);
  return mine;
}

static unsigned execs_from(const struct watch *watch, size_t at) {
  unsigned count = 0;
  for (size_t i = at; i < watch->count; i++)
    count += watch->events[i].kind == EVENT_EXEC && watch->events[i].pid == watch->events[at].pid;
  return count;
}

/* `of` is looked at only where it was read. */
static void tell_started(struct watch *watch, const struct process_event *event, int state,
                         const struct started_process *of) {
  char executable[PATH_MOST];
  const char *path = state == STATE_READ ? of->executable : NULL;
  ssize_t bytes = state == STATE_READ ? of->executable_bytes : -1;
  if (watch->files != NULL) {
    bytes = exec_files_take(watch->files, (int)event->pid, execs_from(watch, watch->at), path, bytes, executable,
                            sizeof executable);
    path = executable;
  }
  tell_exec(watch, event, state, of, path, bytes);
}

static int take_exec(struct worker *worker, const struct process_event *event) {
  struct watch *watch = worker->watch;
  enum outcome outcome = read_started((int)event->pid, watch->variables, may_wait, worker, &worker->process);
  if (worker->reading && !came_back(worker)) return 0;
  tell_started(watch, event, outcome == FOUND ? STATE_READ : outcome == ABSENT ? STATE_GONE : STATE_UNREAD,
               &worker->process);
  return 1;
}

/* 0 when another thread has gone on. */
static int take_events(struct worker *worker) {
  struct watch *watch = worker->watch;
  int told_exec = 0;
  for (; watch->at < watch->count; watch->at++) {
    const struct process_event *event = &watch->events[watch->at];
    if (event->kind == EVENT_EXEC) {
      if (!take_exec(worker, event)) return 0;
      told_exec = 1;
      continue;
    }
    if (event->kind == EVENT_EXIT && watch->files != NULL) exec_files_forget(watch->files, (int)event->pid);
    tell_small(watch, event);
  }
  if (told_exec) set_patience(watch, 0);
  pthread_mutex_lock(&watch->lock);
  int due = told_exec || watch->lost != 0 || (watch->untold && now_ms() - watch->untold_since >= SHARE_MS);
  if (due) watch->untold = 0;
  pthread_mutex_unlock(&watch->lock);
  if (due) uv_async_send(&watch->told);
  return 1;
}

static void receive(struct watch *watch) {
  int error = 0, lost = 0;
  watch->at = 0;
  watch->count = connector_receive(watch->connector, watch->events, EVENTS_A_TURN, &error);
  if (error != 0) lost |= error == ENOBUFS ? LOST_EVENTS : LOST_EVENTS | LOST_ALL;
  if (error != 0 && error != ENOBUFS) watch->over = 1;
  /* Afterwards: whatever was told by now has opened its files before. */
  if (watch->files != NULL && exec_files_drain(watch->files) != 0) lost |= LOST_FILES;
  pthread_mutex_lock(&watch->lock);
  watch->lost |= lost;
  pthread_mutex_unlock(&watch->lock);
}

static void let_gather(struct watch *watch) {
  long long now = now_ms();
  watch->counted += watch->count;
  if (now - watch->counted_since >= STORM_MS) {
    watch->storm = watch->counted >= STORM_EVENTS * (size_t)(now - watch->counted_since) / STORM_MS;
    watch->counted_since = now;
    watch->counted = 0;
  }
  const struct timespec pause = {.tv_nsec = STORM_PAUSE_US * 1000};
  if (watch->storm) nanosleep(&pause, NULL);
}

static void *work(void *given) {
  struct worker *worker = given;
  struct watch *watch = worker->watch;
  setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
  int mine = take_events(worker);
  while (mine) {
    struct pollfd on[3] = {{.fd = watch->over ? -1 : watch->connector, .events = POLLIN},
                           {.fd = watch->stop, .events = POLLIN},
                           {.fd = watch->files == NULL ? -1 : exec_files_mounts(watch->files), .events = POLLPRI}};
    if (poll(on, 3, watch->untold ? SHARE_MS : -1) < 0 && errno != EINTR) break;
    if (on[1].revents != 0) break;
    if (on[2].revents != 0) exec_files_mark(watch->files);
    receive(watch);
    mine = take_events(worker);
    if (mine) let_gather(watch);
  }
  if (mine) return NULL;
  reading_came_back(worker);
  free(worker);
  let_go(watch);
  return NULL;
}

static int start_worker(struct watch *watch) {
  struct worker *worker = calloc(1, sizeof *worker);
  if (worker == NULL) return -1;
  worker->watch = watch;
  watch->worker = worker;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  /* Signals are for the threads of the program. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  int error = pthread_create(&watch->thread, &attributes, work, worker);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  if (error == 0) {
    pthread_mutex_lock(&watch->lock);
    watch->holders++;
    pthread_mutex_unlock(&watch->lock);
    return 0;
  }
  free(worker);
  watch->worker = NULL;
  errno = error;
  return -1;
}

/* Under the lock: is it still waiting? It is left behind then. */
static int abandon(struct watch *watch) {
  struct worker *worker = watch->worker;
  if (worker == NULL || !worker->reading) return 0;
  worker->abandoned = 1;
  reading_is_stuck(worker, &worker->who);
  pthread_detach(watch->thread);
  watch->worker = NULL;
  return 1;
}

static void on_late(uv_poll_t *late, int status, int events) {
  struct watch *watch = late->data;
  uint64_t times;
  (void)status;
  (void)events;
  if (read(watch->patience, &times, sizeof times) < 0) return;
  pthread_mutex_lock(&watch->lock);
  int abandoned = abandon(watch);
  pthread_mutex_unlock(&watch->lock);
  if (!abandoned) return;
  /* Nobody runs now. Of the process that is waited for only the executable is told. */
  tell_started(watch, &watch->events[watch->at], STATE_UNREAD, NULL);
  watch->at++;
  if (start_worker(watch) == 0) return;
  pthread_mutex_lock(&watch->lock);
  watch->lost |= LOST_ALL;
  pthread_mutex_unlock(&watch->lock);
  uv_async_send(&watch->told);
}

/* ---- The loop ---- */

static void call_back(struct watch *watch, size_t bytes, int lost) {
  napi_handle_scope scope;
  napi_value callback, global, arguments[2];
  if (napi_open_handle_scope(watch->env, &scope) != napi_ok) return;
  if (napi_get_reference_value(watch->env, watch->callback, &callback) == napi_ok &&
      napi_get_global(watch->env, &global) == napi_ok &&
      napi_create_uint32(watch->env, (uint32_t)bytes, &arguments[0]) == napi_ok &&
      napi_create_int32(watch->env, lost, &arguments[1]) == napi_ok) {
    napi_make_callback(watch->env, watch->context, global, callback, 2, arguments, NULL);
  }
  napi_close_handle_scope(watch->env, scope);
}

/* Whole records, as many as the buffer holds. */
static size_t whole_records(const unsigned char *queue, size_t used, size_t room) {
  size_t at = 0;
  while (at < used) {
    uint32_t bytes;
    memcpy(&bytes, queue + at + 12, sizeof bytes);
    if (at + bytes > room) break;
    at += bytes;
  }
  return at;
}

static void on_told(uv_async_t *told) {
  struct watch *watch = told->data;
  pthread_mutex_lock(&watch->lock);
  unsigned char *queue = watch->queue;
  size_t used = watch->used, at = 0;
  int lost = watch->lost;
  watch->queue = NULL;
  watch->used = watch->room = 0;
  watch->lost = 0;
  pthread_mutex_unlock(&watch->lock);
  while (at < used || lost != 0) {
    size_t bytes = whole_records(queue + at, used - at, watch->bytes_room);
    if (bytes == 0 && at < used) break; /* longer than the buffer: there is no such record */
    if (bytes > 0) memcpy(watch->bytes, queue + at, bytes);
    at += bytes;
    call_back(watch, bytes, lost);
    lost = 0;
    if (watch->callback == NULL) break; /* it was closed by whoever was called */
  }
  free(queue);
}

static void on_closed(uv_handle_t *handle) { let_go(handle->data); }

static void close_watch(struct watch *watch) {
  pthread_mutex_lock(&watch->lock);
  abandon(watch);
  pthread_mutex_unlock(&watch->lock);
  if (watch->worker != NULL) {
    const uint64_t one = 1;
    if (write(watch->stop, &one, sizeof one) == sizeof one) pthread_join(watch->thread, NULL);
    free(watch->worker);
    let_go(watch);
  }
  connector_close(watch->connector);
  if (watch->files != NULL) exec_files_close(watch->files);
  free(watch->queue);
  free(watch->variables);
  napi_delete_reference(watch->env, watch->callback);
  napi_delete_reference(watch->env, watch->buffer);
  watch->callback = NULL;
  napi_async_destroy(watch->env, watch->context);
  uv_poll_stop(&watch->late);
  close(watch->stop);
  close(watch->patience);
  uv_close((uv_handle_t *)&watch->late, on_closed);
  uv_close((uv_handle_t *)&watch->told, on_closed);
}

static napi_value close_process_events(napi_env env, napi_callback_info info) {
  void *data;
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

/* They tell of others, and are no reason for this program to go on. */
static int start_handles(napi_env env, struct watch *watch) {
  uv_loop_t *loop;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return 0;
  watch->told.data = watch->late.data = watch;
  if (uv_async_init(loop, &watch->told, on_told) != 0) return 0;
  if (uv_poll_init(loop, &watch->late, watch->patience) != 0) return 0;
  uv_unref((uv_handle_t *)&watch->told);
  uv_unref((uv_handle_t *)&watch->late);
  watch->holders = 2;
  return uv_poll_start(&watch->late, UV_READABLE, on_late) == 0;
}

static int start(napi_env env, struct watch *watch, napi_value buffer, napi_value callback) {
  napi_value resource_name;
  watch->env = env;
  return napi_create_string_utf8(env, "process-events", NAPI_AUTO_LENGTH, &resource_name) == napi_ok &&
         napi_async_init(env, NULL, resource_name, &watch->context) == napi_ok &&
         napi_create_reference(env, callback, 1, &watch->callback) == napi_ok &&
         napi_create_reference(env, buffer, 1, &watch->buffer) == napi_ok && start_handles(env, watch) &&
         start_worker(watch) == 0;
}

/* The names, with the empty one that ends them. */
static char *read_variables(napi_env env, napi_value given) {
  size_t bytes;
  if (napi_get_value_string_utf8(env, given, NULL, 0, &bytes) != napi_ok) return NULL;
  char *variables = calloc(1, bytes + 2);
  if (variables != NULL && napi_get_value_string_utf8(env, given, variables, bytes + 1, &bytes) == napi_ok)
    return variables;
  free(variables);
  return NULL;
}

struct options {
  uint32_t wanted;
  int32_t receive_bytes;
  bool files;
};

static int read_options(napi_env env, const napi_value arguments[6], struct watch *watch, struct options *to) {
  napi_typedarray_type type;
  if (napi_get_typedarray_info(env, arguments[0], &type, &watch->bytes_room, (void **)&watch->bytes, NULL, NULL) !=
          napi_ok ||
      type != napi_uint8_array || napi_get_value_uint32(env, arguments[1], &to->wanted) != napi_ok ||
      napi_get_value_int32(env, arguments[2], &to->receive_bytes) != napi_ok ||
      napi_get_value_bool(env, arguments[4], &to->files) != napi_ok)
    return 0;
  watch->variables = read_variables(env, arguments[3]);
  return watch->variables != NULL;
}

static napi_value answer(napi_env env, struct watch **holder, int files_error) {
  napi_value object, close_function, fault;
  if (napi_create_object(env, &object) != napi_ok ||
      napi_create_function(env, "close", NAPI_AUTO_LENGTH, close_process_events, holder, &close_function) != napi_ok ||
      napi_set_named_property(env, object, "close", close_function) != napi_ok ||
      napi_add_finalizer(env, close_function, holder, free_holder, NULL, NULL) != napi_ok ||
      napi_add_env_cleanup_hook(env, on_environment_end, holder) != napi_ok)
    return NULL;
  if (files_error == 0) return object;
  if (napi_create_string_utf8(env, strerror(files_error), NAPI_AUTO_LENGTH, &fault) != napi_ok ||
      napi_set_named_property(env, object, "filesFault", fault) != napi_ok)
    return NULL;
  return object;
}

/* What did not come to run holds nothing but memory and descriptors. */
static void undo(struct watch *watch) {
  if (watch->connector >= 0) connector_close(watch->connector);
  if (watch->files != NULL) exec_files_close(watch->files);
  if (watch->stop >= 0) close(watch->stop);
  if (watch->patience >= 0) close(watch->patience);
  free(watch->variables);
  free(watch);
}

napi_value watch_processes(napi_env env, napi_callback_info info) {
  size_t count = 6;
  napi_value arguments[6];
  struct options options;
  struct watch *watch = calloc(1, sizeof *watch);
  struct watch **holder = malloc(sizeof *holder);
  if (watch == NULL || holder == NULL || napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok ||
      count < 6 || !read_options(env, arguments, watch, &options)) {
    free(watch);
    free(holder);
    napi_throw_type_error(env, NULL, "expected room to fill, the kinds wanted, bytes to hold, names, a boolean and a callback");
    return NULL;
  }
  *holder = watch;
  pthread_mutex_init(&watch->lock, NULL);
  watch->connector = connector_open(options.wanted, options.receive_bytes);
  watch->stop = watch->connector < 0 ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  watch->patience = watch->stop < 0 ? -1 : timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (watch->patience < 0) {
    int error = errno;
    undo(watch);
    free(holder);
    errno = error;
    return throw_errno(env, "netlink");
  }
  watch->files = options.files ? exec_files_open() : NULL;
  int files_error = options.files && watch->files == NULL ? errno : 0;
  if (!start(env, watch, arguments[0], arguments[5])) {
    /* A start that fails half way leaves a little memory, once, in a program that is out of it. */
    free(holder);
    napi_throw_error(env, "netlink", "the watch could not be started");
    return NULL;
  }
  return answer(env, holder, files_error);
}
