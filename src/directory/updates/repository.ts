import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Metadata, MetadataKind, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp } from '@tufjs/models'
import { fromUtf8, utf8 } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import { parseJson } from '../../base/json.ts'
import { readIfPresent, writeDurably } from '../../system/files/own/durable-file.ts'
import { makeFolderDurably } from '../../system/files/own/durable-folder.ts'
import {
  makeSigningKey,
  ROLES,
  type Role,
  requireSigningKey,
  type SigningKey,
  type SigningKeysInit,
} from './signing-keys.ts'

/**
 * A TUF repository in a folder: `metadata/`, `targets/` and `files/`. It is plain files, so a copy of the folder is a mirror. Each
 * change writes new files first and `timestamp.json` last, so that a reader sees the old state or the new one.
 */
export interface Repository {
  /** The root that devices are told, and its version. */
  readonly root: Root
  readonly targets: Targets
  /** When the signatures of each role end. */
  expiries(): Readonly<Record<Role, number>>
  /** @returns a target's bytes, compared with its hash. @throws `NOT_FOUND`, `UPDATE_DAMAGED`. */
  target(path: string): Promise<Uint8Array>
  /** Finds and opens the keys that `publish` needs, before any work for it. @throws as `requireSigningKey`. */
  requireKeys(): Promise<void>
  /** Signs these targets as well, in the place of those with the same paths. @throws as `requireSigningKey`, `STORE_FAILED`. */
  publish(targets: Readonly<Record<string, Uint8Array>>): Promise<void>
  /** Signs timestamp and snapshot again. @throws as `publish`. */
  refresh(): Promise<void>
  /** Signs the list of targets again, and all that follows. @throws as `publish`. */
  renewTargets(): Promise<void>
  /**
   * Makes a new key for a role, signs a new root with it, and all that this key signs.
   *
   * @param passphrase of the new key, if it may have one; that of the root's key when absent.
   * @throws as `publish`, `CONFLICT`.
   */
  rotate(role: Role, newKeys: string, passphrase?: string): Promise<void>
}

export interface RepositoryInit extends SigningKeysInit {
  readonly folder: string
}

const DAY_MS = 24 * 60 * 60 * 1000
/** What a stolen copy of the repository is good for: the shorter, the sooner devices notice an old one. */
const LIFETIME_MS: Readonly<Record<Role, number>> = {
  root: 730 * DAY_MS,
  targets: 365 * DAY_MS,
  snapshot: 30 * DAY_MS,
  timestamp: 7 * DAY_MS,
}
const SPEC_VERSION = '1.0.31'
const MAX_METADATA_BYTES = 4 * 1024 * 1024
const LIMITS = { maxBytes: MAX_METADATA_BYTES, maxDepth: 12 }

type Components = Pick<Clock, 'now'>

/**
 * @param init.passphrase of the new keys of root and targets.
 * @returns the SHA-256 of the first root, for the setting `updates.root`.
 * @throws `CONFLICT` for a folder that has a repository.
 */
export async function initRepository(
  clock: Components,
  given: Omit<RepositoryInit, 'passphraseOf'> & { readonly passphrase?: string | undefined },
): Promise<string> {
  const { passphrase, ...init } = given
  if ((await read(init.folder, 'metadata/1.root.json')) !== undefined) {
    throw new SuretyError('CONFLICT', `${JSON.stringify(init.folder)} has an update repository already`)
  }
  // The data folder of a directory has nothing that other users can read.
  for (const folder of [init.folder, init.keys]) await makeFolderDurably(folder, { mode: 0o700 })
  const keys = new Map<Role, SigningKey>()
  for (const role of ROLES) keys.set(role, await makeSigningKey(init.keys, role, passphrase))
  const root = new Metadata(
    new Root({ version: 1, specVersion: SPEC_VERSION, expires: expiry(clock, 'root'), consistentSnapshot: true }),
  )
  for (const [role, { key }] of keys) root.signed.addKey(key, role)
  const rootKey = keys.get('root')
  root.sign((bytes) => required(rootKey).sign(bytes))
  const bytes = utf8(JSON.stringify(root.toJSON()))
  const targets = new Targets({ version: 1, specVersion: SPEC_VERSION, expires: expiry(clock, 'targets') })
  await writeAll(clock, init, { root: root.signed, targets, targetsIsNew: true, newRoot: bytes, made: keys })
  return createHash('sha256').update(bytes).digest('hex')
}

/** @throws `NOT_FOUND` for a folder without a repository; `UPDATE_UNTRUSTED` for one whose own signatures do not fit. */
export async function openRepository(clock: Components, init: RepositoryInit): Promise<Repository> {
  let { root, targets, timestamp, snapshot } = await readMetadata(init.folder)
  const write = async (change: Omit<Change, 'root' | 'targets'> & Partial<Pick<Change, 'root' | 'targets'>>) => {
    await writeAll(clock, init, { root: root.signed, targets: targets.signed, ...change })
    ;({ root, targets, timestamp, snapshot } = await readMetadata(init.folder))
  }
  const requireKeys = async () => {
    for (const role of ['targets', 'snapshot', 'timestamp'] as const) await requireSigningKey(init, role)
  }
  const nextTargets = (changed: Readonly<Record<string, TargetFile>>) =>
    new Targets({
      version: targets.signed.version + 1,
      specVersion: SPEC_VERSION,
      expires: expiry(clock, 'targets'),
      targets: { ...targets.signed.targets, ...changed },
    })
  return {
    get root() {
      return root.signed
    },
    get targets() {
      return targets.signed
    },
    expiries: () => ({
      root: Date.parse(root.signed.expires),
      targets: Date.parse(targets.signed.expires),
      snapshot: Date.parse(snapshot.signed.expires),
      timestamp: Date.parse(timestamp.signed.expires),
    }),
    async target(path) {
      const info = targets.signed.targets[path]
      if (info === undefined) throw new SuretyError('NOT_FOUND', `the repository has no ${path}`)
      const bytes = await read(init.folder, placeOf(path, info))
      if (bytes === undefined || bytes.length !== info.length || sha256(bytes) !== info.hashes.sha256) {
        throw new SuretyError('UPDATE_DAMAGED', `the target ${path} of the repository is not what was signed`)
      }
      return bytes
    },
    requireKeys,
    async publish(published) {
      await requireKeys()
      const changed: Record<string, TargetFile> = {}
      for (const [path, bytes] of Object.entries(published)) {
        const info = new TargetFile({ path, length: bytes.length, hashes: { sha256: sha256(bytes) } })
        await writeFile(init.folder, placeOf(path, info), bytes)
        changed[path] = info
      }
      await write({ targets: nextTargets(changed), targetsIsNew: true })
    },
    refresh: () => write({ targetsIsNew: false }),
    renewTargets: () => write({ targets: nextTargets({}), targetsIsNew: true }),
    async rotate(role, newKeys, passphrase) {
      const old = await requireSigningKey(init, 'root')
      await makeFolderDurably(newKeys, { mode: 0o700 })
      const made = await makeSigningKey(newKeys, role, passphrase ?? old.passphrase)
      const signed = Root.fromJSON(JSON.parse(JSON.stringify(root.signed.toJSON())))
      for (const keyID of signed.roles[role]?.keyIDs ?? []) delete signed.keys[keyID]
      signed.roles[role]?.keyIDs.splice(0)
      signed.addKey(made.key, role)
      const next = new Metadata(
        new Root({
          version: signed.version + 1,
          specVersion: SPEC_VERSION,
          expires: expiry(clock, 'root'),
          keys: signed.keys,
          roles: signed.roles,
          consistentSnapshot: true,
        }),
      )
      next.sign((bytes) => old.sign(bytes))
      if (role === 'root') next.sign((bytes) => made.sign(bytes))
      const newRoot = utf8(JSON.stringify(next.toJSON()))
      await writeAll(clock, init, {
        root: next.signed,
        newRoot,
        targets: role === 'targets' ? nextTargets({}) : targets.signed,
        targetsIsNew: role === 'targets',
        made: new Map([[role, made]]),
      })
      ;({ root, targets, timestamp, snapshot } = await readMetadata(init.folder))
    },
  }
}

interface Change {
  readonly root: Root
  readonly targets: Targets
  readonly targetsIsNew: boolean
  readonly newRoot?: Uint8Array
  /** Keys that are not in the folder of keys yet. */
  readonly made?: ReadonlyMap<Role, SigningKey>
}

/** Finds every key before anything is written. */
async function writeAll(clock: Components, init: RepositoryInit, change: Change): Promise<void> {
  const { folder, keys } = init
  const { root, targets, targetsIsNew, newRoot, made } = change
  const keyOf = async (role: Role): Promise<SigningKey> => {
    const key = made?.get(role) ?? (await requireSigningKey(init, role))
    if (root.roles[role]?.keyIDs.includes(key.key.keyID) === true) return key
    throw new SuretyError('KEY_NOT_FOUND', `${role}.pem in ${JSON.stringify(keys)} is not the key of this repository`)
  }
  const targetsKey = targetsIsNew ? await keyOf('targets') : undefined
  const [snapshotKey, timestampKey] = [await keyOf('snapshot'), await keyOf('timestamp')]
  const before = await read(folder, 'metadata/timestamp.json')
  const last = before === undefined ? undefined : parsed(MetadataKind.Timestamp, before)
  // By the clock: a repository whose timestamp is refreshed where it is served, and that gets new versions elsewhere, has one order.
  const seconds = Math.floor(clock.now() / 1000)
  const version = Math.max(seconds, (last?.signed.version ?? 0) + 1, (last?.signed.snapshotMeta.version ?? 0) + 1)

  if (newRoot !== undefined) await writeFile(folder, `metadata/${root.version}.root.json`, newRoot)
  if (targetsKey !== undefined) {
    const bytes = signedBytes(targets, targetsKey)
    await writeFile(folder, `metadata/${targets.version}.targets.json`, bytes)
  }
  const targetsBytes = await requireMetadata(folder, `metadata/${targets.version}.targets.json`)
  const snapshot = signedBytes(
    new Snapshot({
      version,
      specVersion: SPEC_VERSION,
      expires: expiry(clock, 'snapshot'),
      meta: { 'targets.json': metaOf(targets.version, targetsBytes) },
    }),
    snapshotKey,
  )
  await writeFile(folder, `metadata/${version}.snapshot.json`, snapshot)
  const timestamp = signedBytes(
    new Timestamp({
      version,
      specVersion: SPEC_VERSION,
      expires: expiry(clock, 'timestamp'),
      snapshotMeta: metaOf(version, snapshot),
    }),
    timestampKey,
  )
  await writeFile(folder, 'metadata/timestamp.json', timestamp)
}

function signedBytes(signed: Targets | Snapshot | Timestamp, key: SigningKey): Uint8Array {
  const metadata = new Metadata(signed)
  metadata.sign((bytes) => key.sign(bytes))
  return utf8(JSON.stringify(metadata.toJSON()))
}

function metaOf(version: number, bytes: Uint8Array): MetaFile {
  return new MetaFile({ version, length: bytes.length, hashes: { sha256: sha256(bytes) } })
}

/** Reads what `timestamp.json` leads to, and verifies it as a device would. */
async function readMetadata(folder: string) {
  try {
    const root = parsed(
      MetadataKind.Root,
      await requireMetadata(folder, `metadata/${await lastRoot(folder)}.root.json`),
    )
    root.verifyDelegate('root', root)
    const timestamp = parsed(MetadataKind.Timestamp, await requireMetadata(folder, 'metadata/timestamp.json'))
    root.verifyDelegate('timestamp', timestamp)
    const { snapshotMeta } = timestamp.signed
    const snapshotBytes = await requireMetadata(folder, `metadata/${snapshotMeta.version}.snapshot.json`)
    snapshotMeta.verify(Buffer.from(snapshotBytes))
    const snapshot = parsed(MetadataKind.Snapshot, snapshotBytes)
    root.verifyDelegate('snapshot', snapshot)
    const targetsMeta = required(snapshot.signed.meta['targets.json'])
    const targetsBytes = await requireMetadata(folder, `metadata/${targetsMeta.version}.targets.json`)
    targetsMeta.verify(Buffer.from(targetsBytes))
    const targets = parsed(MetadataKind.Targets, targetsBytes)
    root.verifyDelegate('targets', targets)
    return { root, timestamp, snapshot, targets }
  } catch (cause) {
    if (cause instanceof SuretyError) throw cause
    throw new SuretyError('UPDATE_UNTRUSTED', `the update repository does not fit together: ${describeError(cause)}`, {
      cause,
    })
  }
}

async function lastRoot(folder: string): Promise<number> {
  const names = await readdir(join(folder, 'metadata')).catch((): string[] => [])
  const versions = names.flatMap((name) => /^([1-9]\d{0,8})\.root\.json$/.exec(name)?.[1] ?? []).map(Number)
  if (versions.length === 0) throw new SuretyError('NOT_FOUND', `${JSON.stringify(folder)} has no update repository`)
  return Math.max(...versions)
}

function parsed(kind: MetadataKind.Root, bytes: Uint8Array): Metadata<Root>
function parsed(kind: MetadataKind.Timestamp, bytes: Uint8Array): Metadata<Timestamp>
function parsed(kind: MetadataKind.Snapshot, bytes: Uint8Array): Metadata<Snapshot>
function parsed(kind: MetadataKind.Targets, bytes: Uint8Array): Metadata<Targets>
function parsed(kind: MetadataKind, bytes: Uint8Array): unknown {
  return Metadata.fromJSON(
    kind as MetadataKind.Root,
    parseJson(fromUtf8(bytes), LIMITS) as Parameters<typeof Root.fromJSON>[0],
  )
}

async function requireMetadata(folder: string, path: string): Promise<Uint8Array> {
  const bytes = await read(folder, path)
  if (bytes === undefined) throw new SuretyError('NOT_FOUND', `the update repository lacks ${path}`)
  return bytes
}

function read(folder: string, path: string): Promise<Uint8Array | undefined> {
  return readIfPresent(join(folder, path), { maxBytes: MAX_METADATA_BYTES })
}

async function writeFile(folder: string, path: string, bytes: Uint8Array): Promise<void> {
  const to = join(folder, path)
  await makeFolderDurably(dirname(to), { mode: 0o755 })
  await writeDurably(to, bytes, { mode: 0o644 })
}

/** With the hash in the name, as the specification wants it for consistent snapshots. */
function placeOf(path: string, { hashes }: TargetFile): string {
  const at = path.lastIndexOf('/') + 1
  return `targets/${path.slice(0, at)}${hashes.sha256}.${path.slice(at)}`
}

function expiry(clock: Components, role: Role): string {
  return `${new Date(clock.now() + LIFETIME_MS[role]).toISOString().slice(0, 19)}Z`
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new SuretyError('UPDATE_UNTRUSTED', 'the update repository is incomplete')
  return value
}
