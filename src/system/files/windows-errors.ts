/** Failed calls of the addon on Windows. Each throws an Error with the call as its code and the error of Windows in its message. */

/** Win32 errors as Node names them. */
const ERRNOS: Readonly<Record<number, string>> = {
  2: 'ENOENT',
  3: 'ENOENT',
  4: 'EMFILE',
  5: 'EACCES',
  8: 'ENOMEM',
  14: 'ENOMEM',
  19: 'EROFS',
  32: 'EBUSY',
  33: 'EBUSY',
  39: 'ENOSPC',
  80: 'EEXIST',
  112: 'ENOSPC',
  123: 'EINVAL',
  161: 'EINVAL',
  183: 'EEXIST',
  206: 'ENAMETOOLONG',
  267: 'ENOTDIR',
  1314: 'EPERM',
  1450: 'ENOMEM',
}

/** The error of Windows; undefined when `cause` is another one. */
export function windowsErrorOf(cause: unknown): number | undefined {
  const text = Error.isError(cause) ? /^error (0x[0-9A-F]{8}|\d+)$/.exec(cause.message)?.[1] : undefined
  return text === undefined ? undefined : Number(text)
}

/** Runs a call of the addon. @throws an error with a code as those of `node:fs` have, or the error itself. */
export function asFileCall<T>(call: () => T): T {
  try {
    return call()
  } catch (cause) {
    const number = windowsErrorOf(cause)
    if (number === undefined) throw cause
    const code = ERRNOS[number] ?? `error ${number}`
    throw Object.assign(new Error(code, { cause }), { code })
  }
}
