/** A schema as a person reads it: the notation of TypeScript, and behind it what a type cannot say. */

/** The keywords of JSON Schema that our schemas use. */
export interface JsonSchema {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[] | undefined
  readonly pattern?: string
  readonly description?: string
  readonly default?: unknown
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly minimum?: number
  readonly maximum?: number
}

export interface Line {
  readonly text: string
  readonly note: string
}

interface ShapeOptions {
  /** Whether lengths and ranges are named. Who reads an answer does not need them. */
  readonly limits: boolean
}

/** The latest time that a schema of a time allows: the year 10000. */
const LATEST_TIME = 253_402_300_800_000
/** Longer patterns say less than the name of the member. */
const MAX_SHOWN_PATTERN = 60

export function shapeOf(schema: JsonSchema, options: ShapeOptions): readonly Line[] {
  const { properties, patternProperties, items, anyOf } = schema
  const note = noteOf(schema, options)
  if (anyOf !== undefined) return noted(joined(anyOf.map((one) => shapeOf(one, options))), note)
  if (items !== undefined) return noted(listOf(shapeOf(items, options)), note)
  if (properties !== undefined) {
    const members = membersOf(schema, options)
    if (members.length === 0) return [{ text: '{}', note }]
    return [{ text: '{', note }, ...indented(members), { text: '}', note: '' }]
  }
  const [of] = Object.values(patternProperties ?? {})
  if (of !== undefined) return noted(ended(begun('{ [name]: ', shapeOf(of, options)), ' }'), note)
  return [{ text: wordOf(schema), note }]
}

/** The members of an object, without its braces. */
export function membersOf({ properties = {}, required = [] }: JsonSchema, options: ShapeOptions): readonly Line[] {
  return Object.entries(properties).flatMap(([name, member]) =>
    begun(`${name}${required.includes(name) ? '' : '?'}: `, shapeOf(member, options)),
  )
}

function wordOf(schema: JsonSchema): string {
  const { type, const: only, enum: choices } = schema
  if (only !== undefined) return JSON.stringify(only)
  if (choices !== undefined) return choices.map((one) => JSON.stringify(one)).join(' | ')
  if (isTime(schema)) return 'time'
  const prefixes = prefixesOf(schema)
  if (prefixes.length > 0) return prefixes.map((prefix) => `"${prefix}…"`).join(' | ')
  return type ?? 'any'
}

function isTime({ type, maximum }: JsonSchema): boolean {
  return type === 'integer' && maximum === LATEST_TIME
}

function noteOf(schema: JsonSchema, { limits }: ShapeOptions): string {
  const { description, default: usual } = schema
  const parts = [
    description,
    usual === undefined ? undefined : `default ${JSON.stringify(usual)}`,
    ...(limits ? limitsOf(schema) : []),
  ]
  return parts.filter((part) => part !== undefined).join('; ')
}

function limitsOf(schema: JsonSchema): readonly (string | undefined)[] {
  const { minLength, maxLength, minItems, maxItems, minProperties, maxProperties, pattern } = schema
  const { minimum, maximum } = isTime(schema) ? {} : schema
  const isForm = pattern !== undefined && pattern.length <= MAX_SHOWN_PATTERN && prefixesOf(schema).length === 0
  return [
    range(minLength, maxLength, 'characters'),
    range(minItems, maxItems, 'items'),
    range(minProperties, maxProperties, 'members'),
    range(minimum, maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum),
    isForm ? `matches ${pattern}` : undefined,
  ]
}

function range(least: number | undefined, most: number | undefined, of = ''): string | undefined {
  const [from, to] = [least === 0 ? undefined : least, most]
  if (from !== undefined && to !== undefined) return `${from} to ${to} ${of}`.trimEnd()
  if (to !== undefined) return `at most ${to} ${of}`.trimEnd()
  return from === undefined ? undefined : `at least ${from} ${of}`.trimEnd()
}

function joined(shapes: readonly (readonly Line[])[]): readonly Line[] {
  return shapes.reduce((before, after) => {
    const last = before.at(-1)
    if (last === undefined) return after
    const [first, ...rest] = begun(`${last.text} | `, after)
    const note = [last.note, first?.note ?? ''].filter((one) => one !== '').join('; ')
    return [...before.slice(0, -1), { text: first?.text ?? '', note }, ...rest]
  }, [])
}

function listOf(lines: readonly Line[]): readonly Line[] {
  const isChoice = lines.length === 1 && lines[0]?.text.includes(' | ') === true
  return isChoice ? ended(begun('(', lines), ')[]') : ended(lines, '[]')
}

function begun(prefix: string, lines: readonly Line[]): readonly Line[] {
  return lines.map((line, at) => (at === 0 ? { ...line, text: prefix + line.text } : line))
}

function ended(lines: readonly Line[], suffix: string): readonly Line[] {
  return lines.map((line, at) => (at === lines.length - 1 ? { ...line, text: line.text + suffix } : line))
}

function indented(lines: readonly Line[]): readonly Line[] {
  return lines.map((line) => ({ ...line, text: `  ${line.text}` }))
}

/** On the first line: what is said of the whole. */
function noted(lines: readonly Line[], note: string): readonly Line[] {
  if (note === '') return lines
  return lines.map((line, at) =>
    at === 0 ? { ...line, note: line.note === '' ? note : `${note}; ${line.note}` } : line,
  )
}

/** How an id begins, by the pattern of ids: `dev_`, or each of `adm_` and `svc_`. */
function prefixesOf({ pattern = '' }: JsonSchema): readonly string[] {
  const [, before = '', choices = '', single = ''] = /^\^([a-z]*_)?(?:\(([a-z|]+)\)|([a-z]+))_\[/.exec(pattern) ?? []
  const kinds = choices === '' ? [single] : choices.split('|')
  return kinds.filter((kind) => kind !== '').map((kind) => `${before}${kind}_`)
}

/** A value with the members that the schema requires, or else with its first one. Texts and ids are left out: `…`. */
export function exampleOf(schema: JsonSchema): unknown {
  const { const: only, enum: choices, anyOf, items, properties, required = [], type } = schema
  if (only !== undefined) return only
  if (choices !== undefined) return choices[0]
  if (anyOf?.[0] !== undefined) return exampleOf(anyOf[0])
  if (items !== undefined) return [exampleOf(items)]
  if (properties !== undefined) {
    const all = Object.entries(properties)
    const shown = required.length > 0 ? all.filter(([name]) => required.includes(name)) : all.slice(0, 1)
    return Object.fromEntries(shown.map(([name, member]) => [name, exampleOf(member)]))
  }
  if (isTime(schema)) return 1_800_000_000_000
  if (type === 'integer' || type === 'number') return schema.default ?? schema.minimum ?? 0
  if (type === 'boolean') return true
  if (type === 'object') return {}
  return `${prefixesOf(schema)[0] ?? ''}…`
}
