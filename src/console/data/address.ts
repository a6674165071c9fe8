import { useLocation } from 'wouter'

/**
 * The name at the end of the address, which may have any character. What wouter gives is decoded by half: a percent sign in a
 * name would break it.
 */
export function useNamed(): string {
  useLocation()
  return nameIn(window.location.pathname)
}

/** @param path as the browser has it. A part that nobody encoded is a name too. */
export function nameIn(path: string): string {
  const part = path.slice(path.lastIndexOf('/') + 1)
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
