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
    const [, name] =
      /^[A-Za-z][\w.:-]*-\d[\w.:-]*\s+(?:[A-Za-z]+\/Sec\.|security\s+[A-Za-z]+)\s+(\S+-\S+-\S+\.\w+)(?:\s+[\d:. -]+)?\s*$/.exec(
        line,
      ) ?? []
    if (name === undefined) return undefined
    packages.add(name)
  }
  return [...packages]
}
