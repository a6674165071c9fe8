import { isAbsolutePath } from '../../base/absolute-path.ts'
import { windowsPattern } from '../catalogue/path-pattern.ts'

/** Whose layout of folders a home has. */
export type HomeLayout = 'linux' | 'darwin' | 'windows'

/** Where a place of the catalogue lies, in the spelling of any system: `~/…` and `%APPDATA%\\…` below `home`, an absolute path as it is. */
export function placeIn(home: string, place: string): string | undefined {
  const portable = windowsPattern(place)
  if (portable === '~' || portable.startsWith('~/')) return home + portable.slice(1)
  return isAbsolutePath(portable) ? portable : undefined
}
