/* A process by its id and start: the id alone may be another's by now. */
#ifndef SURETY_WINDOWS_PROCESS_IDENTITY_H
#define SURETY_WINDOWS_PROCESS_IDENTITY_H

#include <stdint.h>
#include <windows.h>

enum found { IS_FOUND, HAS_ENDED, IS_REFUSED };

/* Microseconds since 1970. 0 for what is older, such as the idle process, and when the system does not tell. */
uint64_t started_us(HANDLE process);

/* Opens it for at least limited queries and waiting. The caller closes the handle when it is found. While the handle is open, no
   other process gets its id. `started` 0 stands for any. */
enum found find_process(uint32_t pid, uint64_t started, DWORD access, HANDLE *process);

/* Whether it runs no more, though its handle is open. */
int has_ended(HANDLE process);

#endif
