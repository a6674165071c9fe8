const LONGEST_LINE = 1_000
/** What a name looks like is asked afterwards: in one expression the time would grow with the cube of the line. */
const LINE = /^([A-Za-z][\w.:-]*)\s+(?:[A-Za-z]+\/Sec\.|security\s+[A-Za-z]+)\s+(\S+)(?:\s+[\d:. -]+)?\s*$/

/**
 * Counts the advisories of `dnf -C -q updateinfo list --security`, dnf 4 and 5: one a line, such as
 * `FEDORA-2026-1a2b3c Important/Sec. curl-8.9.1-3.fc41.x86_64` or
 * `FEDORA-2026-1a2b3c security Important curl-8.9.1-3.fc41.x86_64 2026-10-01 10:00:00`.
 *
 * @returns the packages to be updated; undefined when any line is not understood.
 */
export function parseDnfUpdateinfo(stdout: string): readonly string[] | undefined {
  const packages = new Set<string>()
  for (const line of stdout.split('\n')) {
    if (line.trim() === '' || /^Name\s+Type\s+Severity\s+Package\s+Issued\s*$/.test(line)) continue
    if (line.length > LONGEST_LINE) return undefined
    const [, advisory = '', name = ''] = LINE.exec(line) ?? []
    if (!/-\d/.test(advisory) || name.split('-').length < 3 || !/\.\w+$/.test(name)) return undefined
    packages.add(name)
  }
  return [...packages]
}
