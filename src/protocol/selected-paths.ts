import { pathKey } from '../base/absolute-path.ts'

/** How paths of a selector are compared with those of an agent, on the device and at the directory. */

export function isOneOf(path: string, others: readonly string[]): boolean {
  const key = pathKey(path)
  return others.some((other) => pathKey(other) === key)
}

/** Whether `path` is the folder or lies below it. */
export function isWithin(folder: string, path: string | undefined): boolean {
  if (path === undefined) return false
  const [key, above] = [pathKey(path), pathKey(folder)]
  return key === above || key.startsWith(`${above}/`)
}
