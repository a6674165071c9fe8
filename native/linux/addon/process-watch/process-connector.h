/* Starts, forks and ends of processes as the kernel's process connector tells them. */
#ifndef PROCESS_CONNECTOR_H
#define PROCESS_CONNECTOR_H

#include <stddef.h>
#include <stdint.h>

/* The numbers of cn_proc.h. */
#define EVENT_FORK 0x00000001U
#define EVENT_EXEC 0x00000002U
#define EVENT_SESSION 0x00000080U
#define EVENT_EXIT 0x80000000U

struct process_event {
  uint32_t kind, pid;
  /* Of a fork. */
  uint32_t parent;
};

/* `wanted` is a mask of kinds, 0 for a kernel without the filter. A descriptor, or -1 with errno. */
int connector_open(uint32_t wanted, int receive_bytes);
void connector_close(int fd);

/* Up to `most` events, 16 or more, that are there now, without waiting. `lost` is set to the error that made us miss some. */
size_t connector_receive(int fd, struct process_event *to, size_t most, int *lost);

#endif
