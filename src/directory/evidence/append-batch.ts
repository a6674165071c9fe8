import { type ErrorCode, SuretyError } from '../../base/errors.ts'
import { type Evidence, evidenceReader } from '../../protocol/evidence.ts'
import { recordBounded } from '../activity/activity.ts'
import { type Placement, placeInChain } from './chain.ts'
import type { EvidenceFrame } from './evidence-frame.ts'
import type { EvidenceStore, StoredBatch } from './evidence-store.ts'
import { type OpenProjection, openProjection } from './project.ts'

/** Where a chain stands while one transaction works on it. */
export interface OpenChain {
  readonly device: string
  readonly epoch: number
  status: 'active' | 'retired'
  sequence: number
  head: string
  bytes: number
  newest: number
  /** Its row must be written. */
  moved: boolean
  /** Its device must be appraised. */
  appraise: boolean
  /** Batches that are kept and not projected yet, in the order in which that must be done. */
  readonly open: OpenProjection[]
}

/** Up to where the device's evidence is kept, once the transaction has committed. */
export interface Acknowledged {
  readonly sequence: number
  readonly head: string
}

export interface TakeInInit {
  readonly at: number
  readonly quotaBytes: number
}

/**
 * Gives one batch its place in the chain, inside the caller's transaction, and leaves in `chain.open` what the register does
 * not know yet.
 *
 * @returns what to acknowledge, or why not: a refusal that must be kept too (a fork) is no exception, which would undo it.
 */
export function takeIn(
  store: EvidenceStore,
  chain: OpenChain,
  { frame, at, quotaBytes }: TakeInInit & { readonly frame: EvidenceFrame },
): Acknowledged | SuretyError {
  if (chain.status === 'retired') return new SuretyError('DEVICE_RETIRED', 'the device was retired')
  if (chain.epoch !== frame.epoch) return new SuretyError('EPOCH_MISMATCH', `the device is in epoch ${chain.epoch}`)
  const placement = placeInChain(chain, frame, (sequence) =>
    sequence > chain.newest ? undefined : store.evidence.hashAt(frame.device, frame.epoch, sequence),
  )
  if (placement.kind === 'again') {
    const { sequence, previous } = frame.evidence
    // It waits, and the chain has come to it: what was taken in together was enough.
    if (sequence === chain.sequence + 1 && previous === chain.head) takeWaiting(store, chain, at)
    return headOf(chain)
  }
  if (placement.kind === 'append' || placement.kind === 'relink') {
    if (chain.bytes + frame.compact.length > quotaBytes) {
      return overQuota(store, chain, { sequence: frame.evidence.sequence, at })
    }
    keep(store, chain, { frame, placement, at })
    takeWaiting(store, chain, at)
    return headOf(chain)
  }
  return refuse(store, chain, { frame, placement, at })
}

/** Its verdict does not stay good on what was said before. A new epoch, which a human lets begin, has a quota of its own. */
function overQuota(store: EvidenceStore, chain: OpenChain, { sequence, at }: { sequence: number; at: number }) {
  const message = 'the directory keeps no more evidence of this device in this epoch: it must enrol anew'
  store.unprocessed.put(chain.device, { part: 'quota', sequence, message, at })
  const detail = { epoch: chain.epoch, sequence, bytes: chain.bytes }
  recordBounded(store, { at, kind: 'evidence-quota-reached', device: chain.device, detail })
  chain.appraise = true
  return new SuretyError('QUOTA_EXCEEDED', message)
}

function headOf({ sequence, head }: OpenChain): Acknowledged {
  return { sequence, head }
}

function keep(
  store: EvidenceStore,
  chain: OpenChain,
  { frame, placement, at }: { frame: EvidenceFrame; placement: Placement & { kind: 'append' | 'relink' }; at: number },
): void {
  const { device, epoch, evidence, compact, hash } = frame
  const { sequence, previous } = evidence
  store.evidence.putBatch({ device, epoch, sequence, hash, previous, compact }, at)
  chain.bytes += compact.length
  chain.newest = Math.max(chain.newest, sequence)
  chain.moved = true
  if (placement.kind === 'relink') {
    const { firstSequence, lastSequence } = placement.gap
    recordBounded(store, { at, kind: 'gap', device, detail: { epoch, sequence, firstSequence, lastSequence } })
    chain.sequence = placement.to.sequence
    chain.head = placement.to.head
    // The gap record waits for its place; the register is brought up to it when the chain has come there.
    if (!placement.append) return
  }
  chain.sequence = sequence
  chain.head = hash
  chain.appraise = store.unprocessed.clear(device, 'evidence') || chain.appraise
  chain.open.push(openProjection({ device, evidence, at }))
}

/**
 * A gap record that came early takes its place once the chain has come to it. One with each batch, for one is work enough:
 * where others wait behind it, its device sends them again at their places.
 */
function takeWaiting(store: EvidenceStore, chain: OpenChain, at: number): void {
  if (chain.newest <= chain.sequence) return
  const next = store.evidence.batchAt(chain.device, chain.epoch, chain.sequence + 1)
  if (next === undefined) return
  if (next.previous !== chain.head) {
    fork(store, chain, { sequence: next.sequence, held: next.previous, offered: chain.head, at })
    return
  }
  chain.sequence = next.sequence
  chain.head = next.hash
  chain.moved = true
  chain.open.push(openProjection({ device: chain.device, evidence: readKept(next), at }))
}

/** The evidence of a batch that was verified before it was kept. */
export function readKept({ compact }: Pick<StoredBatch, 'compact'>): Evidence {
  const [, payload = ''] = compact.split('.')
  return evidenceReader.readCanonicalJson(Buffer.from(payload, 'base64url').toString())
}

const REFUSALS: Readonly<Record<'out-of-order' | 'gap-unproven', readonly [ErrorCode, string]>> = {
  'out-of-order': ['EVIDENCE_OUT_OF_ORDER', 'not the next batch'],
  'gap-unproven': ['EVIDENCE_GAP_UNPROVEN', 'the gap does not fit the place where the chain stands'],
}

function refuse(
  store: EvidenceStore,
  chain: OpenChain,
  { frame, placement, at }: { frame: EvidenceFrame; placement: Placement; at: number },
): SuretyError {
  if (placement.kind === 'fork') {
    const { sequence } = frame.evidence
    fork(store, chain, { sequence, held: placement.held, offered: frame.hash, at })
    const isNext = sequence === chain.sequence + 1 && placement.held === chain.head
    const message = isNext
      ? `previous is not the hash of the batch at place ${chain.sequence}`
      : `another batch has place ${sequence}`
    return new SuretyError('EVIDENCE_FORKED', message)
  }
  const [code, text] = REFUSALS[placement.kind === 'gap-unproven' ? 'gap-unproven' : 'out-of-order']
  const message = `${text}: ${frame.evidence.sequence} after ${chain.sequence}`
  const { device, epoch } = chain
  const detail = { epoch, sequence: frame.evidence.sequence, code, message }
  recordBounded(store, { at, kind: 'evidence-refused', device, detail })
  return new SuretyError(code, message)
}

function fork(
  store: EvidenceStore,
  chain: OpenChain,
  { sequence, held, offered, at }: { sequence: number; held: string; offered: string; at: number },
): void {
  store.devices.markForked(chain.device, at)
  recordBounded(store, {
    at,
    kind: 'forked',
    device: chain.device,
    detail: { epoch: chain.epoch, sequence, held, offered },
  })
  chain.appraise = true
}
