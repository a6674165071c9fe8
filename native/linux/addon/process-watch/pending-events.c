/* What is untold: what the thread of a watch (watch-thread.c) has for the loop, and when the loop is woken for it. */
#include <stdlib.h>
#include <time.h>

#include "process-watch.h"

/* Forks and ends alone can wait a little for more; those that nobody minds until somebody looks, or a program begins. */
#define SHARE_MS 20
#define LEISURE_MS 10000
#define UNTOLD_MOST (64 * 1024)
/* So many programs at once, though nobody heeds any of them. */
#define TOGETHER 16

long long watch_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Under the lock. */
static void told(struct watch *watch, int put, int within_ms) {
  if (!put) {
    watch->lost |= LOST_BUSY;
    return;
  }
  const long long due = watch_now_ms() + within_ms;
  if (watch->untold == NOTHING || due < watch->untold_due) watch->untold_due = due;
  if (watch->untold == NOTHING) watch->untold = WAITS;
}

/* Under the lock. */
static void ask(struct watch *watch) {
  if (watch->untold != ASKED) uv_async_send(&watch->told);
  watch->untold = ASKED;
}

static int minded(const struct watch *watch, unsigned pid) {
  return pid < PID_MOST ? watch->minded[pid / 4] >> (pid % 4 * 2) & 3 : 0;
}

static void mind(struct watch *watch, unsigned pid, int what) {
  if (pid < PID_MOST) watch->minded[pid / 4] |= (unsigned char)(what << (pid % 4 * 2));
}

static void mind_no_more(struct watch *watch, unsigned pid) {
  if (pid < PID_MOST) watch->minded[pid / 4] &= (unsigned char)~(3U << (pid % 4 * 2));
}

void untold_mind(struct watch *watch, unsigned pid, int what) {
  pthread_mutex_lock(&watch->lock);
  mind(watch, pid, what);
  if (watch->untold == WAITS) ask(watch); /* it may have ended meanwhile */
  pthread_mutex_unlock(&watch->lock);
}

/* Under the lock: is it worth being woken for a program that begins? */
static int is_urgent(const struct watch *watch, unsigned pid, int state, const struct started_process *of,
                     const char *executable, ssize_t bytes) {
  if (watch->heed.names == NULL || watch->storm || watch->programs >= TOGETHER || minded(watch, pid)) return 1;
  if (state == STATE_UNREAD) return 1;
  const int read = state == STATE_READ;
  if (read && of->stat.session == (long long)pid && of->stat.tty == 0) return 1;
  return is_heeded(&watch->heed, executable, bytes, read ? of->arguments : NULL, read ? of->arguments_bytes : -1);
}

void untold_heed(struct watch *watch, struct heed heed) {
  pthread_mutex_lock(&watch->lock);
  struct heed before = watch->heed;
  watch->heed = heed;
  pthread_mutex_unlock(&watch->lock);
  heed_free(&before);
}

void untold_add(struct watch *watch, const struct process_event *event) {
  pthread_mutex_lock(&watch->lock);
  const int fork = event->kind == EVENT_FORK;
  const int soon = fork ? minded(watch, event->parent) & MIND_FORKS : minded(watch, event->pid);
  if (fork && soon) mind(watch, event->pid, MIND_END | MIND_FORKS);
  if (event->kind == EVENT_EXIT) mind_no_more(watch, event->pid);
  told(watch, records_put(&watch->records, event), soon ? SHARE_MS : LEISURE_MS);
  pthread_mutex_unlock(&watch->lock);
}

int untold_wait_ms(struct watch *watch) {
  pthread_mutex_lock(&watch->lock);
  const int waits = watch->untold == WAITS;
  const long long left = waits ? watch->untold_due - watch_now_ms() : 0;
  pthread_mutex_unlock(&watch->lock);
  return !waits ? -1 : left < 0 ? 0 : (int)left;
}

void untold_add_exec(struct watch *watch, const struct process_event *event, int state, const struct started_process *of,
                     const char *executable, ssize_t bytes) {
  pthread_mutex_lock(&watch->lock);
  watch->programs++;
  const int urgent = is_urgent(watch, event->pid, state, of, executable, bytes);
  told(watch, records_put_exec(&watch->records, event, state, of, executable, bytes), urgent ? 0 : LEISURE_MS);
  pthread_mutex_unlock(&watch->lock);
}

void untold_lose(struct watch *watch, int lost) {
  pthread_mutex_lock(&watch->lock);
  watch->lost |= lost;
  pthread_mutex_unlock(&watch->lock);
}

void untold_ask(struct watch *watch, int now) {
  pthread_mutex_lock(&watch->lock);
  if (now || watch->lost != 0 || watch->records.used >= UNTOLD_MOST ||
      (watch->untold == WAITS && watch_now_ms() >= watch->untold_due))
    ask(watch);
  pthread_mutex_unlock(&watch->lock);
}
