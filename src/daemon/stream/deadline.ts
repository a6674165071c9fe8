import { SuretyError } from '../../base/errors.ts'

/** A signal that aborts with `signal`, or after `ms` with `reason`. */
export function deadline(
  signal: AbortSignal,
  ms: number,
  reason: Error = new SuretyError('DIRECTORY_UNREACHABLE', `no answer within ${ms / 1000} s`),
): AbortSignal {
  const expired = new AbortController()
  const timer = setTimeout(() => expired.abort(reason), ms)
  timer.unref()
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true, signal: expired.signal })
  return AbortSignal.any([signal, expired.signal])
}
