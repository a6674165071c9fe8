import { parseBinaryPropertyList } from './binary-property-list.ts'
import type { PropertyListDictionary, PropertyListValue } from './property-list-value.ts'
import { parseXmlPropertyList } from './xml-property-list.ts'

const BINARY = 'bplist00'

/**
 * Reads a property list of macOS in either form, XML or binary.
 *
 * @returns undefined for anything else, for one that is cut, and for one that is too deep or too large.
 */
export function parsePropertyList(bytes: Uint8Array): PropertyListValue | undefined {
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, BINARY.length))
  return start === BINARY ? parseBinaryPropertyList(bytes) : parseXmlPropertyList(new TextDecoder().decode(bytes))
}

/** The dictionary that a file or program must answer with; undefined for any other value. */
export function dictionaryOf(value: PropertyListValue | undefined): PropertyListDictionary | undefined {
  if (typeof value !== 'object' || Array.isArray(value) || value instanceof Date || value instanceof Uint8Array) {
    return undefined
  }
  // Arrays were left out above; `Array.isArray` does not narrow read-only ones.
  return value as PropertyListDictionary
}

/** The member `name` if it is a text. */
export function textIn(dictionary: PropertyListDictionary, name: string): string | undefined {
  const value = valueIn(dictionary, name)
  return typeof value === 'string' ? value : undefined
}

/** The member `name` if it is a boolean. Some programs write 0 and 1, or the words of defaults(1). */
export function flagIn(dictionary: PropertyListDictionary, name: string): boolean | undefined {
  const value = valueIn(dictionary, name)
  if (typeof value === 'boolean') return value
  if (value === 1 || value === 'YES' || value === '1' || value === 'true') return true
  return value === 0 || value === 'NO' || value === '0' || value === 'false' ? false : undefined
}

/** The member `name` if it is a list; empty otherwise. */
export function listIn(dictionary: PropertyListDictionary, name: string): readonly PropertyListValue[] {
  const value = valueIn(dictionary, name)
  // Narrowed by hand, as above.
  return Array.isArray(value) ? (value as readonly PropertyListValue[]) : []
}

/** Own members alone: names are foreign text. */
export function valueIn(dictionary: PropertyListDictionary, name: string): PropertyListValue | undefined {
  return Object.hasOwn(dictionary, name) ? dictionary[name] : undefined
}
