import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  parseDocument,
  visit,
} from 'yaml'
import { SuretyError } from '../../base/errors.ts'

/** YAML without what makes it dangerous: no anchors, aliases, tags or equal keys, and little depth. */

interface YamlInit {
  /** What messages call the file: `policy`. */
  readonly name: string
  /** The value of its member `schema`. */
  readonly schema?: string
  readonly maxBytes: number
}

export const POLICY_SCHEMA = 'surety/policy@1'
export const POLICY_MAX_BYTES = 256 * 1024
/** Maps, lists and pairs above a value. The schema needs eight. */
const MAX_DEPTH = 16
/** Of a message of the library, which may quote the file. */
const MAX_QUOTED = 200

export interface ReadYaml {
  readonly value: unknown
  /** @param place a JSON Pointer. @returns the line of what is there, or of what is nearest above it. Lines begin with 1. */
  lineOf(place: string): number
}

/** @throws `INPUT_TOO_LARGE`, `INPUT_TOO_DEEP`, `INPUT_MALFORMED`, with the line unless the file is another one. */
export function readPolicyYaml(text: string): ReadYaml {
  return readPlainYaml(text, { name: 'policy', schema: POLICY_SCHEMA, maxBytes: POLICY_MAX_BYTES })
}

/** @throws as `readPolicyYaml`. */
export function readPlainYaml(text: string, { name, schema, maxBytes }: YamlInit): ReadYaml {
  refuseLarge(text, name, maxBytes)
  const lines = new LineCounter()
  const document = parsed(() => parseDocument(text, { ...OPTIONS, lineCounter: lines }), name)
  refuseOtherFile(document, text, name, schema)
  return checked(document, lines, name)
}

/** Every document of a file; those without a value are left out. @throws as `readPolicyYaml`. */
export function readPlainYamlDocuments(
  text: string,
  { name, maxBytes }: Omit<YamlInit, 'schema'>,
): readonly ReadYaml[] {
  refuseLarge(text, name, maxBytes)
  const lines = new LineCounter()
  const documents = parsed(() => parseAllDocuments(text, { ...OPTIONS, lineCounter: lines }), name)
  return [...documents].map((document) => checked(document, lines, name)).filter(({ value }) => value !== null)
}

function refuseLarge(text: string, name: string, maxBytes: number): void {
  if (new TextEncoder().encode(text).length <= maxBytes) return
  throw new SuretyError('INPUT_TOO_LARGE', `a ${name} has at most ${maxBytes / 1024} KiB`)
}

function checked(document: Document, lines: LineCounter, name: string): ReadYaml {
  refuseFaults(document, lines)
  refuseDangers(document, lines, name)
  return {
    value: document.toJS({ maxAliasCount: 0 }),
    lineOf: (place) => lineAt(nodeAt(document, place), lines),
  }
}

export function faultAt(line: number, what: string): SuretyError {
  return new SuretyError('INPUT_MALFORMED', `line ${line}: ${what}`)
}

// The library compares each key with all others, which takes the square of their number. `refuseDangers` looks for equal keys.
const OPTIONS = {
  version: '1.2',
  schema: 'core',
  strict: true,
  merge: false,
  stringKeys: false,
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: 'error',
} as const

function parsed<T>(parse: () => T, name: string): T {
  try {
    return parse()
  } catch (cause) {
    // Its parser calls itself for each level.
    if (cause instanceof Error && cause.name === 'RangeError') throw tooDeep(1, name)
    throw new SuretyError('INPUT_MALFORMED', `the ${name} is not YAML`, { cause })
  }
}

/** For a file that is no policy at all, the place of its first fault would mislead. */
function refuseOtherFile({ errors, contents }: Document, text: string, name: string, schema?: string): void {
  if (schema === undefined || text.includes(schema) || (errors.length === 0 && isMap(contents))) return
  throw new SuretyError('INPUT_MALFORMED', `not a ${name}: expected YAML with schema: ${schema}`)
}

function refuseFaults({ errors, warnings }: Document, lines: LineCounter): void {
  const fault = errors[0] ?? warnings[0]
  if (fault === undefined) return
  throw faultAt(
    lines.linePos(fault.pos[0]).line || 1,
    fault.message.split('\n', 1)[0]?.slice(0, MAX_QUOTED) ?? 'no YAML',
  )
}

function refuseDangers(document: Document, lines: LineCounter, name: string): void {
  const at = (node: unknown) => lineAt(isNode(node) ? node : undefined, lines)
  visit(document, (_, node, path) => {
    if (path.length > MAX_DEPTH) throw tooDeep(at(node), name)
    if (isAlias(node)) throw faultAt(at(node), `the alias *${node.source}: write the value again instead`)
    if (!isNode(node)) return
    if (node.anchor !== undefined) throw faultAt(at(node), `the anchor &${node.anchor}: a ${name} has no anchors`)
    if (node.tag !== undefined) throw faultAt(at(node), `the tag ${node.tag}: a ${name} has no tags`)
    if (isMap(node)) refuseKeys(node.items, at)
  })
}

function refuseKeys(items: readonly { readonly key: unknown }[], at: (node: unknown) => number): void {
  const seen = new Set<string>()
  for (const { key } of items) {
    if (!isScalar(key) || typeof key.value !== 'string') throw faultAt(at(key), 'a key must be a word')
    if (seen.has(key.value)) throw faultAt(at(key), `the key ${JSON.stringify(key.value)} appears twice`)
    seen.add(key.value)
  }
}

function tooDeep(line: number, name: string): SuretyError {
  return new SuretyError('INPUT_TOO_DEEP', `line ${line}: the ${name} is nested too deeply`)
}

/** The key or item that the pointer names, or the nearest above it that is there. */
function nodeAt({ contents }: Document, place: string): Node | undefined {
  let within: unknown = contents
  let named = isNode(contents) ? contents : undefined
  for (const step of place.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    const pair = isMap(within) ? within.items.find(({ key }) => isScalar(key) && key.value === name) : undefined
    const item: unknown = isSeq(within) ? within.items[Number(name)] : pair?.key
    if (!isNode(item)) break
    named = item
    within = pair === undefined ? item : pair.value
  }
  return named
}

function lineAt(node: Node | null | undefined, lines: LineCounter): number {
  const offset = node?.range?.[0]
  return offset === undefined ? 1 : lines.linePos(offset).line || 1
}
