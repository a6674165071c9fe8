import { asObject, type JsonObject, memberOf } from '../../base/json-object.ts'

/**
 * What lies at `key`, where `*` stands for every member of a map or of a list, and `\*` for the one of that name: never more
 * than the document has.
 */
export function valuesAt(document: JsonObject, key: readonly string[]): readonly unknown[] {
  let found: readonly unknown[] = [document]
  for (const name of key) {
    found = found.flatMap((value) => {
      if (name === '*') return Array.isArray(value) ? value : Object.values(asObject(value))
      const member = memberOf(asObject(value), name === '\\*' ? '*' : name)
      return member === undefined ? [] : [member]
    })
  }
  return found
}
