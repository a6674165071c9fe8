/** Values a log line may carry. Keys, tokens, prompts and file contents are never among them. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

/** A constant message and facts as fields. The one line per change of state that an operator reads. */
export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }
