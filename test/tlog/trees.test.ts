import { type Bytes, fromHex, toHex, utf8 } from '../../src/base/bytes.ts'
import { checkConsistency, checkInclusion } from '../../src/tlog/check-proofs.ts'
import { consistencyProof, inclusionProof, treeRoot } from '../../src/tlog/proofs.ts'
import { type EntryRange, RangeCheck, rangeProof } from '../../src/tlog/ranges.ts'
import { growTiles, subtreesFromTiles } from '../../src/tlog/tiles.ts'
import { EMPTY_ROOT, leafHash, nodeHash } from '../../src/tlog/tree-hash.ts'
import { codeOfCall } from '../support/code-of-call.ts'
import { codeThrown } from '../support/code-thrown.ts'
import { MadeLog } from '../support/tlog/made-log.ts'

/** RFC 6962 section 2.1, as it is written there, over the leaves from `from` to before `to`. It remembers roots. */
class NaiveTree {
  readonly leaves: readonly Bytes[]
  readonly #roots = new Map<string, Bytes>()
  constructor(leaves: readonly Bytes[]) {
    this.leaves = leaves
  }

  root(from: number, to: number): Bytes {
    if (from === to) return EMPTY_ROOT
    const known = to - from === 1 ? this.leaves[from] : this.#roots.get(`${from} ${to}`)
    if (known !== undefined) return known
    const middle = from + split(to - from)
    const root = nodeHash(this.root(from, middle), this.root(middle, to))
    this.#roots.set(`${from} ${to}`, root)
    return root
  }

  path(index: number, from: number, to: number): Bytes[] {
    if (to - from === 1) return []
    const middle = from + split(to - from)
    return index < middle
      ? [...this.path(index, from, middle), this.root(middle, to)]
      : [...this.path(index, middle, to), this.root(from, middle)]
  }

  subproof(old: number, from: number, to: number, complete: boolean): Bytes[] {
    if (old === to) return complete ? [] : [this.root(from, to)]
    const middle = from + split(to - from)
    return old <= middle
      ? [...this.subproof(old, from, middle, complete), this.root(middle, to)]
      : [...this.subproof(old, middle, to, false), this.root(from, middle)]
  }
}

/** The largest power of two below `count`. */
function split(count: number): number {
  return count < 2 ? 0 : 2 ** Math.floor(Math.log2(count - 1))
}

const LARGEST = 600
/** Where the shape of a tree changes: all small sizes, and those beside full tiles and powers of two. */
const SIZES = Array.from({ length: LARGEST }, (_, at) => at + 1).filter(
  (size) => size <= 70 || size > LARGEST - 3 || [128, 256, 384, 512].some((edge) => Math.abs(size - edge) <= 3),
)
const log = new MadeLog('example.org/log')
let naive: NaiveTree
beforeAll(async () => {
  // Grown in unequal steps, so that tiles are widened as well as added.
  for (let size = 0, step = 1; size < LARGEST; step = (step * 7) % 61) {
    size = Math.min(LARGEST, size + step)
    await log.growTo(size)
  }
  // All partial tiles that a checkpoint of any size would have.
  for (let size = 1; size <= LARGEST; size++) log.keepTilesOf(size)
  naive = new NaiveTree(log.entries.map(leafHash))
})

/** Some numbers below `limit`: the first, the last, those beside its largest power of two, one in between. */
function someBelow(limit: number): number[] {
  const power = split(limit)
  const numbers = [0, limit - 1, (limit * 7) % 599, power - 1, power, power + 1]
  return [...new Set(numbers)].filter((number) => number >= 0 && number < limit)
}

test('hashes as the vectors of Certificate Transparency', () => {
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
  const leaves = inputs.map((hex) => leafHash(fromHex(hex) ?? new Uint8Array()))
  expect(toHex(EMPTY_ROOT)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  const tree = new NaiveTree(leaves)
  expect(leaves.map((_, at) => toHex(tree.root(0, at + 1)))).toEqual([
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ])
})

test('makes roots and inclusion proofs as a naive tree', async () => {
  for (const size of SIZES) {
    const root = await log.root(size)
    expect(toHex(root)).toBe(toHex(naive.root(0, size)))
    for (const index of someBelow(size)) {
      const proof = await inclusionProof(index, size, log.subtrees(size))
      expect(proof.map(toHex)).toEqual(naive.path(index, 0, size).map(toHex))
      checkInclusion({ leaf: naive.leaves[index] ?? EMPTY_ROOT, index, size, root, proof })
    }
  }
})

test('makes consistency proofs as a naive tree', async () => {
  const roots = await Promise.all(Array.from({ length: LARGEST + 1 }, (_, size) => log.root(size)))
  for (const size of [0, ...SIZES]) {
    const root = roots[size] ?? EMPTY_ROOT
    for (const oldSize of [...someBelow(size), size]) {
      const proof = await consistencyProof(oldSize, size, log.subtrees(size))
      const expected = oldSize === 0 ? [] : naive.subproof(oldSize, 0, size, true)
      expect(proof.map(toHex)).toEqual(expected.map(toHex))
      checkConsistency({ oldSize, oldRoot: roots[oldSize] ?? EMPTY_ROOT, size, root, proof })
    }
  }
})

test('refuses every inclusion proof that is not the one', async () => {
  for (const size of [1, 2, 3, 7, 8, 255, 256, 257, 511, 600]) {
    const root = await log.root(size)
    for (const index of someBelow(size)) {
      const proof = await inclusionProof(index, size, log.subtrees(size))
      const right = { leaf: leafHash(log.entries[index] ?? EMPTY_ROOT), index, size, root, proof }
      const bad: object[] = [
        { proof: [...proof, EMPTY_ROOT] },
        { leaf: leafHash(utf8('another')) },
        { root: EMPTY_ROOT },
        { root: root.slice(0, 31) },
        { leaf: new Uint8Array(33) },
        ...proof.map((_, at) => ({ proof: proof.toSpliced(at, 1) })),
        ...proof.map((hash, at) => ({ proof: proof.with(at, flipped(hash)) })),
        ...proof.map((hash, at) => ({ proof: proof.with(at, hash.slice(1)) })),
        ...(index + 1 < size ? [{ index: index + 1 }] : []),
      ]
      for (const change of bad) {
        expect([codeOfCall(() => checkInclusion({ ...right, ...change })), change]).toEqual(['PROOF_INVALID', change])
      }
    }
  }
})

test('refuses every consistency proof that is not the one', async () => {
  for (const size of [2, 3, 7, 8, 256, 257, 600]) {
    const root = await log.root(size)
    for (const oldSize of [...someBelow(size), size].filter((old) => old > 0)) {
      const proof = await consistencyProof(oldSize, size, log.subtrees(size))
      const right = { oldSize, oldRoot: await log.root(oldSize), size, root, proof }
      const bad: object[] = [
        { proof: [...proof, EMPTY_ROOT] },
        { oldRoot: flipped(right.oldRoot) },
        { root: flipped(root) },
        ...proof.map((_, at) => ({ proof: proof.toSpliced(at, 1) })),
        ...proof.map((hash, at) => ({ proof: proof.with(at, flipped(hash)) })),
      ]
      for (const change of bad) {
        expect([codeOfCall(() => checkConsistency({ ...right, ...change })), oldSize, size]).toEqual([
          'PROOF_INVALID',
          oldSize,
          size,
        ])
      }
    }
  }
})

test('an empty log has one root, and proves nothing', async () => {
  const empty = { oldSize: 0, oldRoot: EMPTY_ROOT, size: 0, root: EMPTY_ROOT, proof: [] }
  checkConsistency(empty)
  for (const change of [{ oldRoot: leafHash(utf8('')) }, { root: leafHash(utf8('')) }, { proof: [EMPTY_ROOT] }]) {
    expect(codeOfCall(() => checkConsistency({ ...empty, ...change }))).toBe('PROOF_INVALID')
  }
})

test.each([
  ['an index at the size', 4, 4],
  ['an index beyond', 7, 4],
  ['a negative index', -1, 4],
  ['a fraction', 1.5, 4],
  ['a negative size', 0, -4],
  ['an empty log', 0, 0],
  ['a size over 2^53', 0, 2 ** 53],
  ['not a number', Number.NaN, 4],
])('refuses %s', async (_, index, size) => {
  const part = { leaf: EMPTY_ROOT, root: EMPTY_ROOT, proof: [] }
  expect(codeOfCall(() => checkInclusion({ ...part, index, size }))).toBe('INPUT_MALFORMED')
  expect(await codeThrown(() => inclusionProof(index, size, async () => []))).toBe('INPUT_MALFORMED')
})

test('refuses an old size that is larger, without reading', async () => {
  expect(await codeThrown(() => consistencyProof(5, 4, async () => []))).toBe('INPUT_MALFORMED')
  const part = { oldRoot: EMPTY_ROOT, root: EMPTY_ROOT, proof: [] }
  expect(codeOfCall(() => checkConsistency({ ...part, oldSize: 5, size: 4 }))).toBe('INPUT_MALFORMED')
  expect(await codeThrown(() => treeRoot(2 ** 53, async () => []))).toBe('INPUT_MALFORMED')
})

test('reaches the largest sizes without losing a bit', async () => {
  const size = Number.MAX_SAFE_INTEGER
  const asked: number[] = []
  const proof = await inclusionProof(size - 1, size, async (subtrees) => {
    asked.push(...subtrees.map(({ level, index }) => index * 2 ** level))
    return subtrees.map(() => EMPTY_ROOT)
  })
  expect(proof).toHaveLength(52)
  expect(Math.max(...asked)).toBe(size - 3)
})

test.each([
  ['cut by one byte', (tile: Uint8Array) => tile.slice(1)],
  ['cut by one hash', (tile: Uint8Array) => tile.slice(32)],
  ['empty', () => new Uint8Array()],
  ['one hash too long', (tile: Uint8Array) => new Uint8Array([...tile, ...EMPTY_ROOT])],
])('refuses a tile that is %s', async (_, spoil) => {
  const size = 300
  const read = subtreesFromTiles(size, async (tile) => spoil(await log.readTile(tile)))
  expect(await codeThrown(() => inclusionProof(299, size, read))).toBe('INPUT_MALFORMED')
  const readTile = async () => spoil(await log.readTile({ level: 0, index: 1, width: 44 }))
  expect(await codeThrown(() => growTiles(size, [EMPTY_ROOT], readTile))).toBe('INPUT_MALFORMED')
})

test('takes the full tile in place of a partial one that was removed', async () => {
  const full = subtreesFromTiles(300, ({ level, index }) =>
    log.readTile({ level, index, width: level === 0 ? 256 : 1 }),
  )
  const at300 = await inclusionProof(10, 300, log.subtrees(300))
  // Tile 1 of level 0 is partial in 600 entries as well as in 300; tile 0 is full in both.
  const proof = await inclusionProof(10, 256, subtreesFromTiles(256, log.readTile))
  expect(proof.map(toHex)).toEqual(at300.slice(0, 8).map(toHex))
  await expect(treeRoot(256, full)).resolves.toEqual(await log.root(256))
})

test('a tile with a changed hash does not pass: the proof from it leads elsewhere', async () => {
  const read = subtreesFromTiles(600, async (tile) => flipped(await log.readTile(tile)))
  const proof = await inclusionProof(3, 600, read)
  const root = await log.root()
  const leaf = leafHash(log.entries[3] ?? EMPTY_ROOT)
  expect(codeOfCall(() => checkInclusion({ leaf, index: 3, size: 600, root, proof }))).toBe('PROOF_INVALID')
})

function flipped(bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes).with(0, (bytes[0] ?? 0) ^ 1)
}

describe('ranges', () => {
  async function check(range: EntryRange, changes: { leaves?: readonly Bytes[]; proof?: readonly Bytes[] } = {}) {
    const { proof = await rangeProof(range, log.subtrees(range.size)), leaves = leavesOf(range) } = changes
    const checked = new RangeCheck(range, proof)
    for (const leaf of leaves) checked.add(leaf)
    checked.finish(await log.root(range.size))
    return proof.length
  }
  const leavesOf = ({ from, to }: EntryRange) => naive.leaves.slice(from, to)

  test('proves every range of small logs, and some of each larger one', async () => {
    for (const size of SIZES) {
      const all = Array.from({ length: size }, (_, at) => at)
      const ends = size <= 33 ? all : someBelow(size)
      for (const from of ends) for (const to of ends) if (from <= to) await check({ from, to: to + 1, size })
    }
  })

  test('needs no hash for all entries, and few for some', async () => {
    expect(await check({ from: 0, to: 600, size: 600 })).toBe(0)
    expect(await check({ from: 301, to: 302, size: 600 })).toBeLessThan(20)
  })

  test.each<readonly [string, (range: EntryRange) => { leaves?: readonly Bytes[]; proof?: readonly Bytes[] }]>([
    ['an entry too few', (range) => ({ leaves: leavesOf(range).slice(1) })],
    ['an entry too many', (range) => ({ leaves: [...leavesOf(range), EMPTY_ROOT] })],
    ['no entry', () => ({ leaves: [] })],
    ['a changed entry', (range) => ({ leaves: leavesOf(range).with(3, EMPTY_ROOT) })],
    [
      'two entries in the wrong order',
      (range) => ({ leaves: leavesOf(range).toSpliced(4, 1).toSpliced(9, 0, naive.root(304, 305)) }),
    ],
    ['no proof', () => ({ proof: [] })],
    ['a proof of zeros', () => ({ proof: Array.from({ length: 9 }, () => new Uint8Array(32)) })],
  ])('refuses %s', async (_, change) => {
    const range = { from: 300, to: 400, size: 600 }
    await check(range)
    expect(await codeThrown(() => check(range, change(range)))).toBe('PROOF_INVALID')
  })

  test('refuses a proof with a hash too many, too few, cut or changed', async () => {
    const range = { from: 300, to: 400, size: 600 }
    const proof = await rangeProof(range, log.subtrees())
    const bad = [
      [...proof, EMPTY_ROOT],
      ...proof.flatMap((hash, at) => [
        proof.toSpliced(at, 1),
        proof.with(at, flipped(hash)),
        proof.with(at, hash.slice(1)),
      ]),
    ]
    for (const each of bad) expect(await codeThrown(() => check(range, { proof: each }))).toBe('PROOF_INVALID')
  })

  test.each([
    [3, 3, 5],
    [4, 3, 5],
    [0, 6, 5],
    [-1, 3, 5],
    [0, 1, 2 ** 53],
    [0.5, 1, 2],
  ])('there is no range from %p to %p in %p entries', async (from, to, size) => {
    expect(await codeThrown(() => rangeProof({ from, to, size }, async () => []))).toBe('INPUT_MALFORMED')
    expect(await codeThrown(() => new RangeCheck({ from, to, size }, []))).toBe('INPUT_MALFORMED')
  })
})
