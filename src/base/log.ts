/** Values of a log line. Never keys, tokens, prompts or file contents. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

/** One line per change of state: a constant message, and facts as fields. */
export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }
