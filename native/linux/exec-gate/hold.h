/* Moves a process into the frozen cgroup while it waits for its exec: it stops before the first instruction of the new program. */
#ifndef HOLD_H
#define HOLD_H

#include "rules.h"

/* The daemon and its children are never held. */
void hold_spares(int pid);

/* Creates the cgroup if it is absent, and freezes it. Moves the gate out of the daemon's cgroup. 0, or errno. */
int hold_prepare(const char *cgroup);

/* Reports `held` or `unheld`. What belongs to the daemon, and what is held already, is left alone. */
void hold(const char *cgroup, int pid, const char *path, enum rule_match why);

void report_unheld(int pid, const char *path, const char *reason);

#endif
