/** An object with this one member, to be spread; an empty one where there is no value. */
export function member<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  // A computed name has the type `string` for the compiler; it is `name`.
  return value === undefined ? {} : ({ [name]: value } as { [key in K]?: V })
}
