import type { Log, LogFields } from '../../base/log.ts'

/** Logs the first refusal at once and the others as a number, so that refused clients cannot fill the log. */
export interface RefusalLog extends Disposable {
  tell(fields: LogFields): void
}

export function refusalLog(log: Log, init: { readonly message: string; readonly intervalMs: number }): RefusalLog {
  let more = 0
  let timer: NodeJS.Timeout | undefined
  const sum = () => {
    timer = undefined
    if (more > 0) log.warn(init.message, { more })
    more = 0
  }
  return {
    tell(fields) {
      if (timer !== undefined) {
        more++
        return
      }
      log.warn(init.message, fields)
      timer = setTimeout(sum, init.intervalMs)
      timer.unref()
    },
    [Symbol.dispose]() {
      clearTimeout(timer)
      sum()
    },
  }
}
