#include "rules.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../addon/process-watch/program-filter.h"

#define RULES_MOST 256
#define ARGUMENT_BYTES (128 * 1024)
/* Each is looked at with the folder before it, which users make long. */
#define RELATIVE_MOST 256

struct users {
  uid_t first, last;
};

struct rule {
  /* Of all users when it is NULL. */
  const struct users *users;
  unsigned user_count;
  struct program_filter filter;
};

struct rules {
  /* Every text lies in it. */
  char *text;
  /* Of every rule. */
  struct users *users;
  const char *cgroup;
  struct program_filter interpreters;
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

static int read_user(const char *text, char **end, uid_t *user) {
  errno = 0;
  unsigned long number = strtoul(text, end, 10);
  *user = (uid_t)number;
  return *text >= '0' && *text <= '9' && errno == 0 && number < NO_USER;
}

static int read_range(const char *text, struct users *to) {
  char *end;
  if (!read_user(text, &end, &to->first) || *end != '-') return 0;
  return read_user(end + 1, &end, &to->last) && *end == '\0' && to->first <= to->last;
}

/* The list of a rule. `to` has room for as many as there are texts. How many there are, or -1. */
static int read_users(char **at, const char *end, struct rule *rule, struct users *to) {
  const char *text = next_list(at, end);
  if (text == NULL || *text == '\0') return -1;
  if (strcmp(text, "*") == 0) return text[2] == '\0' ? 0 : -1;
  rule->users = to;
  for (; *text != '\0'; text += strlen(text) + 1)
    if (!read_range(text, to + rule->user_count++)) return -1;
  return (int)rule->user_count;
}

static int parse(struct rules *rules, size_t bytes) {
  char *at = rules->text, *end = at + bytes;
  struct users *users = rules->users;
  rules->cgroup = next_text(&at, end);
  if (rules->cgroup == NULL || rules->cgroup[0] != '/') return 0;
  rules->interpreters = (struct program_filter){next_list(&at, end), no_text, no_text};
  if (rules->interpreters.names == NULL) return 0;
  while (at < end) {
    if (rules->count == RULES_MOST) return 0;
    struct rule *rule = &rules->rule[rules->count++];
    const int count = read_users(&at, end, rule, users);
    if (count < 0) return 0;
    users += count;
    rule->filter = (struct program_filter){next_list(&at, end), no_text, no_text};
    rule->filter.parts = next_list(&at, end);
    if (rule->filter.names == NULL || rule->filter.parts == NULL) return 0;
  }
  return 1;
}

struct rules *rules_parse(const char *text, size_t bytes) {
  struct rules *rules = calloc(1, sizeof *rules);
  if (rules == NULL) return NULL;
  rules->text = malloc(bytes + 1);
  /* `0-0` and its end. */
  rules->users = malloc((bytes / 4 + 1) * sizeof *rules->users);
  if (rules->text != NULL && rules->users != NULL && bytes > 0 && text[bytes - 1] == '\0') {
    memcpy(rules->text, text, bytes);
    if (parse(rules, bytes)) return rules;
  }
  rules_free(rules);
  return NULL;
}

void rules_free(struct rules *rules) {
  if (rules == NULL) return;
  free(rules->text);
  free(rules->users);
  free(rules);
}

int rules_are_empty(const struct rules *rules) { return rules == NULL || rules->count == 0; }

const char *rules_cgroup(const struct rules *rules) { return rules->cgroup; }

static int is_for(const struct rule *rule, const struct caller *caller) {
  if (rule->users == NULL || caller == NULL) return 1;
  for (unsigned i = 0; i < rule->user_count; i++)
    for (unsigned of = 0; of < CALLER_USERS; of++)
      if (caller->users[of] >= rule->users[i].first && caller->users[of] <= rule->users[i].last) return 1;
  return 0;
}

/* For any caller where it is NULL. */
static int holds(const struct rules *rules, const struct caller *caller, const char *path, size_t bytes) {
  for (const struct rule *rule = rules->rule; rule < rules->rule + rules->count; rule++)
    if (is_for(rule, caller) && program_filter_matches(&rule->filter, path, (ssize_t)bytes, NULL, 0)) return 1;
  return 0;
}

static int is_interpreter(const struct rules *rules, const char *path, size_t bytes) {
  return program_filter_matches(&rules->interpreters, path, (ssize_t)bytes, NULL, 0);
}

int rules_may_match(const struct rules *rules, const char *path, size_t path_bytes) {
  return is_interpreter(rules, path, path_bytes) || holds(rules, NULL, path, path_bytes);
}

enum rule_match rules_match(const struct rules *rules, const char *path, size_t path_bytes, const struct caller *caller) {
  if (holds(rules, caller, path, path_bytes)) return MATCHES_FILE;
  if (!is_interpreter(rules, path, path_bytes)) return NO_MATCH;
  for (const struct rule *rule = rules->rule; rule < rules->rule + rules->count; rule++)
    if (is_for(rule, caller)) return MATCHES_UNREAD;
  return NO_MATCH;
}

/* The folder of the caller with a slash behind it, or 0. */
static size_t read_folder(int tid, char *to) {
  char link[32];
  snprintf(link, sizeof link, "/proc/%d/cwd", tid);
  const ssize_t bytes = readlink(link, to, PATH_MAX);
  if (bytes <= 0 || bytes == PATH_MAX) return 0;
  to[bytes] = '/';
  return (size_t)bytes + 1;
}

enum rule_match rules_match_script(const struct rules *rules, int tid, const struct caller *caller) {
  static char arguments[ARGUMENT_BYTES], path[PATH_MAX * 2];
  int is_whole;
  unsigned relative = 0;
  const size_t bytes = caller_arguments(tid, arguments, sizeof arguments, &is_whole), folder = read_folder(tid, path);
  /* The first one is the interpreter. */
  for (size_t at = strnlen(arguments, bytes) + 1, length; at < bytes; at += length + 1) {
    const char *argument = arguments + at;
    length = strlen(argument);
    if (length == 0 || length >= PATH_MAX) continue;
    if (holds(rules, caller, argument, length)) return MATCHES_SCRIPT;
    if (*argument == '-' || *argument == '/' || folder == 0) continue;
    if (++relative > RELATIVE_MOST) return MATCHES_UNREAD;
    /* A path that is named from the folder of the caller is looked at as a whole. */
    memcpy(path + folder, argument, length);
    if (holds(rules, caller, path, folder + length)) return MATCHES_SCRIPT;
  }
  return is_whole ? NO_MATCH : MATCHES_UNREAD;
}
