import { type ErrorCode, SuretyError } from '../../base/errors.ts'
import { type Evidence, evidenceReader, type Gap } from '../../protocol/messages/evidence.ts'
import { recordBounded } from '../activity/activity.ts'
import { type ApplyJob, applyJob } from './apply-evidence.ts'
import type { EvidenceFrame } from './evidence-frame.ts'
import type { EvidenceStore, StoredBatch } from './evidence-store.ts'

/** A chain during one transaction. */
export interface OpenChain {
  readonly device: string
  readonly epoch: number
  status: 'active' | 'retired'
  sequence: number
  head: string
  bytes: number
  newest: number
  /** Its row must be written. */
  isChanged: boolean
  /** Its device must be appraised. */
  appraise: boolean
  /** Batches that are stored but not applied yet, in chain order. */
  readonly open: ApplyJob[]
}

/** The chain position up to which evidence is durable once the transaction commits. */
export interface Acknowledged {
  readonly sequence: number
  readonly head: string
}

export interface AppendInit {
  readonly at: number
  readonly quotaBytes: number
}

/**
 * Appends one batch to the chain inside the caller's transaction, and adds it to `chain.open` to be applied.
 *
 * @returns what to acknowledge, or the refusal. A refusal is returned because throwing would roll back what it records, such as
 * a fork.
 */
export async function appendBatch(
  store: EvidenceStore,
  chain: OpenChain,
  { frame, at, quotaBytes }: AppendInit & { readonly frame: EvidenceFrame },
): Promise<Acknowledged | SuretyError> {
  if (chain.status === 'retired') return new SuretyError('DEVICE_RETIRED', 'the device was retired')
  if (chain.epoch !== frame.epoch) return new SuretyError('EPOCH_MISMATCH', `the device is in epoch ${chain.epoch}`)
  const placement = await placeInChain(chain, frame, async (sequence) =>
    sequence > chain.newest ? undefined : await store.evidence.hashAt(frame.device, frame.epoch, sequence),
  )
  if (placement.kind === 'again') {
    const { sequence, previous } = frame.evidence
    // A waiting gap record whose chain position has been reached. The device sends it again.
    if (sequence === chain.sequence + 1 && previous === chain.head) await appendWaiting(store, chain, at)
    return headOf(chain)
  }
  if (placement.kind === 'append' || placement.kind === 'relink') {
    if (chain.bytes + frame.compact.length > quotaBytes) {
      return overQuota(store, chain, { sequence: frame.evidence.sequence, at })
    }
    await storeBatch(store, chain, { frame, placement, at })
    await appendWaiting(store, chain, at)
    return headOf(chain)
  }
  return refuse(store, chain, { frame, placement, at })
}

/** Refuses a batch beyond the quota. The verdict does not stay good. A new epoch, which a human approves, has its own quota. */
async function overQuota(store: EvidenceStore, chain: OpenChain, { sequence, at }: { sequence: number; at: number }) {
  const message = 'the evidence quota of this epoch is used up: enrol the device again'
  await store.unprocessed.put(chain.device, { part: 'quota', sequence, message, at })
  const detail = { epoch: chain.epoch, sequence, bytes: chain.bytes }
  await recordBounded(store, { at, kind: 'evidence-quota-reached', device: chain.device, detail })
  chain.appraise = true
  return new SuretyError('QUOTA_EXCEEDED', message)
}

function headOf({ sequence, head }: OpenChain): Acknowledged {
  return { sequence, head }
}

async function storeBatch(
  store: EvidenceStore,
  chain: OpenChain,
  { frame, placement, at }: { frame: EvidenceFrame; placement: Placement & { kind: 'append' | 'relink' }; at: number },
): Promise<void> {
  const { device, epoch, evidence, compact, hash } = frame
  const { sequence, previous } = evidence
  await store.evidence.putBatch({ device, epoch, sequence, hash, previous, compact }, at)
  chain.bytes += compact.length
  chain.newest = Math.max(chain.newest, sequence)
  chain.isChanged = true
  if (placement.kind === 'relink') {
    const { firstSequence, lastSequence } = placement.gap
    await recordBounded(store, { at, kind: 'gap', device, detail: { epoch, sequence, firstSequence, lastSequence } })
    chain.sequence = placement.to.sequence
    chain.head = placement.to.head
    // The gap record waits for its chain position and is applied when the chain gets there.
    if (!placement.append) return
  }
  chain.sequence = sequence
  chain.head = hash
  chain.appraise = (await store.unprocessed.clear(device, 'evidence')) || chain.appraise
  chain.open.push(applyJob({ device, evidence, at }))
}

/**
 * Appends a waiting gap record once the chain has reached its position. At most one per batch bounds the work. The device
 * sends further ones again at their positions.
 */
async function appendWaiting(store: EvidenceStore, chain: OpenChain, at: number): Promise<void> {
  if (chain.newest <= chain.sequence) return
  const next = await store.evidence.batchAt(chain.device, chain.epoch, chain.sequence + 1)
  if (next === undefined) return
  if (next.previous !== chain.head) {
    await fork(store, chain, { sequence: next.sequence, held: next.previous, offered: chain.head, at })
    return
  }
  chain.sequence = next.sequence
  chain.head = next.hash
  chain.isChanged = true
  chain.open.push(applyJob({ device: chain.device, evidence: readStoredEvidence(next), at }))
}

/** Reads the evidence of a stored batch, which was verified before it was stored. */
export function readStoredEvidence({ compact }: Pick<StoredBatch, 'compact'>): Evidence {
  const [, payload = ''] = compact.split('.')
  return evidenceReader.readCanonicalJson(Buffer.from(payload, 'base64url').toString())
}

const REFUSALS: Readonly<Record<'out-of-order' | 'gap-unproven', readonly [ErrorCode, string]>> = {
  'out-of-order': ['EVIDENCE_OUT_OF_ORDER', 'the batch is not the next one'],
  'gap-unproven': ['EVIDENCE_GAP_UNPROVEN', 'the gap does not fit the chain position'],
}

async function refuse(
  store: EvidenceStore,
  chain: OpenChain,
  { frame, placement, at }: { frame: EvidenceFrame; placement: Placement; at: number },
): Promise<SuretyError> {
  if (placement.kind === 'fork') {
    const { sequence } = frame.evidence
    await fork(store, chain, { sequence, held: placement.held, offered: frame.hash, at })
    const isNext = sequence === chain.sequence + 1 && placement.held === chain.head
    const message = isNext
      ? `previous is not the hash of batch ${chain.sequence}`
      : `another batch has sequence ${sequence}`
    return new SuretyError('EVIDENCE_FORKED', message)
  }
  const [code, text] = REFUSALS[placement.kind === 'gap-unproven' ? 'gap-unproven' : 'out-of-order']
  const message = `${text}: ${frame.evidence.sequence} after ${chain.sequence}`
  const { device, epoch } = chain
  const detail = { epoch, sequence: frame.evidence.sequence, code, message }
  await recordBounded(store, { at, kind: 'evidence-refused', device, detail })
  return new SuretyError(code, message)
}

async function fork(
  store: EvidenceStore,
  chain: OpenChain,
  { sequence, held, offered, at }: { sequence: number; held: string; offered: string; at: number },
): Promise<void> {
  await store.devices.markForked(chain.device, at)
  await recordBounded(store, {
    at,
    kind: 'forked',
    device: chain.device,
    detail: { epoch: chain.epoch, sequence, held, offered },
  })
  chain.appraise = true
}

/** The end of one epoch's chain: the highest contiguous sequence and the hash of that batch. */
interface ChainHead {
  readonly sequence: number
  readonly head: string
}

/** What to do with a batch. */
type Placement =
  | { readonly kind: 'append' }
  /** The same bytes as before. */
  | { readonly kind: 'again' }
  /** A gap record: the chain continues after the dropped batches. `append`: the record itself comes next. */
  | { readonly kind: 'relink'; readonly to: ChainHead; readonly append: boolean; readonly gap: Gap }
  | { readonly kind: 'fork'; readonly held: string }
  | { readonly kind: 'out-of-order' }
  | { readonly kind: 'gap-unproven' }

/**
 * Finds the chain position of a batch. Pure.
 *
 * @param hashAt hash of the stored batch at a sequence. Gap records wait beyond the head.
 */
export async function placeInChain(
  chain: ChainHead,
  frame: { readonly evidence: Pick<Evidence, 'sequence' | 'previous' | 'gap'>; readonly hash: string },
  hashAt: (sequence: number) => Promise<string | undefined>,
): Promise<Placement> {
  const { sequence, previous, gap } = frame.evidence
  const held = sequence === chain.sequence ? chain.head : await hashAt(sequence)
  // After a relink the head is the hash of a dropped batch. A late copy of that batch counts as the same bytes.
  if (held !== undefined) return held === frame.hash ? { kind: 'again' } : { kind: 'fork', held }
  if (sequence === chain.sequence + 1) {
    return previous === chain.head ? { kind: 'append' } : { kind: 'fork', held: chain.head }
  }
  if (sequence <= chain.sequence || gap === undefined) return { kind: 'out-of-order' }
  return relink(chain, { sequence, previous }, gap)
}

function relink(chain: ChainHead, { sequence, previous }: { sequence: number; previous: string }, gap: Gap): Placement {
  const append = gap.lastSequence + 1 === sequence
  const proven =
    gap.firstSequence === chain.sequence + 1 &&
    gap.before === chain.head &&
    gap.lastSequence >= gap.firstSequence &&
    gap.lastSequence < sequence &&
    (!append || previous === gap.last)
  if (!proven) return { kind: 'gap-unproven' }
  return { kind: 'relink', to: { sequence: gap.lastSequence, head: gap.last }, append, gap }
}
