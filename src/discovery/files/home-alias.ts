import { isWindowsPath, pathKey } from '../../base/absolute-path.ts'
import { type FileReader, filesAt } from '../../system/files/files.ts'

/**
 * A home that its account spells in another way than it lies: root's links lead there. The kernel tells where things lie, files
 * and command lines name them as people do: all is looked at, compared and told as it lies.
 */
export interface HomePlace {
  readonly home: string
  readonly namedHome?: string | undefined
}

/** Where `path` lies, however it is spelt. */
export function placeOf(path: string, { home, namedHome }: HomePlace): string {
  if (isWindowsPath(path)) return placeOnWindows(path, home)
  if (namedHome === undefined) return path
  if (path === namedHome) return home
  return path.startsWith(`${namedHome}/`) ? home + path.slice(namedHome.length) : path
}

/** Letters have no case there. What lies below the home is told as it is spelt. */
function placeOnWindows(path: string, home: string): string {
  const isBelow = pathKey(`${path}/`).startsWith(pathKey(`${home}/`))
  return isBelow ? home + path.slice(home.length) : path
}

/** How files may spell what lies at `path`. */
export function namesOf(path: string, { home, namedHome }: HomePlace): readonly string[] {
  if (namedHome === undefined || (path !== home && !path.startsWith(`${home}/`))) return [path]
  return [path, namedHome + path.slice(home.length)]
}

/** In the homes of all of them. */
export function placeInHomes(users: readonly HomePlace[]): (path: string) => string {
  const named = users.filter(({ home, namedHome }) => namedHome !== undefined || isWindowsPath(home))
  return (path) => named.reduce(placeOf, path)
}

/** Reads what files of this home name, as they spell it. */
export function filesByName(files: FileReader, place: HomePlace): FileReader {
  if (place.namedHome === undefined) return files
  return filesAt(files, (path) => placeOf(path, place))
}
