/** Groups of `name=value` lines: INI as KDE, dnf and dconf profiles of administrators write it. */
export type KeyFile = ReadonlyMap<string, ReadonlyMap<string, string>>

/**
 * Later lines win. KDE marks a value that users may not change with `[$i]` behind the name, the group or the file; the
 * mark is left out of names. Lines before the first group belong to the group ``.
 *
 * @returns undefined when any line is neither empty, a comment, a group nor an assignment.
 */
export function parseKeyFile(text: string): KeyFile | undefined {
  const groups = new Map<string, Map<string, string>>()
  let group = ''
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#') || line.startsWith(';') || /^\[\$\w+\]$/.test(line)) continue
    const [, header] = /^\[(.+?)\](?:\[\$\w+\])?$/.exec(line) ?? []
    if (header !== undefined) {
      group = header
      groups.set(group, groups.get(group) ?? new Map())
      continue
    }
    const at = line.indexOf('=')
    if (at < 1) return undefined
    const name = line
      .slice(0, at)
      .trim()
      .replace(/\[\$\w+\]$/, '')
    const values = groups.get(group) ?? new Map<string, string>()
    groups.set(group, values.set(name, line.slice(at + 1).trim()))
  }
  return groups
}
