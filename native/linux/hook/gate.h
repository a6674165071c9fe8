/* The gate: the daemon, at a socket that belongs to root. It decides; see main.c for what is said over the socket. */
#ifndef GATE_H
#define GATE_H

#include <stddef.h>

enum gate_outcome { GATE_FOUND, GATE_ABSENT, GATE_NO_SOCKET, GATE_FOREIGN, GATE_LATE, GATE_UNREACHABLE };
enum frame_outcome { FRAME_READ, FRAME_LATE, FRAME_CUT, FRAME_MALFORMED, FRAME_NO_MEMORY };

#define FRAME_PROGRESS 0
#define FRAME_FINAL 1

struct frame {
  unsigned char *text;
  size_t bytes;
};

/* `may_be_own`: a gate that runs as the user of this process is taken as well, for a socket that the command line names. */
enum gate_outcome gate_connect(const char *path, int may_be_own, int *fd);

/* Whether an administrator said beside the socket that tools may run where no gate does. */
int gate_may_be_absent(const char *socket_path, int may_be_own);

/* 0, or -1 when it is late. A gate that has closed its end may have answered all the same. */
int gate_ask(int fd, const char *client, const char *document, size_t bytes);

/* Frees the text of the frame before. The first byte of `text` is the kind. */
enum frame_outcome gate_read_frame(int fd, struct frame *frame);

#endif
