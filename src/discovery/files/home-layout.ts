/** Whose layout of folders a home has. */
export type HomeLayout = 'linux' | 'darwin' | 'windows'

/** Folders that Windows names by a variable, at their default place below the home. */
const WINDOWS_FOLDERS: Readonly<Record<string, string>> = {
  '%USERPROFILE%': '',
  '%LOCALAPPDATA%': '/AppData/Local',
  '%APPDATA%': '/AppData/Roaming',
}

/**
 * Where a place of the catalogue lies, with forward slashes: `~/…` and `%APPDATA%\…` below `home`, an absolute path as it
 * is. Undefined for what is in nobody's home on Windows.
 */
export function placeIn(home: string, place: string): string | undefined {
  if (place.startsWith('~/')) return `${home}${place.slice(1)}`
  const variable = /^%[A-Za-z]+%/.exec(place)?.[0]
  if (variable === undefined) return place.startsWith('/') ? place : undefined
  const folder = WINDOWS_FOLDERS[variable]
  return folder === undefined ? undefined : `${home}${folder}${place.slice(variable.length).replaceAll('\\', '/')}`
}
