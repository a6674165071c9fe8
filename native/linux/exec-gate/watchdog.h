/*
 * A process that ends another one that is stuck. A gate that is stopped by a signal, frozen or at a loss would hold up every exec on
 * the machine, the daemon's and those that could fix it among them. So it is killed, and the kernel lets all continue.
 */
#ifndef WATCHDOG_H
#define WATCHDOG_H

/* The gate beats at least so often, and is killed after four times of silence. */
#define BEAT_MS 500

/*
 * Forks. The caller continues in the child, which ends with its parent; the parent watches, and ends with the code of the child. -1
 * without a process.
 */
int watchdog_start(void);
void watchdog_beat(void);

#endif
