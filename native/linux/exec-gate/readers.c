#include "readers.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reader-parent.h"

/* A user's other callers wait for these, LOOK_MS at most, and are held unread then. */
#define READERS_A_USER 2

static struct reader {
  enum { NONE, READING, ENDED, DONE } state;
  struct caller caller;
  enum rule_match match;
} readers[READERS_MOST];

static const struct rules *rules;
static int parent = -1;

static void take_answer(struct reader *reader, enum rule_match match) {
  reader->match = match;
  if (reader->state != NONE) reader->state = reader->state == ENDED ? NONE : DONE;
}

/* The readers end with their parent, or once their memory answers. */
static void end_parent(void) {
  if (parent < 0) return;
  close(parent);
  parent = -1;
  for (struct reader *each = readers; each < readers + READERS_MOST; each++)
    if (each->state != DONE) take_answer(each, MATCHES_UNREAD);
}

static int send_request(const struct reader_request *request) {
  return send(parent, request, sizeof *request, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof *request;
}

void readers_follow(const struct rules *now) {
  end_parent();
  rules = now;
  if (rules != NULL) parent = reader_parent_start(rules);
}

enum reading reader_start(int tid, const struct caller *caller, int *number) {
  unsigned own = 0, stuck = 0;
  struct reader *reader = NULL;
  for (struct reader *each = readers; each < readers + READERS_MOST; each++) {
    if (each->state == NONE) reader = each;
    else if (caller_shares(&each->caller, caller)) own++, stuck += (unsigned)(each->state == ENDED);
  }
  if (stuck >= READERS_A_USER) return ALL_STUCK;
  if (reader == NULL || own >= READERS_A_USER) return READER_TAKEN;
  if (parent < 0) parent = reader_parent_start(rules);
  *number = (int)(reader - readers);
  const struct reader_request request = {*number, tid, *caller};
  if (parent < 0 || !send_request(&request)) return READER_TAKEN;
  *reader = (struct reader){READING, *caller, MATCHES_UNREAD};
  return READS;
}

int reader_is_done(int number, enum rule_match *match) {
  struct reader *reader = &readers[number];
  if (reader->state != DONE) return 0;
  *match = reader->match;
  reader->state = NONE;
  return 1;
}

void reader_end(int number) {
  const struct reader_request request = {.number = number};
  readers[number].state = readers[number].state == DONE ? NONE : ENDED;
  if (readers[number].state == ENDED) send_request(&request);
}

int readers_descriptor(void) { return parent; }

void readers_check(void) {
  struct reader_answer answer;
  while (parent >= 0) {
    const ssize_t bytes = recv(parent, &answer, sizeof answer, MSG_DONTWAIT);
    if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (bytes == sizeof answer) take_answer(&readers[answer.number], answer.match);
    else end_parent();
  }
}
