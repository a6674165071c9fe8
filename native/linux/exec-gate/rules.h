/* Which programs are held as they start. */
#ifndef RULES_H
#define RULES_H

#include <sys/types.h>

#include "caller.h"

struct rules;

/*
 * `text` has texts that each end in NUL: the folder of the cgroup for what is held; the names of interpreters, an empty text; then
 * for each rule users, as `FIRST-LAST`, or `*`, an empty text, names of files, an empty text, parts of paths, an empty text. NULL when it is
 * malformed or memory is short.
 */
struct rules *rules_parse(const char *text, size_t bytes);
void rules_free(struct rules *rules);

/* Without a rule nothing is held. */
int rules_are_empty(const struct rules *rules);
const char *rules_cgroup(const struct rules *rules);

/* MATCHES_UNREAD: an interpreter whose arguments are not known. */
enum rule_match { NO_MATCH, MATCHES_FILE, MATCHES_SCRIPT, MATCHES_UNREAD };

/* By the path alone, without a system call: false for most programs. */
int rules_may_match(const struct rules *rules, const char *path, size_t path_bytes);

/* For that caller: NO_MATCH also where no rule is for one of its users. MATCHES_UNREAD where its arguments decide. */
enum rule_match rules_match(const struct rules *rules, const char *path, size_t path_bytes, const struct caller *caller);

/* Of an interpreter, by its arguments. Reads the caller's memory: may never return. */
enum rule_match rules_match_script(const struct rules *rules, int tid, const struct caller *caller);

#endif
