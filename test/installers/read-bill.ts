/** Reads a bill of materials of macOS, apart from the writer. Offsets are those of bomutils, which reads bills of Apple's own. */

export interface BillEntry {
  readonly path: string
  readonly kind: 'file' | 'folder'
  readonly mode: number
  readonly user: number
  readonly group: number
  readonly time: number
  readonly size: number
  readonly sum: number
}

/** @throws for what is no bill, and where the tree cannot be searched. */
export function readBill(bytes: Uint8Array): readonly BillEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = (from: number, length: number) => Buffer.from(bytes.subarray(from, from + length)).toString()
  if (text(0, 8) !== 'BOMStore' || view.getUint32(8) !== 1) throw new Error('no bill of materials')
  const [index, variables] = [view.getUint32(16), view.getUint32(24)]
  const block = (id: number) => {
    if (id === 0 || id >= view.getUint32(index)) throw new Error(`there is no block ${id}`)
    return view.getUint32(index + 4 + 8 * id)
  }
  const names = new Map<string, number>()
  for (let at = variables + 4, left = view.getUint32(variables); left > 0; left--) {
    const length = view.getUint8(at + 4)
    names.set(text(at + 5, length), view.getUint32(at))
    at += 5 + length
  }
  if ([...names.keys()].join() !== 'BomInfo,Paths,HLIndex,VIndex,Size64')
    throw new Error(`variables ${[...names.keys()]}`)
  const tree = block(names.get('Paths') ?? 0)
  const count = view.getUint32(tree + 16)
  if (text(tree, 4) !== 'tree' || view.getUint32(block(names.get('BomInfo') ?? 0) + 4) !== count + 1)
    throw new Error('the tree of paths does not fit')
  let leaf = block(view.getUint32(tree + 8))
  const isLeaf = () => view.getUint16(leaf) === 1
  const branches = isLeaf() ? 1 : view.getUint16(leaf + 2)
  while (!isLeaf()) leaf = block(view.getUint32(leaf + 12))
  const paths = new Map<number, string>()
  const entries: BillEntry[] = []
  let last: readonly [parent: number, name: string] = [0, '']
  for (let leaves = 1; ; leaves++) {
    for (let item = 0; item < view.getUint16(leaf + 2); item++) {
      const [numbered, named] = [
        block(view.getUint32(leaf + 12 + 8 * item)),
        block(view.getUint32(leaf + 16 + 8 * item)),
      ]
      const parent = view.getUint32(named)
      const name = text(named + 4, bytes.indexOf(0, named + 4) - named - 4)
      if (parent < last[0] || (parent === last[0] && name <= last[1])) throw new Error(`${name} is not in order`)
      last = [parent, name]
      const path = parent === 0 ? name : `${paths.get(parent)}/${name}`
      paths.set(view.getUint32(numbered), path)
      const details = block(view.getUint32(numbered + 4))
      const kind = view.getUint8(details) === 2 ? 'folder' : 'file'
      const [mode, user, group] = [
        view.getUint16(details + 4),
        view.getUint32(details + 6),
        view.getUint32(details + 10),
      ]
      const [time, size, sum] = [
        view.getUint32(details + 14),
        view.getUint32(details + 18),
        view.getUint32(details + 23),
      ]
      entries.push({ path, kind, mode, user, group, time, size, sum })
    }
    const next = view.getUint32(leaf + 4)
    if (next !== 0) {
      leaf = block(next)
      continue
    }
    if (leaves !== branches || entries.length !== count)
      throw new Error(`${leaves} leaves of ${branches}, ${entries.length} of ${count}`)
    return entries
  }
}
