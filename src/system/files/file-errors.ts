import { type ErrorCode, SuretyError } from '../../base/errors.ts'

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'FILE_ABSENT',
  ENOTDIR: 'FILE_ABSENT',
  ELOOP: 'FILE_IS_LINK',
  EISDIR: 'FILE_NOT_REGULAR',
  ENXIO: 'FILE_NOT_REGULAR',
  ENODEV: 'FILE_NOT_REGULAR',
}

/** The symbolic errno of a failed system call, else undefined. Node's own errors are of another realm under jest. */
export function errnoOf(error: unknown): string | undefined {
  return Error.isError(error) && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Translates a failed system call on `path` into ours; errors of ours pass unchanged. */
export function fileError(cause: unknown, path: string): SuretyError {
  if (cause instanceof SuretyError) return cause
  const errno = errnoOf(cause)
  const shown = JSON.stringify(path)
  return new SuretyError(CODES[errno ?? ''] ?? 'FILE_UNREADABLE', `${shown}: ${errno ?? 'unreadable'}`, { cause })
}
