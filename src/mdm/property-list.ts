/** Writes property lists of macOS as XML. `base/property-list.ts` reads them. */

export type ListValue = string | number | boolean | readonly ListValue[] | { readonly [name: string]: ListValue }

const HEAD = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
`

export function writePropertyList(value: ListValue): string {
  return `${HEAD}<plist version="1.0">\n${lines(value, '').join('\n')}\n</plist>\n`
}

function lines(value: ListValue, indent: string): readonly string[] {
  if (typeof value === 'string') return [`${indent}<string>${xmlText(value)}</string>`]
  if (typeof value === 'number') return [`${indent}<integer>${Math.trunc(value)}</integer>`]
  if (typeof value === 'boolean') return [`${indent}<${value}/>`]
  if (isList(value)) {
    if (value.length === 0) return [`${indent}<array/>`]
    return [`${indent}<array>`, ...value.flatMap((one) => lines(one, `${indent}  `)), `${indent}</array>`]
  }
  const members = Object.entries(value).flatMap(([name, one]) => [
    `${indent}  <key>${xmlText(name)}</key>`,
    ...lines(one, `${indent}  `),
  ])
  return members.length === 0 ? [`${indent}<dict/>`] : [`${indent}<dict>`, ...members, `${indent}</dict>`]
}

function isList(value: ListValue): value is readonly ListValue[] {
  return Array.isArray(value)
}

/** For text between tags, and for values of attributes in double quotes. */
export function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
