/** A document of docs/schemas/, parsed. */
export interface SchemaDocument {
  readonly $id: string
  readonly $defs?: Readonly<Record<string, object>>
  readonly required?: readonly string[]
}

/** The schema of `id` without its names and parts. Each reference in it is replaced by the schema that it names. */
export function resolvedSchema(id: string, documents: ReadonlyMap<string, SchemaDocument>): object {
  return resolvedReference(id, '', documents)
}

/** @param base `$id` of the document that has the reference. */
function resolvedReference(reference: string, base: string, documents: ReadonlyMap<string, SchemaDocument>): object {
  const [id = '', part] = reference.split('#/$defs/')
  const document = documents.get(id === '' ? base : id)
  const found = part === undefined ? document : document?.$defs?.[part]
  if (document === undefined || found === undefined)
    throw new TypeError(`${base} refers to ${reference}, which is nowhere`)
  const names = ['$schema', '$id', '$defs', 'title', 'description']
  const members = Object.entries(found).filter(([name]) => !names.includes(name))
  return withoutReferences(Object.fromEntries(members), document.$id, documents)
}

function withoutReferences<T>(value: T, base: string, documents: ReadonlyMap<string, SchemaDocument>): T {
  if (typeof value !== 'object' || value === null) return value
  const inner = <V>(item: V) => withoutReferences(item, base, documents)
  // The casts hold because a copy has the shape of its original, and a reference stands for a schema.
  if (Array.isArray(value)) return value.map(inner) as T
  if ('$ref' in value) return resolvedReference(String(value.$ref), base, documents) as T
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, inner(item)])) as T
}
