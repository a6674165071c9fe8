import { SuretyError } from '../../base/errors.ts'
import { asObject, memberOf } from '../../base/json-object.ts'

type Yaml = typeof import('yaml')

/** Anchors and aliases of one file: the library looks through all of them for each alias that it meets. */
const MAX_NAMES = 2_000
/** What aliases say once more, and what in that is alias again, in units of text and nodes. */
const MAX_REPEATED = 512 * 1024

/**
 * With `<<: *base` merged, as most programs that read such files have it. Loaded when a file needs it.
 *
 * @throws `INPUT_MALFORMED`, `INPUT_TOO_LARGE`, and what the library throws, which may quote the file.
 */
export async function parseYaml(text: string): Promise<unknown> {
  const yaml = await import('yaml')
  // The library's own look for equal keys takes the square of their number, and its warnings, which quote the file, go to standard error.
  const document = yaml.parseDocument(text, { logLevel: 'error', uniqueKeys: false })
  const [error] = document.errors
  if (error !== undefined) throw error
  yaml.visit(document, {
    Map(_, { items }) {
      const keys = items.flatMap(({ key }) => (yaml.isScalar(key) ? [key.value] : []))
      if (new Set(keys).size < keys.length) throw new SuretyError('INPUT_MALFORMED', 'a key appears twice')
    },
  })
  refuseRepetition(yaml, document.contents)
  const content: unknown = document.toJS({ maxAliasCount: -1 })
  mergeWithin(content, new Set())
  return content
}

/**
 * The library limits how often an anchor may be named, which refuses honest files with a hundred servers. This limits the size of
 * the content that all aliases stand for, nested ones included, because a reader of the content walks all of it.
 */
function refuseRepetition({ isAlias, isCollection, isPair, isScalar }: Yaml, contents: unknown): void {
  const sizes = new Map<string, number>()
  let nameCount = 0
  let repeated = 0
  const named = () => {
    if (++nameCount > MAX_NAMES) throw new SuretyError('INPUT_TOO_LARGE', `more than ${MAX_NAMES} anchors and aliases`)
  }
  // An anchor comes before its aliases, and is whole there unless it holds them itself.
  const sizeOf = (node: unknown): number => {
    if (isPair(node)) return sizeOf(node.key) + sizeOf(node.value)
    if (isAlias(node)) {
      named()
      const size = 1 + (sizes.get(node.source) ?? 0)
      repeated += size
      if (repeated > MAX_REPEATED) throw new SuretyError('INPUT_TOO_LARGE', `aliases repeat more than ${MAX_REPEATED}`)
      return size
    }
    let size = 1
    if (isCollection(node)) for (const item of node.items) size += sizeOf(item)
    if (isScalar(node) && typeof node.value === 'string') size += node.value.length
    if ((isCollection(node) || isScalar(node)) && node.anchor !== undefined) {
      named()
      sizes.set(node.anchor, size)
    }
    return size
  }
  sizeOf(contents)
}

const MERGE = '<<'

/**
 * What is in a map counts before what is merged into it, and of several the first. The library's own way takes each merge
 * within what is merged once more, and looks through the names of the file each time: seconds, of six kilobytes (measured).
 *
 * @param seen what was gone through: each once, whatever holds it.
 */
function mergeWithin(value: unknown, seen: Set<object>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  for (const each of Object.values(value)) mergeWithin(each, seen)
  const said = Array.isArray(value) ? undefined : memberOf(asObject(value), MERGE)
  const sources = Array.isArray(said) ? said : [said]
  // Something else may be called so.
  if (!sources.every((each) => typeof each === 'object' && each !== null && !Array.isArray(each))) return
  Reflect.deleteProperty(value, MERGE)
  for (const [name, each] of sources.flatMap((source) => Object.entries(asObject(source)))) {
    if (Object.hasOwn(value, name)) continue
    Object.defineProperty(value, name, { value: each, configurable: true, enumerable: true, writable: true })
  }
}
