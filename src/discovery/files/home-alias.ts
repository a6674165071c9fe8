import { isWindowsPath, pathKey } from '../../base/absolute-path.ts'
import { type FileReader, filesAt } from '../../system/files/files.ts'

/**
 * A home whose path in the account database goes through links of root. The kernel reports resolved paths; files and command lines
 * use the other spelling. Everything is read, compared and reported by the resolved path.
 */
export interface HomePlace {
  readonly home: string
  readonly namedHome?: string | undefined
}

/** The resolved path. */
export function placeOf(path: string, { home, namedHome }: HomePlace): string {
  if (isWindowsPath(path)) return placeOnWindows(path, home)
  if (namedHome === undefined) return path
  if (path === namedHome) return home
  return path.startsWith(`${namedHome}/`) ? home + path.slice(namedHome.length) : path
}

/** Case is ignored for the home only; the part below it keeps its spelling. */
function placeOnWindows(path: string, home: string): string {
  const isBelow = pathKey(`${path}/`).startsWith(pathKey(`${home}/`))
  return isBelow ? home + path.slice(home.length) : path
}

/** All spellings of a resolved path. */
export function namesOf(path: string, { home, namedHome }: HomePlace): readonly string[] {
  if (namedHome === undefined || (path !== home && !path.startsWith(`${home}/`))) return [path]
  return [path, namedHome + path.slice(home.length)]
}

/** As `placeOf`, for the homes of all users. */
export function placeInHomes(users: readonly HomePlace[]): (path: string) => string {
  const named = users.filter(({ home, namedHome }) => namedHome !== undefined || isWindowsPath(home))
  return (path) => named.reduce(placeOf, path)
}

/** A reader that takes paths in either spelling. */
export function filesByName(files: FileReader, place: HomePlace): FileReader {
  if (place.namedHome === undefined) return files
  return filesAt(files, (path) => placeOf(path, place))
}
