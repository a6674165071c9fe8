#include "rules.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../heed.h"
#include "caller.h"

#define RULES_MOST 256
#define ARGUMENT_BYTES 16384
/* Behind the interpreter and its options. */
#define ARGUMENTS_TRIED 24
#define ANY_USER ((uid_t)-1)

struct rule {
  uid_t uid;
  struct heed heed;
};

struct rules {
  /* Every text lies in it. */
  char *text;
  const char *cgroup;
  struct heed interpreters;
  unsigned count;
  struct rule rule[RULES_MOST];
};

static char no_text[] = "";

/* The text at `at`, which it moves behind it; NULL at the end. */
static char *next_text(char **at, const char *end) {
  char *text = *at;
  if (text >= end) return NULL;
  *at = text + strlen(text) + 1;
  return text;
}

/* A list that an empty text ends. */
static char *next_list(char **at, const char *end) {
  char *list = *at;
  for (const char *text; (text = next_text(at, end)) != NULL;)
    if (*text == '\0') return list;
  return NULL;
}

static int read_user(const char *text, uid_t *uid) {
  char *end;
  *uid = ANY_USER;
  if (strcmp(text, "*") == 0) return 1;
  errno = 0;
  unsigned long number = strtoul(text, &end, 10);
  *uid = (uid_t)number;
  return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && number < ANY_USER;
}

static int parse(struct rules *rules, size_t bytes) {
  char *at = rules->text, *end = at + bytes;
  rules->cgroup = next_text(&at, end);
  if (rules->cgroup == NULL || rules->cgroup[0] != '/') return 0;
  rules->interpreters = (struct heed){next_list(&at, end), no_text, no_text};
  if (rules->interpreters.names == NULL) return 0;
  for (const char *user; (user = next_text(&at, end)) != NULL;) {
    if (rules->count == RULES_MOST) return 0;
    struct rule *rule = &rules->rule[rules->count++];
    *rule = (struct rule){.heed = {next_list(&at, end), no_text, no_text}};
    rule->heed.parts = next_list(&at, end);
    if (!read_user(user, &rule->uid) || rule->heed.names == NULL || rule->heed.parts == NULL) return 0;
  }
  return 1;
}

struct rules *rules_parse(const char *text, size_t bytes) {
  struct rules *rules = calloc(1, sizeof *rules);
  if (rules == NULL) return NULL;
  rules->text = malloc(bytes + 1);
  if (rules->text != NULL && bytes > 0 && text[bytes - 1] == '\0') {
    memcpy(rules->text, text, bytes);
    if (parse(rules, bytes)) return rules;
  }
  rules_free(rules);
  return NULL;
}

void rules_free(struct rules *rules) {
  if (rules != NULL) free(rules->text);
  free(rules);
}

int rules_are_empty(const struct rules *rules) { return rules == NULL || rules->count == 0; }

const char *rules_cgroup(const struct rules *rules) { return rules->cgroup; }

static int holds(const struct rules *rules, uid_t uid, const char *path, size_t bytes) {
  for (unsigned i = 0; i < rules->count; i++) {
    const struct rule *rule = &rules->rule[i];
    if (rule->uid != ANY_USER && uid != ANY_USER && rule->uid != uid) continue;
    if (is_heeded(&rule->heed, path, (ssize_t)bytes, NULL, 0)) return 1;
  }
  return 0;
}

/* A path that is named from the folder of the caller is looked at as a whole. */
static int holds_argument(const struct rules *rules, uid_t uid, int tid, const char *argument, size_t length) {
  char link[32], path[PATH_MAX * 2];
  if (length == 0 || length >= PATH_MAX) return 0;
  if (holds(rules, uid, argument, length)) return 1;
  if (*argument == '-' || *argument == '/') return 0;
  snprintf(link, sizeof link, "/proc/%d/cwd", tid);
  ssize_t folder = readlink(link, path, PATH_MAX);
  if (folder <= 0 || folder == PATH_MAX) return 0;
  path[folder] = '/';
  memcpy(path + folder + 1, argument, length + 1);
  return holds(rules, uid, path, (size_t)folder + 1 + length);
}

static int holds_script(const struct rules *rules, uid_t uid, int tid) {
  char arguments[ARGUMENT_BYTES];
  ssize_t bytes = caller_arguments(tid, arguments, sizeof arguments);
  unsigned tried = 0;
  for (ssize_t at = 0; at < bytes && tried < ARGUMENTS_TRIED; tried++) {
    size_t length = strlen(arguments + at);
    if (tried > 0 && holds_argument(rules, uid, tid, arguments + at, length)) return 1;
    at += (ssize_t)length + 1;
  }
  return 0;
}

int rules_may_match(const struct rules *rules, const char *path, size_t path_bytes) {
  return is_heeded(&rules->interpreters, path, (ssize_t)path_bytes, NULL, 0) || holds(rules, ANY_USER, path, path_bytes);
}

enum rule_match rules_match(const struct rules *rules, const char *path, size_t path_bytes, int tid, int *pid) {
  uid_t uid;
  if (!caller_of(tid, pid, &uid)) return NO_MATCH;
  if (holds(rules, uid, path, path_bytes)) return MATCHES_FILE;
  if (!is_heeded(&rules->interpreters, path, (ssize_t)path_bytes, NULL, 0)) return NO_MATCH;
  return holds_script(rules, uid, tid) ? MATCHES_SCRIPT : NO_MATCH;
}

int caller_pid(int tid, int *pid) {
  uid_t uid;
  return caller_of(tid, pid, &uid);
}
