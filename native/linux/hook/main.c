/*
 * surety-hook: the hook of the clients of AI agents. A client starts it before each tool call and reads its answer. It hands the
 * client's document to the gate of the daemon and prints what the gate answers. All else that can happen is a no, in the dialect of
 * the client. It reads no variable of the environment, so that an agent cannot turn it off by one.
 *
 * Standard input: the document of the client, at most 10 MiB.
 * To the gate:    a length of 32 bits, then as many bytes: the version 1, the length of the client's name, the name, the document.
 * From the gate:  frames, each a length of 32 bits, at most 1 MiB, then as many bytes. The first one is the kind:
 *   0  progress: the rest goes to standard output at once
 *   1  final: the exit code in one byte, the length of standard output in 32 bits, standard output; the rest goes to standard error
 * Lengths are big-endian.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "deadline.h"
#include "dialects.h"
#include "gate.h"

#define SOCKET "/run/surety-gate/hooks.sock"
#define SECONDS 290
#define SECONDS_MOST 3600
#define DOCUMENT_MOST ((size_t)10 << 20)
#define DOCUMENT_STEP ((size_t)64 << 10)
/* Kind, exit code and the length of standard output. */
#define FINAL_HEAD 6

#define DOCTOR "ask your administrator, or run `surety hooks doctor`"

struct call {
  const char *socket;
  int is_own_socket;
  unsigned seconds;
  const struct dialect *dialect;
};

struct document {
  char *text;
  size_t bytes;
};

static int usage(int fd) {
  dprintf(fd, "usage: surety-hook [--socket PATH] [--seconds 1-%d] CLIENT\nclients: ", SECONDS_MOST);
  print_clients(fd);
  dprintf(fd, "\nPATH is absolute. Standard input is the document of the client, at most 10 MiB.\n");
  return EXIT_BLOCKS;
}

static unsigned seconds_of(const char *text) {
  unsigned seconds = 0;
  for (; *text >= '0' && *text <= '9' && seconds <= SECONDS_MOST; text++) seconds = seconds * 10 + (unsigned)(*text - '0');
  return *text == '\0' && seconds <= SECONDS_MOST ? seconds : 0;
}

/* By hand: getopt reads the environment. */
static int read_call(int count, char **arguments, struct call *call) {
  int at = 1;
  for (; at + 1 < count; at += 2) {
    const char *value = arguments[at + 1];
    if (strcmp(arguments[at], "--socket") == 0) {
      if (call->is_own_socket || *value != '/' || strlen(value) >= sizeof((struct sockaddr_un *)0)->sun_path) return -1;
      call->socket = value;
      call->is_own_socket = 1;
    } else if (strcmp(arguments[at], "--seconds") == 0) {
      if (call->seconds != 0 || (call->seconds = seconds_of(value)) == 0) return -1;
    } else {
      return -1;
    }
  }
  if (call->seconds == 0) call->seconds = SECONDS;
  call->dialect = at < count ? dialect_of(arguments[at]) : NULL;
  return call->dialect == NULL ? -1 : 0;
}

static int say_late(const struct call *call) {
  char reason[160];
  snprintf(reason, sizeof reason, "Surety's gate did not answer in %u s; " DOCTOR, call->seconds);
  return say_no(call->dialect, reason);
}

/* A reason why not, or NULL. It reads what is too large to its end: a client may take its broken pipe for a broken hook. */
static const char *read_document(struct document *document) {
  static char beyond[DOCUMENT_STEP];
  int is_too_large = 0;
  for (;;) {
    is_too_large |= document->bytes > DOCUMENT_MOST;
    if (!is_too_large && document->bytes % DOCUMENT_STEP == 0) {
      char *more = realloc(document->text, document->bytes + DOCUMENT_STEP);
      if (more == NULL) return "There is too little memory for Surety's hook; end other programs and try again";
      document->text = more;
    }
    const size_t room = DOCUMENT_STEP - document->bytes % DOCUMENT_STEP;
    char *to = is_too_large ? beyond : document->text + document->bytes;
    const ssize_t bytes = read_until_deadline(STDIN_FILENO, to, is_too_large ? sizeof beyond : room);
    if (bytes == READ_FAILED) return "Surety's hook cannot read what the client asks; start the client again";
    if (bytes == READ_LATE) return "The client did not end its question to Surety's hook; start the client again";
    if (bytes == 0) break;
    if (!is_too_large) document->bytes += (size_t)bytes;
  }
  return is_too_large ? "The client asks Surety about more than 10 MiB; let the agent do this in smaller steps" : NULL;
}

static int say_unconnected(const struct call *call, enum gate_outcome outcome) {
  if (outcome == GATE_LATE) return say_late(call);
  if (outcome == GATE_NO_SOCKET) return say_no(call->dialect, "The socket of Surety's gate was replaced; " DOCTOR);
  if (outcome == GATE_FOREIGN) return say_no(call->dialect, "Surety's gate does not run as root; " DOCTOR);
  if (outcome == GATE_UNREACHABLE) return say_no(call->dialect, "Surety's gate cannot be reached; " DOCTOR);
  if (gate_may_be_absent(call->socket, call->is_own_socket)) return say_yes(call->dialect);
  return say_no(call->dialect, "Surety's gate does not run, and without it no tool may; " DOCTOR);
}

static int say_unread(const struct call *call, enum frame_outcome outcome) {
  if (outcome == FRAME_LATE) return say_late(call);
  if (outcome == FRAME_CUT) return say_no(call->dialect, "Surety's gate ended before it answered; try again, then " DOCTOR);
  if (outcome == FRAME_NO_MEMORY)
    return say_no(call->dialect, "There is too little memory for Surety's hook; end other programs and try again");
  return say_no(call->dialect, "Surety's gate gave an answer that its hook cannot read; " DOCTOR);
}

static int say_final(const struct call *call, const struct frame *frame) {
  uint32_t length;
  if (frame->bytes < FINAL_HEAD) return say_unread(call, FRAME_MALFORMED);
  memcpy(&length, frame->text + 2, sizeof length);
  const size_t output = ntohl(length), rest = frame->bytes - FINAL_HEAD;
  if (output > rest) return say_unread(call, FRAME_MALFORMED);
  const char *text = (const char *)frame->text + FINAL_HEAD;
  return say_answer(frame->text[1], text, output, text + output, rest - output);
}

static int ask(const struct call *call, const struct document *document) {
  struct frame frame = {NULL, 0};
  int gate;
  const enum gate_outcome found = gate_connect(call->socket, call->is_own_socket, &gate);
  if (found != GATE_FOUND) return say_unconnected(call, found);
  if (gate_ask(gate, call->dialect->client, document->text, document->bytes) != 0) return say_late(call);
  for (;;) {
    const enum frame_outcome read = gate_read_frame(gate, &frame);
    if (read != FRAME_READ) return say_unread(call, read);
    if (frame.text[0] == FRAME_FINAL) return say_final(call, &frame);
    if (frame.text[0] != FRAME_PROGRESS) return say_unread(call, FRAME_MALFORMED);
    if (say_progress((const char *)frame.text + 1, frame.bytes - 1) != 0) return EXIT_BLOCKS;
  }
}

int main(int count, char **arguments) {
  struct call call = {.socket = SOCKET};
  struct document document = {NULL, 0};
  signal(SIGPIPE, SIG_IGN);
  /* The socket must not get the number of an output that is closed. */
  if (fcntl(STDIN_FILENO, F_GETFD) < 0 || fcntl(STDOUT_FILENO, F_GETFD) < 0) return EXIT_BLOCKS;
  if (fcntl(STDERR_FILENO, F_GETFD) < 0 && open("/dev/null", O_WRONLY) < 0) return EXIT_BLOCKS;
  if (count == 2 && strcmp(arguments[1], "--help") == 0) {
    usage(STDOUT_FILENO);
    return 0;
  }
  if (read_call(count, arguments, &call) != 0) return usage(STDERR_FILENO);
  deadline_start(call.seconds);
  const char *unread = read_document(&document);
  return unread == NULL ? ask(&call, &document) : say_no(call.dialect, unread);
}
