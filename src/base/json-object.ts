/** A JSON object from outside. The functions below read its members by type. */
export type JsonObject = Readonly<Record<string, unknown>>

/** `value` if it is an object, else an empty object. */
export function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}

/** The own member `name`. Members of a prototype do not count. */
export function memberOf(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

export function textOf(object: JsonObject, name: string): string | undefined {
  const value = memberOf(object, name)
  return typeof value === 'string' ? value : undefined
}

export function objectOf(object: JsonObject, name: string): JsonObject {
  return asObject(memberOf(object, name))
}

export function arrayOf(object: JsonObject, name: string): readonly unknown[] {
  const value = memberOf(object, name)
  return Array.isArray(value) ? value : []
}

/** An object with this member, for spreading. Empty if there is no value. */
export function member<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  // The compiler widens a computed name to `string`.
  return value === undefined ? {} : ({ [name]: value } as { [key in K]?: V })
}
