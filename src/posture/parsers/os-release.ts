/** /etc/os-release by name. See os-release(5). Unknown lines are left out; a later assignment wins. */
export function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, name, raw] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line.trim()) ?? []
    const value = raw === undefined ? undefined : unquote(raw)
    if (name !== undefined && value !== undefined) values.set(name, value)
  }
  return values
}

/** A shell word: bare, in single quotes, or in double quotes with backslash before `$`, `"`, `\` and backtick. */
function unquote(raw: string): string | undefined {
  if (/^[A-Za-z0-9._:/+@%-]*$/.test(raw)) return raw
  const [, single] = /^'([^']*)'$/.exec(raw) ?? []
  if (single !== undefined) return single
  const [, double] = /^"((?:[^"\\$`]|\\[$"\\`])*)"$/.exec(raw) ?? []
  return double?.replace(/\\(.)/g, '$1')
}
