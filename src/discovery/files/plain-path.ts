import { posix } from 'node:path'
import { isAbsolutePath, isWindowsPath } from '../../base/absolute-path.ts'
import { isSpeltByWindows, portableText } from '../../system/files/portable-text.ts'
import { toPortablePath } from '../../system/files/windows-path.ts'

const MAX_LENGTH = 2048

/**
 * Normalises a path that a file of the user names (`.`, `..` and double slashes removed), so that one folder has one spelling.
 * Undefined for a relative path, and for one with `*`, which would be read as a pattern.
 */
export function plainPath(text: string): string | undefined {
  if (text.length > MAX_LENGTH || /[\0*]/.test(text)) return undefined
  if (isSpeltByWindows(text)) return withoutSlash(toPortablePath(text) ?? '')
  return text.startsWith('/') ? withoutSlash(posix.normalize(text)) : undefined
}

/** As `plainPath`. A relative path starts at `folder`. */
export function plainPathFrom(folder: string, text: string): string | undefined {
  if (isAbsolutePath(text) || isSpeltByWindows(text)) return plainPath(text)
  return plainPath(posix.join(folder, isWindowsPath(folder) ? text.replaceAll('\\', '/') : text))
}

/** Undefined for the root or a drive itself. */
function withoutSlash(path: string): string | undefined {
  const plain = path.replace(/\/$/, '')
  return isAbsolutePath(plain) ? plain : undefined
}

/** The path of a `file:` URI. Undefined for a URI with a host, and for an escaped slash or NUL. */
export function pathOfFileUri(uri: string): string | undefined {
  if (!uri.startsWith('file:///') || /%2f|%5c|%00/i.test(uri)) return undefined
  try {
    const path = decodeURIComponent(new URL(uri).pathname)
    return portableText(path.replace(/^\/(?=[A-Za-z]:\/)/, ''))
  } catch {
    return undefined
  }
}

/** The parent folder. That of the root or a drive is itself. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/')
  const isTop = slash <= 0 || (slash === 2 && isWindowsPath(path))
  return isTop ? path.slice(0, slash + 1) || '/' : path.slice(0, slash)
}

/** The path and every folder above it, without the root or the drive. */
export function withFoldersAbove(path: string): readonly string[] {
  const all: string[] = []
  for (let at = path; folderOf(at) !== at; at = folderOf(at)) all.push(at)
  return all
}
