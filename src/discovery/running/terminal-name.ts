const PTS_MAJORS = { first: 136, last: 143 }
const CONSOLE_MAJOR = 4
const CONSOLES = 64

/** `pts/3` for field 7 of /proc/PID/stat; undefined for 0, and for terminals of other kinds. See Linux's admin-guide/devices. */
export function terminalName(ttyNumber: number): string | undefined {
  const major = (ttyNumber >> 8) & 0xfff
  const minor = (ttyNumber & 0xff) | ((ttyNumber >> 12) & 0xfff00)
  if (major >= PTS_MAJORS.first && major <= PTS_MAJORS.last) return `pts/${(major - PTS_MAJORS.first) * 256 + minor}`
  return major === CONSOLE_MAJOR && minor < CONSOLES ? `tty${minor}` : undefined
}
