import { closed, counter, type Static, Type, text, words } from '../../base/schema.ts'

/** A job that an agent had another program start for it: its processes descend from that program, and not from the agent. */
export const handOffSchema = closed({
  to: words('systemd', 'at', 'cron'),
  /**
   * The unit, or how its name begins with a `*` behind it; the number and time of an at job, as in the name of its file; empty
   * for a whole crontab.
   */
  job: text(256),
  /** The user whose manager, at job or crontab it is. */
  userId: text(184),
  /** Catalogue id of the agent. */
  product: text(64),
  /** The agent's process that asked. Absent when it ran before this boot. */
  agent: Type.Optional(closed({ pid: counter(), startTicks: counter() })),
  /** The only process that it is about, of a unit that a user asked the manager of the system for: root may use its name later. */
  process: Type.Optional(closed({ pid: counter(), startTicks: counter() })),
})
export type HandOff = Static<typeof handOffSchema>

/** Answers for a process whose parent is such a program. */
export interface HandOffLookup<P> {
  /** What the process was handed off by; undefined for one that no agent asked for. */
  find(process: P, parent: P): HandOff | undefined
}

export function reasonOf({ to, job }: HandOff): string {
  switch (to) {
    case 'systemd':
      return `unit ${job} of systemd, which this agent had started`
    case 'at':
      return 'job of at, which this agent made'
    case 'cron':
      return 'job of a crontab, which this agent changed'
    default:
      return to satisfies never
  }
}
