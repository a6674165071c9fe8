import { cksum } from './cksum.ts'
import type { Entry } from './entries.ts'

/**
 * The bill of materials of a package, which the installer of macOS asks for. Apple does not document the format; these are the structures
 * that `mkbom` writes. A file is a table of numbered blocks, and of names for some of them. All numbers are big-endian.
 */

const HEADER_BYTES = 512
const ENTRIES_OF_LEAF = 256
const LEAF = 1
const BRANCH = 0
const IS_FILE = 1
const IS_FOLDER = 2
/** Of the tree of paths; the tree of versions is smaller. */
const TREE_BLOCK_BYTES = 4096
const VERSION_BLOCK_BYTES = 128

/** @param entries each after its parent. @param epoch the time of all. */
export function billOfMaterials(entries: readonly Entry[], epoch: number): Uint8Array {
  const store = blockStore()
  store.name('BomInfo', numbers(1, entries.length + 1, 1, 0, 0, 0, 0))
  store.name('Paths', tree(pathTree(store, entries, epoch), TREE_BLOCK_BYTES, entries.length))
  const empty = () => store.add(node(LEAF, 0, 0, []))
  store.name('HLIndex', tree(empty(), TREE_BLOCK_BYTES, 0))
  const versions = store.add(tree(empty(), VERSION_BLOCK_BYTES, 0))
  store.name('VIndex', Buffer.concat([numbers(1, versions, 0), Uint8Array.of(0)]))
  store.name('Size64', tree(empty(), TREE_BLOCK_BYTES, 0))
  return store.bytes()
}

interface BlockStore {
  /** @returns the number of the block. */
  add(block: Uint8Array): number
  /** Keeps the place of a block that is written later. */
  reserve(): number
  fill(at: number, block: Uint8Array): void
  name(name: string, block: Uint8Array): void
  bytes(): Uint8Array
}

function blockStore(): BlockStore {
  // The block of the number 0 is none.
  const blocks: Uint8Array[] = [new Uint8Array()]
  const names: { readonly name: string; readonly block: number }[] = []
  const add = (block: Uint8Array) => blocks.push(block) - 1
  return {
    add,
    reserve: () => add(new Uint8Array()),
    fill(at, block) {
      blocks[at] = block
    },
    name: (name, block) => void names.push({ name, block: add(block) }),
    bytes() {
      const named = names.map(({ name, block }) =>
        Buffer.concat([numbers(block), Uint8Array.of(name.length), Buffer.from(name)]),
      )
      const variables = Buffer.concat([numbers(names.length), ...named])
      let offset = HEADER_BYTES + variables.length
      const pointers = blocks.map((block) => {
        const pointer = block.length === 0 ? numbers(0, 0) : numbers(offset, block.length)
        offset += block.length
        return pointer
      })
      // A list of free blocks follows: none, and room for two.
      const index = Buffer.concat([numbers(blocks.length), ...pointers, numbers(0, 0, 0, 0, 0)])
      const header = Buffer.concat([
        Buffer.from('BOMStore'),
        numbers(1, blocks.length - 1, offset, index.length, HEADER_BYTES, variables.length),
      ])
      return Buffer.concat([header, Buffer.alloc(HEADER_BYTES - header.length), variables, ...blocks, index])
    },
  }
}

/** Files are found by the number of their folder and then by name, so both have to rise. */
function inSearchOrder(entries: readonly Entry[]): readonly Entry[] {
  const inside = Map.groupBy(entries, ({ path }) => splitPath(path)[0])
  const byName = (one: Entry, other: Entry) => Buffer.compare(Buffer.from(one.path), Buffer.from(other.path))
  const ordered = [...(inside.get('') ?? [])]
  for (const { path } of ordered) ordered.push(...(inside.get(path) ?? []).toSorted(byName))
  return ordered
}

/** @returns the number of its root. */
function pathTree(store: BlockStore, given: readonly Entry[], epoch: number): number {
  const entries = inSearchOrder(given)
  const ids = new Map(entries.map(({ path }, at) => [path, at + 1]))
  const items = entries.map((entry, at): readonly [number, number] => {
    const details = store.add(detailsOf(entry, epoch))
    const [parent, name] = splitPath(entry.path)
    const file = Buffer.concat([numbers(ids.get(parent) ?? 0), Buffer.from(`${name}\0`)])
    return [store.add(numbers(at + 1, details)), store.add(file)]
  })
  const leaves = Array.from({ length: Math.ceil(items.length / ENTRIES_OF_LEAF) }, (_, at) =>
    items.slice(at * ENTRIES_OF_LEAF, (at + 1) * ENTRIES_OF_LEAF),
  )
  const places = leaves.map(() => store.reserve())
  for (const [at, leaf] of leaves.entries()) {
    store.fill(places[at] ?? 0, node(LEAF, places[at + 1] ?? 0, places[at - 1] ?? 0, leaf))
  }
  if (leaves.length === 1) return places[0] ?? 0
  // A branch names the last file of each leaf.
  const branches = leaves.map((leaf, at): readonly [number, number] => [places[at] ?? 0, leaf.at(-1)?.[1] ?? 0])
  return store.add(node(BRANCH, 0, 0, branches))
}

function splitPath(path: string): readonly [parent: string, name: string] {
  const at = path.lastIndexOf('/')
  return [path.slice(0, Math.max(0, at)), path.slice(at + 1)]
}

/** Root and wheel are 0. */
function detailsOf({ isFolder, mode, content }: Entry, epoch: number): Uint8Array {
  const sum = isFolder ? 0 : cksum(content)
  return Buffer.concat([
    ...[Uint8Array.of(isFolder ? IS_FOLDER : IS_FILE, 1), shorts(3, mode)],
    ...[numbers(0, 0, epoch, content.length), Uint8Array.of(1), numbers(sum, 0)],
  ])
}

function node(kind: number, next: number, previous: number, items: readonly (readonly [number, number])[]): Uint8Array {
  return Buffer.concat([shorts(kind, items.length), numbers(next, previous), ...items.map((item) => numbers(...item))])
}

function tree(root: number, blockBytes: number, count: number): Uint8Array {
  return Buffer.concat([Buffer.from('tree'), numbers(1, root, blockBytes, count), Uint8Array.of(0)])
}

function numbers(...values: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value, 4 * at)
  return bytes
}

function shorts(...values: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(2 * values.length)
  for (const [at, value] of values.entries()) bytes.writeUInt16BE(value, 2 * at)
  return bytes
}
