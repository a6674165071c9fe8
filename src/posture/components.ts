import type { Clock } from '../base/clock.ts'
import type { WindowsFacts } from '../system/facts/windows-facts.ts'
import type { TrustedFileReader } from '../system/files/files.ts'
import type { CommandRunner } from '../system/program/command-runner.ts'
import type { AptAnswers } from './apt-answers.ts'
import type { CheckOutcome } from './check-outcome.ts'
import type { FreezeDrill } from './freeze-drill.ts'
import type { ScreenLockSettings } from './screen-lock.ts'

/** What the unprivileged reader saw of one person's screen lock. */
export type ScreenLockReport =
  | { readonly user: string; readonly settings: ScreenLockSettings }
  | { readonly user: string; readonly unreadable: string }

export interface PostureComponents {
  readonly files: TrustedFileReader
  readonly commands: CommandRunner
  readonly clock: Clock
  /** Absent where nothing is to be remembered between two looks. */
  readonly aptAnswers?: Pick<AptAnswers, 'recall'>
  /** One report per person who has a home here. Homes are read by the reader child, never by the daemon. */
  screenLocks(options: { signal: AbortSignal }): Promise<readonly ScreenLockReport[]>
  /** The last drill. Absent where no stop can be carried out; undefined before the first drill. */
  readonly freezeDrill?: () => FreezeDrill | undefined
  /** On Windows alone. */
  readonly windows?: WindowsFacts | undefined
}

export interface CheckContext {
  readonly signal: AbortSignal
  /** What is left for commands: the check's own deadline. Milliseconds. */
  readonly timeoutMs: number
}

/** One check. It may throw: the collector turns that into `unknown`. */
export type PostureCheck = (components: PostureComponents, context: CheckContext) => Promise<CheckOutcome>

/** `files` reads a few small files of the kernel and of /etc; `commands` starts programs and may take seconds. */
export interface PostureRow {
  readonly reads: 'files' | 'commands'
  readonly run: PostureCheck
}
