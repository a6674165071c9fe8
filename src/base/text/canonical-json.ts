/**
 * The one spelling of a JSON value after RFC 8785: no blanks, members sorted by UTF-16 code units, numbers as ECMAScript writes them.
 * Members that are undefined are left out.
 *
 * @throws TypeError for what JSON has not: a number without end, a lone surrogate.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, one]) => one !== undefined)
    members.sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${members.map(([name, one]) => `${canonicalJson(name)}:${canonicalJson(one)}`).join(',')}}`
  }
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError('JSON has no such number')
  if (typeof value === 'string' && !value.isWellFormed()) throw new TypeError('the text is not well-formed')
  const text = JSON.stringify(value)
  if (text === undefined) throw new TypeError(`JSON has no ${typeof value}`)
  return text
}
