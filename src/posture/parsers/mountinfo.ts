/** One line of /proc/PID/mountinfo. See proc_pid_mountinfo(5). */
export interface Mount {
  /** `major:minor`; a major of 0 names no block device. */
  readonly device: string
  /** Folder within the file system that is mounted: not `/` for bind mounts and subvolumes. */
  readonly root: string
  readonly mountPoint: string
  readonly type: string
  readonly source: string
  readonly superOptions: readonly string[]
}

const LINE =
  /^\d+ \d+ (?<device>\d+:\d+) (?<root>\S+) (?<mountPoint>\S+) \S+(?: \S+)*? - (?<type>\S+) (?<source>\S*) (?<options>\S+)$/

/** Lines in the kernel's order, so that a later mount covers an earlier one. @returns undefined if any line is not understood. */
export function parseMountinfo(text: string): readonly Mount[] | undefined {
  const mounts: Mount[] = []
  for (const line of text.split('\n')) {
    if (line === '') continue
    const groups = LINE.exec(line)?.groups
    if (groups === undefined) return undefined
    mounts.push({
      device: groups.device ?? '',
      root: unescapeOctal(groups.root ?? ''),
      mountPoint: unescapeOctal(groups.mountPoint ?? ''),
      type: groups.type ?? '',
      source: unescapeOctal(groups.source ?? ''),
      superOptions: (groups.options ?? '').split(',').map(unescapeOctal),
    })
  }
  return mounts
}

/** The kernel writes space, tab, newline and backslash as `\040`, `\011`, `\012`, `\134`, byte by byte. */
export function unescapeOctal(text: string): string {
  return text.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}
