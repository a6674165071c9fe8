import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { signJws } from '../../src/crypto/jws.ts'
import type { Gap } from '../../src/protocol/messages/evidence.ts'
import { EVIDENCE_PROFILE } from '../../src/protocol/messages/evidence.ts'
import type { JwsKind } from '../../src/protocol/messages/jws-types.ts'
import type { ExportManifest } from '../../src/protocol/nouns/devices/evidence.ts'

/** An evidence export with keys of its own, to be spoilt. */

export const DEVICE = 'dev_AAAAAAAAAAAAAAAAAAAAAA'
export const ZEROS = Buffer.alloc(32).toString('base64url')
const TIME = 1_795_608_005_000

export const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
type Pair = ReturnType<typeof newKey>
export const spkiOf = ({ publicKey }: Pair) => publicKey.export({ type: 'spki', format: 'der' }).toString('base64url')
export const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url')

export function signed(kind: JwsKind, payload: object, key: KeyObject): Promise<string> {
  return signJws(kind, payload, async (message) => sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' }))
}

/** One chain of batches of one epoch. */
export class MadeChain {
  readonly key = newKey()
  readonly epoch: number
  readonly kept: string[] = []
  sequence = 0
  head = ZEROS
  constructor(epoch: number) {
    this.epoch = epoch
  }

  /** Signs the next batch, and keeps it. */
  async batch(changes: object = {}): Promise<string> {
    const compact = await this.unkept(changes)
    this.kept.push(compact)
    return compact
  }

  async unkept(changes: object = {}): Promise<string> {
    const { epoch, head: previous } = this
    const sequence = ++this.sequence
    const claims = {
      eat_profile: EVIDENCE_PROFILE,
      sub: DEVICE,
      iat: TIME / 1000 + sequence,
      epoch,
      sequence,
      previous,
    }
    const compact = await signed('evidence', { ...claims, bootId: 'b', uptimeMs: 1, ...changes }, this.key.privateKey)
    this.head = hashOf(compact)
    return compact
  }

  /** Signs batches that a full spool drops. @returns the record of it. */
  async drop(count: number): Promise<Gap> {
    const [firstSequence, before] = [this.sequence + 1, this.head]
    for (let i = 0; i < count; i++) await this.unkept()
    return { firstSequence, lastSequence: this.sequence, before, last: this.head }
  }
}

export const ROOT = newKey()
export const SIGNER = newKey()
export const ROOT_PIN = createHash('sha256')
  .update(ROOT.publicKey.export({ type: 'spki', format: 'der' }))
  .digest('base64url')

export interface Spoilt {
  readonly manifest?: Partial<ExportManifest>
  readonly delegation?: object
  readonly rootKey?: Pair
  readonly signer?: Pair
  readonly delegations?: readonly string[]
}

/** The lines of an export. */
export async function exportOf(chains: readonly MadeChain[], spoilt: Spoilt = {}): Promise<string[]> {
  const { rootKey = ROOT, signer = SIGNER } = spoilt
  const delegation = {
    type: 'delegation',
    purpose: 'acknowledgements',
    key: spkiOf(SIGNER),
    notBefore: TIME - 1000,
    notAfter: TIME + 1000,
    serial: 1,
    ...spoilt.delegation,
  }
  const manifest = {
    type: 'evidence-export',
    version: 1,
    device: DEVICE,
    time: TIME,
    root: spkiOf(ROOT),
    forked: false,
    epochs: chains.map(({ epoch, key, kept }) => {
      const lastSequence = kept.length === 0 ? 0 : sequenceOf(kept.at(-1) ?? '')
      return { epoch, key: spkiOf(key), batches: kept.length, lastSequence }
    }),
    ...spoilt.manifest,
  }
  return [
    await signed('evidence-export', manifest, signer.privateKey),
    ...(spoilt.delegations ?? [await signed('delegation', delegation, rootKey.privateKey)]),
    ...chains.flatMap(({ kept }) => kept),
  ]
}

export function sequenceOf(jws: string): number {
  return JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()).sequence
}

export const fileOf = (lines: readonly string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1')

export async function* inChunks(bytes: Uint8Array, size = 64 * 1024): AsyncGenerator<Uint8Array, undefined> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  return undefined
}
