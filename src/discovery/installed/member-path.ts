import { asObject, type JsonObject, memberOf } from '../json-file.ts'

/** Members that one `*` may open. */
const MAX_BRANCHES = 500

/** What lies at `key`, where `*` stands for every member of a map or of a list. */
export function valuesAt(document: JsonObject, key: readonly string[]): readonly unknown[] {
  let found: readonly unknown[] = [document]
  for (const name of key) {
    found = found.flatMap((value) => {
      if (name === '*') return (Array.isArray(value) ? value : Object.values(asObject(value))).slice(0, MAX_BRANCHES)
      const member = memberOf(asObject(value), name)
      return member === undefined ? [] : [member]
    })
  }
  return found
}
