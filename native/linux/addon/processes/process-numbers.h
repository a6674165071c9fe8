/* The numbers that the program gets of each process, in their order; see surety-native.h. */
#ifndef PROCESS_NUMBERS_H
#define PROCESS_NUMBERS_H

#include "process-read.h"

enum {
  PARENT,
  SESSION,
  TTY,
  START,
  UID,
  COMM_BYTES,
  EXECUTABLE_BYTES,
  ARGUMENTS_BYTES,
  STACK_START,
  PROGRAM_DEVICE,
  PROGRAM_INODE,
  PROGRAM_BORN,
  PROGRAM_OWNER,
  NUMBERS
};

static const struct program_identity NO_PROGRAM = {0};

static inline void numbers_of_program(double *numbers, const struct program_identity *program) {
  numbers[PROGRAM_DEVICE] = program->device;
  numbers[PROGRAM_INODE] = program->inode;
  numbers[PROGRAM_BORN] = program->born;
  numbers[PROGRAM_OWNER] = program->owner;
}

#endif
