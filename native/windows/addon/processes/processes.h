/* Processes as Windows tells them: bytes and numbers out, no policy. Free of Node, so that it can be tried alone. */
#ifndef SURETY_WINDOWS_PROCESSES_H
#define SURETY_WINDOWS_PROCESSES_H

#include <stdint.h>

/* What `read_one_process` tells in numbers; a FILETIME in halves, since it is more than a double holds. The id of the parent is that
   of the process which started it, and may be another's by now. */
enum {
  CREATED_LOW,
  CREATED_HIGH,
  SID_BYTES,
  EXECUTABLE_BYTES,
  FOLDER_BYTES,
  REST_BYTES,
  PARENT_ID,
  SESSION_ID,
  PROCESS_NUMBERS
};

/* Where each part of the text begins: the executable at 0, the current folder, the owner's SID as the system lays it out,
   and the command line or the environment, which take the rest. All but the SID is UTF-16. */
#define FOLDER_AT 8192
#define SID_AT 16384
#define REST_AT 16512

/* SYSTEM_PROCESS_INFORMATION of all processes, one behind the other, with distances from the beginning in place of
   pointers. The bytes it takes: more than `bytes` when the buffer
   is too small and holds nothing of use. 0 when the system does not tell. */
uint32_t list_all_processes(void *buffer, uint32_t bytes);

/* False when the process has ended or may not be seen. -1 bytes for what may not be known of it. */
int read_one_process(uint32_t pid, double numbers[PROCESS_NUMBERS], uint8_t *text, uint32_t text_bytes, int environment);

/* When the system started, not moved by whoever sets the clock: a FILETIME in halves. False when it does not tell. */
int read_boot_time(double halves[2]);

#endif
