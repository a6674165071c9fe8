/** Folders that Windows names by a variable, where they are unless an administrator moved them. Drive C: is that of the system. */
const FOLDERS: Readonly<Record<string, string>> = {
  '%USERPROFILE%': '~',
  '%LOCALAPPDATA%': '~/AppData/Local',
  '%APPDATA%': '~/AppData/Roaming',
  '%ProgramData%': 'C:/ProgramData',
  '%ProgramFiles%': 'C:/Program Files',
}

/** `%APPDATA%\Claude\*` as shared code has patterns: `~/AppData/Roaming/Claude/*`. */
export function windowsPattern(pattern: string): string {
  const variable = /^%[A-Za-z]+%/.exec(pattern)?.[0] ?? ''
  const folder = FOLDERS[variable]
  const rest = folder === undefined ? pattern : folder + pattern.slice(variable.length)
  return rest.replaceAll('\\', '/')
}
