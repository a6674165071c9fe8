/** An object of JSON from elsewhere: each member is unknown until it is asked for by type. */
export type JsonObject = Readonly<Record<string, unknown>>

/** `value` when it is an object, else an empty one. */
export function asObject(value: unknown): JsonObject {
  // Any object may be looked at by name once it is known to be one.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}

/** The own member `name`; members of a prototype are not content. */
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

/** An object with this one member, to be spread; an empty one where there is no value. */
export function member<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  // A computed name has the type `string` for the compiler; it is `name`.
  return value === undefined ? {} : ({ [name]: value } as { [key in K]?: V })
}
