/*
 * The process that forks the readers. A fork waits while processes move between cgroups, and every exec on the machine waits for the
 * main thread of the gate: so that never forks for a caller.
 */
#ifndef READER_PARENT_H
#define READER_PARENT_H

#include "rules.h"

#define READERS_MOST 16

/* A reader is known by its number below READERS_MOST, until its answer. */
struct reader_request {
  int number;
  /* Whose arguments to read; 0 ends the reader. */
  int tid;
  struct caller caller;
};

struct reader_answer {
  int number;
  enum rule_match match;
};

/* A socket for requests and answers, each one packet, or -1. The process has a copy of the rules, and ends with the socket or the gate. */
int reader_parent_start(const struct rules *rules);

#endif
