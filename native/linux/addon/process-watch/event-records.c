#include "event-records.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST (64 * 1024)
#define ROOM_MOST (4 * 1024 * 1024)

static unsigned char *room_for(struct process_records *records, size_t bytes) {
  size_t room = records->room == 0 ? ROOM_FIRST : records->room;
  while (room < records->used + bytes) room *= 2;
  if (room > ROOM_MOST) return NULL;
  if (room != records->room) {
    unsigned char *grown = realloc(records->bytes, room);
    if (grown == NULL) return NULL;
    records->bytes = grown;
    records->room = room;
  }
  return records->bytes + records->used;
}

static void put_head(struct process_records *records, const struct process_event *event, size_t bytes,
                     unsigned char *at) {
  uint32_t head[4] = {event->kind, event->pid, event->parent, (uint32_t)bytes};
  memcpy(at, head, sizeof head);
  records->used += bytes;
}

int records_put(struct process_records *to, const struct process_event *event) {
  unsigned char *at = room_for(to, 16);
  if (at == NULL) return 0;
  put_head(to, event, 16, at);
  return 1;
}

int records_put_exec(struct process_records *to, const struct process_event *event, int state,
                     const struct started_process *of, const char *executable, ssize_t executable_bytes) {
  const int read = state == STATE_READ;
  const char *const texts[5] = {read ? of->stat.comm : NULL, executable, read ? of->arguments : NULL,
                                read ? of->names : NULL, read ? of->folder : NULL};
  int32_t lengths[6] = {read ? (int32_t)of->stat.comm_bytes : 0, (int32_t)executable_bytes,
                        read ? (int32_t)of->arguments_bytes : -1, read ? (int32_t)of->names_bytes : -1,
                        read ? (int32_t)of->folder_bytes : -1, state};
  double numbers[10] = {0};
  size_t bytes = 16 + sizeof numbers + sizeof lengths;
  for (int i = 0; i < 5; i++) bytes += lengths[i] > 0 ? (size_t)lengths[i] : 0;
  bytes = (bytes + 7) & ~(size_t)7;
  unsigned char *at = room_for(to, bytes);
  if (at == NULL) return 0;
  put_head(to, event, bytes, at);
  if (read) {
    const long long known[6] = {of->stat.parent, of->stat.session, of->stat.tty,
                                of->stat.start,  of->stat.uid,     of->stat.stack_start};
    const struct program_identity *program = &of->program;
    const double identity[4] = {program->device, program->inode, program->born, program->owner};
    for (int i = 0; i < 6; i++) numbers[i] = (double)known[i];
    memcpy(numbers + 6, identity, sizeof identity);
  }
  at += 16;
  memcpy(at, numbers, sizeof numbers);
  at += sizeof numbers;
  memcpy(at, lengths, sizeof lengths);
  at += sizeof lengths;
  for (int i = 0; i < 5; i++) {
    if (lengths[i] <= 0) continue;
    memcpy(at, texts[i], (size_t)lengths[i]);
    at += lengths[i];
  }
  return 1;
}

size_t records_that_fit(const unsigned char *from, size_t bytes, size_t room) {
  size_t at = 0;
  while (at < bytes) {
    uint32_t record;
    memcpy(&record, from + at + 12, sizeof record);
    if (at + record > room) break;
    at += record;
  }
  return at;
}
