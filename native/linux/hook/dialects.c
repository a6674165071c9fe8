#include "dialects.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "deadline.h"

#define PRE_TOOL_USE_BEFORE \
  "{\"hookSpecificOutput\":{\"hookEventName\":\"PreToolUse\",\"permissionDecision\":\"deny\",\"permissionDecisionReason\":\""
#define PRE_TOOL_USE_AFTER "\"}}"

static const struct dialect DIALECTS[] = {
    {"claude-code", PRE_TOOL_USE_BEFORE, PRE_TOOL_USE_AFTER, ""},
    /* Refuses every other member. */
    {"codex", PRE_TOOL_USE_BEFORE, PRE_TOOL_USE_AFTER, ""},
    /* Since 1.0.18 an explicit yes also takes the place of the client's own question to its user. */
    {"copilot-cli", "{\"permissionDecision\":\"deny\",\"permissionDecisionReason\":\"", "\"}", ""},
    {"cursor", "{\"permission\":\"deny\",\"user_message\":\"", "\"}", "{\"permission\":\"allow\"}"},
    {"gemini-cli", "{\"decision\":\"deny\",\"reason\":\"", "\"}", "{\"decision\":\"allow\"}"},
    {"opencode", NULL, NULL, ""},
    {"vscode", PRE_TOOL_USE_BEFORE, PRE_TOOL_USE_AFTER, ""},
    {"windsurf", NULL, NULL, ""},
};
#define DIALECT_COUNT (sizeof DIALECTS / sizeof *DIALECTS)

/* What is on standard output already is more than white space, and JSON after it could not be read. */
static int is_output_spoilt;

const struct dialect *dialect_of(const char *client) {
  for (size_t at = 0; at < DIALECT_COUNT; at++)
    if (strcmp(DIALECTS[at].client, client) == 0) return &DIALECTS[at];
  return NULL;
}

void print_clients(int fd) {
  for (size_t at = 0; at < DIALECT_COUNT; at++) dprintf(fd, "%s%s", at == 0 ? "" : " ", DIALECTS[at].client);
}

static int write_text(int fd, const char *text) { return write_until_deadline(fd, text, strlen(text)); }

int say_no(const struct dialect *dialect, const char *reason) {
  if (dialect->before_reason != NULL && !is_output_spoilt && write_text(STDOUT_FILENO, dialect->before_reason) == 0 &&
      write_text(STDOUT_FILENO, reason) == 0 && write_text(STDOUT_FILENO, dialect->after_reason) == 0)
    return 0;
  if (write_text(STDERR_FILENO, reason) == 0) write_text(STDERR_FILENO, "\n");
  return EXIT_BLOCKS;
}

int say_yes(const struct dialect *dialect) { return write_text(STDOUT_FILENO, dialect->allow) == 0 ? 0 : EXIT_BLOCKS; }

int say_answer(int code, const char *output, size_t output_bytes, const char *error, size_t error_bytes) {
  if (write_until_deadline(STDOUT_FILENO, output, output_bytes) != 0) return EXIT_BLOCKS;
  return write_until_deadline(STDERR_FILENO, error, error_bytes) == 0 ? code : EXIT_BLOCKS;
}

int say_progress(const char *text, size_t bytes) {
  for (size_t at = 0; at < bytes; at++)
    if (strchr(" \t\r\n", text[at]) == NULL || text[at] == '\0') is_output_spoilt = 1;
  return write_until_deadline(STDOUT_FILENO, text, bytes);
}
