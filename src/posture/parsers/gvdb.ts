/** Scalars of a dconf database. Other types (arrays, tuples, doubles) are kept as undefined: the key is there. */
type DconfValue = boolean | number | string | undefined

export interface DconfDatabase {
  /** By full key, such as `/org/gnome/desktop/session/idle-delay`. */
  readonly values: ReadonlyMap<string, DconfValue>
  /** Keys and, ending in `/`, folders that databases above may not set. */
  readonly locks: ReadonlySet<string>
}

const MOST_ITEMS = 20_000
const LONGEST_KEY = 1024
const HEADER_BYTES = 24
const ITEM_BYTES = 24
const NO_PARENT = 0xffffffff

/**
 * Reads a GVDB file as dconf writes it (gvdb-format.h; the values are GVariants of type `v`). Every offset is checked.
 *
 * @returns undefined when any part of it does not fit: half a database could hide the setting that matters.
 */
export function parseDconfDatabase(bytes: Uint8Array): DconfDatabase | undefined {
  const file = openFile(bytes)
  if (file === undefined) return undefined
  const root = readTable(file, {
    start: file.view.getUint32(16, file.littleEndian),
    end: file.view.getUint32(20, file.littleEndian),
  })
  if (root === undefined) return undefined

  const values = new Map<string, DconfValue>()
  let locks: ReadonlySet<string> = new Set()
  for (const [key, item] of root) {
    if (item.kind === 'v') {
      const value = readVariant(file, item)
      if (value === 'malformed') return undefined
      values.set(key, value.scalar)
    } else if (item.kind === 'H' && key === '.locks') {
      const table = readTable(file, item)
      if (table === undefined) return undefined
      locks = new Set([...table].filter(([, { kind }]) => kind === 'v').map(([name]) => name))
    }
  }
  return { values, locks }
}

interface GvdbFile {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly littleEndian: boolean
}

function openFile(bytes: Uint8Array): GvdbFile | undefined {
  if (bytes.length < HEADER_BYTES) return undefined
  const signature = String.fromCharCode(...bytes.subarray(0, 8))
  if (signature !== 'GVariant' && signature !== 'raVGtnai') return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const littleEndian = signature === 'GVariant'
  return view.getUint32(8, littleEndian) === 0 ? { bytes, view, littleEndian } : undefined
}

interface Range {
  readonly start: number
  readonly end: number
}
type Item = Range & { readonly kind: string }

/** Bloom filter and buckets only speed up a lookup and are skipped; keys are spelled from the parents' fragments. */
function readTable(file: GvdbFile, { start, end }: Range): ReadonlyMap<string, Item> | undefined {
  const { view, littleEndian, bytes } = file
  if (start % 4 !== 0 || start > end || end > bytes.length || end - start < 8) return undefined
  const bloomWords = view.getUint32(start, littleEndian) & 0x7ffffff
  const buckets = view.getUint32(start + 4, littleEndian)
  const first = start + 8 + 4 * (bloomWords + buckets)
  const count = (end - first) / ITEM_BYTES
  if (first > end || !Number.isInteger(count) || count > MOST_ITEMS) return undefined

  const keys = readKeys(file, first, count)
  if (keys === undefined) return undefined
  const items = new Map<string, Item>()
  let held = 0
  for (const [index, key] of keys.entries()) {
    const at = first + index * ITEM_BYTES
    const item = {
      kind: String.fromCharCode(bytes[at + 14] ?? 0),
      start: view.getUint32(at + 16, littleEndian),
      end: view.getUint32(at + 20, littleEndian),
    }
    if (item.start > item.end || item.end > bytes.length || items.has(key)) return undefined
    // So do values: what is read of them together is no more than the file.
    held += item.end - item.start
    if (held > bytes.length) return undefined
    items.set(key, item)
  }
  return items
}

function readKeys(
  { view, bytes, littleEndian }: GvdbFile,
  first: number,
  count: number,
): readonly string[] | undefined {
  let told = 0
  const fragments: { readonly text: string; readonly parent: number }[] = []
  for (let index = 0; index < count; index++) {
    const at = first + index * ITEM_BYTES
    const start = view.getUint32(at + 8, littleEndian)
    const end = start + view.getUint16(at + 12, littleEndian)
    const parent = view.getUint32(at + 4, littleEndian)
    if (end > bytes.length || (parent !== NO_PARENT && parent >= count)) return undefined
    told += end - start
    // Fragments lie beside each other: were they all the same stretch, a small file would be a huge text.
    if (told > bytes.length) return undefined
    fragments.push({ text: new TextDecoder().decode(bytes.subarray(start, end)), parent })
  }
  const keys: string[] = []
  for (const fragment of fragments) {
    let key = fragment.text
    let at = fragment.parent
    // Growing past the longest key ends a ring of parents, unless all its fragments are empty: hence the steps.
    for (let steps = 0; at !== NO_PARENT; steps++) {
      const above = fragments[at]
      if (above === undefined || key.length > LONGEST_KEY || steps > 64) return undefined
      key = above.text + key
      at = above.parent
    }
    keys.push(key)
  }
  return keys
}

/** A boxed variant: the value, a zero byte, its type. */
function readVariant(file: GvdbFile, { start, end }: Range): { readonly scalar: DconfValue } | 'malformed' {
  const zero = file.bytes.subarray(start, end).lastIndexOf(0)
  if (zero === -1) return 'malformed'
  const type = new TextDecoder().decode(file.bytes.subarray(start + zero + 1, end))
  const size = zero
  const { view, littleEndian } = file
  switch (type) {
    case 'b':
      return size === 1 ? { scalar: view.getUint8(start) === 1 } : 'malformed'
    case 'i':
      return size === 4 ? { scalar: view.getInt32(start, littleEndian) } : 'malformed'
    case 'u':
      return size === 4 ? { scalar: view.getUint32(start, littleEndian) } : 'malformed'
    case 's':
      return size > 0 && view.getUint8(start + size - 1) === 0
        ? { scalar: new TextDecoder().decode(file.bytes.subarray(start, start + size - 1)) }
        : 'malformed'
    default:
      return { scalar: undefined }
  }
}
