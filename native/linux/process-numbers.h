/* The numbers that the program gets of each process, in their order; see surety-native.h. */
#ifndef PROCESS_NUMBERS_H
#define PROCESS_NUMBERS_H

enum { PARENT, SESSION, TTY, START, UID, COMM_BYTES, EXECUTABLE_BYTES, ARGUMENTS_BYTES, STACK_START, NUMBERS };

#endif
