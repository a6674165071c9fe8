import { baseName } from '../matching/agent-index.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import { isInterpreter } from '../matching/script-argument.ts'

/** Programs outside of all agents that may do the work of one. Nothing shows whether an agent asked them to. */

/** Multiplexers, and what sshd runs for a user. */
const TAKE_WORK = /^(tmux(: .*)?|screen|zellij|dtach|abduco|sshd|sshd-session|dropbear)$/
const SHELL = /^(sh|ash|dash|bash|ksh|mksh|zsh|fish)$/

/**
 * Whether a process carries out what others hand it. Of shells those that wait for something other than a program: with a FIFO they
 * read commands. The shell of a terminal leads its session, and is its user's.
 */
export function takesWorkOf(
  { pid, sessionId, executable }: ProcessRecord,
  { hasChildren }: { readonly hasChildren: boolean },
): boolean {
  const name = baseName(executable ?? '')
  return TAKE_WORK.test(name) || (SHELL.test(name) && pid !== sessionId && !hasChildren)
}

/** Whether it runs a program that its user has put there, and that no one knows by its path. */
export function isUsersOwn(record: ProcessRecord): boolean {
  const { programFile, userId } = record
  return programFile?.ownerId === userId && userId !== '0' && !isInterpreter(record)
}
