import { pathKey } from '../../../base/absolute-path.ts'

/** Programs that the session or every service needs. They lie where only administrators and the system can write. */
const PROGRAMS =
  /^(explorer|system32\/(smss|csrss|wininit|winlogon|services|lsass|lsaiso|svchost|dwm|fontdrvhost|logonui|userinit|sihost|taskhostw|ctfmon|spoolsv|runtimebroker|dllhost|wudfhost|audiodg|wbem\/wmiprvse))\.exe$/i

/** @param folder where Windows lies, as a portable path: a folder of that name on another drive is any user's. */
export function isPartOfWindows(executable: string, folder: string): boolean {
  const above = `${folder.replace(/\/$/, '')}/`
  return pathKey(executable).startsWith(pathKey(above)) && PROGRAMS.test(executable.slice(above.length))
}
