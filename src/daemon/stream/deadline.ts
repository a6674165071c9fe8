import { SuretyError } from '../../base/errors.ts'

/** Aborts with `signal`, or after `ms` for the reason `late`. */
export function deadline(
  signal: AbortSignal,
  ms: number,
  late: Error = new SuretyError('DIRECTORY_UNREACHABLE', `no answer within ${ms / 1000} s`),
): AbortSignal {
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(late), ms)
  timer.unref()
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true, signal: over.signal })
  return AbortSignal.any([signal, over.signal])
}
