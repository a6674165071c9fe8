/* Which programs are held as they start. */
#ifndef RULES_H
#define RULES_H

#include <sys/types.h>

struct rules;

/*
 * `text` has texts that each end in NUL: the folder of the cgroup for what is held; the names of interpreters, an empty text; then
 * for each rule a user id or `*`, names of files, an empty text, parts of paths, an empty text. NULL when it is malformed or
 * memory is short.
 */
struct rules *rules_parse(const char *text, size_t bytes);
void rules_free(struct rules *rules);

/* Without a rule nothing is held. */
int rules_are_empty(const struct rules *rules);
const char *rules_cgroup(const struct rules *rules);

/* MATCHES_UNREAD: an interpreter whose arguments could not be read in time. */
enum rule_match { NO_MATCH, MATCHES_FILE, MATCHES_SCRIPT, MATCHES_UNREAD };

/* By the path alone, without a system call: false for most programs. */
int rules_may_match(const struct rules *rules, const char *path, size_t path_bytes);

/* Whether the file, or the script of an interpreter, is held for the user of that thread. Sets `pid` when it is. */
enum rule_match rules_match(const struct rules *rules, const char *path, size_t path_bytes, int tid, int *pid);

/* The process of that thread. 0 when it has ended. */
int caller_pid(int tid, int *pid);

#endif
