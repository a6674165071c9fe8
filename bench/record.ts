import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { verifyLog } from '../src/archive/record/verify-log.ts'
import { utf8 } from '../src/base/bytes.ts'
import { folderSource } from '../src/cli/audit/log-sources.ts'
import { encodeBundle } from '../src/tlog/bundles.ts'
import { checkpointText } from '../src/tlog/checkpoints.ts'
import { noteKey, noteSigner } from '../src/tlog/note-keys.ts'
import { signNote } from '../src/tlog/notes.ts'
import { inclusionProof, treeRoot } from '../src/tlog/proofs.ts'
import { entriesPath, tilePath } from '../src/tlog/tile-paths.ts'
import { growTiles, type ReadTile, subtreesFromTiles, TILE_WIDTH } from '../src/tlog/tiles.ts'
import { leafHash } from '../src/tlog/tree-hash.ts'
import { type Benchmark, median, rounded, sizeOf } from './benchmark.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const ENTRIES = sizeOf(1_000_000, { small: 1_000 })
const PROOFS = sizeOf(2_000, { small: 20 })
const BATCH = 1_024
const ENTRY_BYTES = 300
const LIMITS = { leavesPerSecond: 30_000, proofMs: 1, verifySeconds: 30 }
const ORIGIN = 'bench.example.org/record'

export const record: Benchmark = {
  name: 'record',
  about: `a log of ${ENTRIES} entries of ${ENTRY_BYTES} bytes: leaf hashes with tiles, one proof, and verifying all of it`,
  unit: 'mixed',
  limit: `${LIMITS.leavesPerSecond} entries a second, a proof under ${LIMITS.proofMs} ms, verified in under ${LIMITS.verifySeconds} s`,
  async run(report) {
    using folder = temporaryBenchFolder()
    const files = new Map<string, Uint8Array>()
    const readTile: ReadTile = async ({ level, index, width }) => {
      const tile = files.get(tilePath(level, index, width))
      if (tile === undefined) throw new Error(`no tile ${tilePath(level, index, width)}`)
      return tile
    }
    let hashingMs = 0
    for (let size = 0; size < ENTRIES; size += BATCH) {
      const entries = entriesFrom(size, Math.min(ENTRIES, size + BATCH))
      const start = performance.now()
      const tiles = await growTiles(size, entries.map(leafHash), readTile)
      hashingMs += performance.now() - start
      for (const { level, index, width, hashes } of tiles) files.set(tilePath(level, index, width), hashes)
      for (let at = 0; at < entries.length; at += TILE_WIDTH) {
        const some = entries.slice(at, at + TILE_WIDTH)
        save(folder.path, entriesPath((size + at) / TILE_WIDTH, some.length), encodeBundle(some))
      }
    }
    const perSecond = ENTRIES / (hashingMs / 1000)
    report({
      name: 'record-leaves',
      value: rounded(perSecond),
      unit: '/s',
      ratio: rounded(perSecond / LIMITS.leavesPerSecond),
      against: `at least ${LIMITS.leavesPerSecond}; leaf hashes and tiles in batches of ${BATCH}, in memory`,
    })

    const subtrees = subtreesFromTiles(ENTRIES, readTile)
    const times: number[] = []
    for (let i = 0; i < PROOFS; i++) {
      const start = performance.now()
      await inclusionProof((i * 7_919) % ENTRIES, ENTRIES, subtrees)
      times.push(performance.now() - start)
    }
    report({
      name: 'record-proof',
      value: rounded(median(times)),
      unit: 'ms',
      ratio: rounded(median(times) / LIMITS.proofMs),
      against: `limit ${LIMITS.proofMs} ms; median of ${PROOFS}, tiles in memory`,
    })

    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const key = noteKey('note', ORIGIN, Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'))
    const signer = noteSigner(key, (message) => sign(null, message, privateKey), Date.now)
    const root = await treeRoot(ENTRIES, subtrees)
    save(
      folder.path,
      'checkpoint',
      utf8(await signNote(checkpointText({ origin: ORIGIN, size: ENTRIES, root }), signer)),
    )
    for (const [path, bytes] of files) save(folder.path, path, bytes)
    const start = performance.now()
    const trust = { logKeys: [key], witnessKeys: [], quorum: 0 }
    const { report: verified } = await verifyLog(folderSource(folder.path), trust)
    const seconds = (performance.now() - start) / 1000
    if (!verified.ok || verified.entries?.to !== ENTRIES) throw new Error(`not verified: ${verified.problem?.message}`)
    report({
      name: 'record-verify',
      value: rounded(seconds),
      unit: 's',
      ratio: rounded(seconds / LIMITS.verifySeconds),
      against: `limit ${LIMITS.verifySeconds} s; every entry and hash of ${ENTRIES}, from a folder`,
    })
  },
}

function entriesFrom(from: number, to: number): Uint8Array[] {
  return Array.from({ length: to - from }, (_, i) => utf8(`{"entry":${from + i}}`.padEnd(ENTRY_BYTES, ' ')))
}

function save(folder: string, path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), bytes)
}
