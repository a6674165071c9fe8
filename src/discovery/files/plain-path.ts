import { posix } from 'node:path'

/**
 * A folder that a file of the person names, without the detours of its spelling: they must not hide what lies there. Undefined
 * for what is not absolute, or has a star, which would be taken for a pattern.
 */
export function plainPath(text: string): string | undefined {
  if (!text.startsWith('/') || text.length > 2048 || /[\0*]/.test(text)) return undefined
  const path = posix.normalize(text).replace(/\/$/, '')
  return path === '' ? undefined : path
}
