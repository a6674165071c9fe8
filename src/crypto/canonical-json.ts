/**
 * The one text of a JSON value by RFC 8785 (JCS): members sorted by the UTF-16 units of their names, no white space, numbers as
 * ECMAScript writes them.
 *
 * @param value of `parseUnambiguousJson`, which bounds its depth.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`
}
