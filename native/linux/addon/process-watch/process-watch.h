/* A watch of processes: what its thread (watch-thread.c) and the loop (process-watch.c) share. */
#ifndef PROCESS_WATCH_H
#define PROCESS_WATCH_H

#include <pthread.h>
#include <stddef.h>

#include <node_api.h>
#include <uv.h>

#include "event-records.h"
#include "exec-files.h"
#include "process-connector.h"
#include "program-filter.h"

enum { LOST_EVENTS = 1, LOST_FILES = 2, LOST_BUSY = 4, LOST_ALL = 8 };

#define EVENTS_A_TURN 256
/* PID_MAX_LIMIT of include/linux/threads.h */
#define PID_MOST (4 * 1024 * 1024)
#define WATCHED_BYTES (PID_MOST / 4)

enum { WATCH_END = 1, WATCH_FORKS = 2 };

struct worker;

struct watch {
  pthread_mutex_t lock;
  pthread_t thread;
  struct worker *worker;
  int connector, stop, timeout;
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
  struct process_records records;
  int lost;
  enum { NOTHING, WAITS, ASKED } pending;
  /* When the loop is to be woken for what waits. */
  long long pending_due;
  /* Programs that began, of what is pending. */
  unsigned programs;
  /* Without names all are. */
  struct program_filter filter;
  /* Two bits for each pid: a map of its own, of which only what is written takes memory. */
  unsigned char *watched;
  /* What was handed over, how far it was told, and what is to be told as lost with it: the loop's alone. */
  struct process_records handed;
  size_t handed_at;
  int handed_lost;
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

/* 0, or -1 with errno. The thread holds the watch. */
int watch_thread_start(struct watch *watch);
/* To be called when `timeout` has run out: a thread that waits is left behind, and another one continues after that process. */
void watch_thread_timed_out(struct watch *watch);
/* It has ended, or is left behind and touches no more of the watch than its lock. */
void watch_thread_stop(struct watch *watch);

/* ---- Pending events; in any thread ---- */

void pending_add(struct watch *watch, const struct process_event *event);
/* `of` is looked at only where it was read; fewer than 0 bytes of the executable are none known. */
void pending_add_exec(struct watch *watch, const struct process_event *event, int state, const struct started_process *of,
                      const char *executable, ssize_t bytes);
void pending_lose(struct watch *watch, int lost);
/* Wakes the loop where something is due, or `now`. */
void pending_wake(struct watch *watch, int now);
/* Until what is pending is due; -1 where nothing is. */
int pending_wait_ms(struct watch *watch);
/* From now on only these programs, those that are watched and those that lead a session without a terminal wake the loop at once. */
void pending_set_filter(struct watch *watch, struct program_filter filter);
/* Reports the end of `pid` soon after it. With forks, also that of each process that it forks, and so on. */
void pending_watch(struct watch *watch, unsigned pid, int what);

long long watch_now_ms(void);

/* By each of the holders, in any thread. */
void watch_release(struct watch *watch);

#endif
