/** One line of /proc/PID/mountinfo. See proc_pid_mountinfo(5). */
export interface Mount {
  readonly id: string
  /** The mount that it lies on. */
  readonly parent: string
  /** `major:minor`; a major of 0 names no block device. */
  readonly device: string
  /** Folder within the file system that is mounted: not `/` for bind mounts and subvolumes. */
  readonly root: string
  readonly mountPoint: string
  readonly type: string
  readonly source: string
  /** Of the file system itself, as the kernel writes them: commas between, blanks escaped. See `superOptionsOf`. */
  readonly superOptions: string
}

export interface ParsedMountinfo {
  /** In the kernel's order, so that a later mount covers an earlier one. */
  readonly mounts: readonly Mount[]
  /** False when a line is not of the documented form, be it left out or not. */
  readonly isWhole: boolean
}

const LINE = /^\d+ \d+ \d+:\d+ \S+ \S+ \S+(?: \S+)*? - \S+ \S* \S+$/

/**
 * Lines without a mount point and a type are left out. A name need not be UTF-8: a caller that compares names decodes the file as
 * latin1, so that each byte is one character.
 */
export function parseMountinfo(text: string): ParsedMountinfo {
  const lines = text.split('\n').filter((line) => line !== '')
  const mounts = lines.flatMap((line) => parseLine(line) ?? [])
  return { mounts, isWhole: lines.every((line) => LINE.test(line)) }
}

function parseLine(line: string): Mount | undefined {
  const [before = '', after = ''] = line.split(' - ')
  const [id = '', parent = '', device = '', root = '', mountPoint] = before.split(' ')
  const [type = '', source = '', superOptions = ''] = after.split(' ')
  if (mountPoint === undefined || type === '') return undefined
  return {
    id,
    parent,
    device,
    root: unescapeOctal(root),
    mountPoint: unescapeOctal(mountPoint),
    type,
    source: unescapeOctal(source),
    superOptions,
  }
}

export function superOptionsOf({ superOptions }: Mount): readonly string[] {
  return superOptions.split(',').map(unescapeOctal)
}

/** The kernel writes space, tab, newline and backslash as `\040`, `\011`, `\012`, `\134`, byte by byte. */
export function unescapeOctal(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}
