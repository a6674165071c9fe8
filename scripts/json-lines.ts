const WIDTH = 140

/** JSON as a person reads it: an array or object is on one line where that fits, and has one item a line elsewhere. */
export function jsonLines(value: unknown): string {
  return `${written(JSON.parse(JSON.stringify(value)), '', 0)}\n`
}

/** @param taken what else its first line holds: a name before, a comma after. */
function written(value: unknown, indent: string, taken: number): string {
  const flat = onOneLine(value)
  if (typeof value !== 'object' || value === null || indent.length + taken + flat.length <= WIDTH) return flat
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    return `[\n${value.map((item) => `${inner}${written(item, inner, 1)}`).join(',\n')}\n${indent}]`
  }
  const members = Object.entries(value).map(([name, member]) => {
    const key = `${JSON.stringify(name)}: `
    return `${inner}${key}${written(member, inner, key.length + 1)}`
  })
  return `{\n${members.join(',\n')}\n${indent}}`
}

function onOneLine(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${onOneLine(member)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}
