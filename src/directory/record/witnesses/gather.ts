import type { Clock } from '../../../base/clock.ts'
import type { Log } from '../../../base/log.ts'
import { openCheckpoint, parseCheckpoint } from '../../../tlog/checkpoints.ts'
import { parseNote, parseSignatures, signatureLine } from '../../../tlog/notes.ts'
import { consistencyProof } from '../../../tlog/proofs.ts'
import type { LogKey } from '../log-key.ts'
import type { RecordStore } from '../record-store.ts'
import { subtreesOf } from '../sequencer.ts'
import { askWitness, type Witness, type WitnessAnswer } from './witness-client.ts'
import type { WitnessState, WitnessStore } from './witness-store.ts'

export interface GatherComponents {
  readonly store: { readonly record: Pick<RecordStore, 'checkpoint' | 'tile'>; readonly witnesses: WitnessStore }
  readonly clock: Pick<Clock, 'now'>
  readonly log: Pick<Log, 'warn' | 'info'>
  readonly logKey: Pick<LogKey, 'key'>
}

/** Has the newest checkpoint cosigned by every witness, and keeps it with the cosignatures that came. */
export async function gatherCosignatures(
  components: GatherComponents,
  witnesses: readonly Witness[],
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const { store, clock } = components
  const newest = await store.record.checkpoint()
  if (newest === undefined) return
  const states = new Map((await store.witnesses.all()).map((state) => [state.name, state]))
  if (witnesses.every(({ key }) => isUpToDate(states.get(key.name), newest.size))) return
  const lines = await Promise.all(
    witnesses.map((witness) =>
      cosign(components, { witness, before: states.get(witness.key.name), note: newest.note }, signal),
    ),
  )
  const note = newest.note + lines.join('')
  if (note !== newest.note) await store.witnesses.putCosigned({ size: newest.size, note, at: clock.now() })
}

function isUpToDate(state: WitnessState | undefined, size: number): boolean {
  return state?.size === size && state.problem === undefined
}

interface Asked {
  readonly witness: Witness
  readonly before: WitnessState | undefined
  readonly note: string
}

/** @returns the line of its cosignature, or an empty text. */
async function cosign(components: GatherComponents, asked: Asked, signal: AbortSignal): Promise<string> {
  const { store, clock, log } = components
  const { witness, before, note } = asked
  const { name } = witness.key
  const { size } = parseCheckpoint(parseNote(note).text)
  const answer = await verified(components, asked, await ask(components, asked, signal))
  const known = { name, size: before?.size ?? 0, cosignedAt: before?.cosignedAt }
  if (answer.kind === 'cosigned') {
    if (before?.problem !== undefined) log.info('a witness of the record cosigns again', { witness: name })
    await store.witnesses.put({ name, size, cosignedAt: clock.now(), problem: undefined, failingSince: undefined })
    return answer.lines
  }
  const problem = answer.kind === 'refused' ? answer.problem : `it knows the record of ${answer.size} entries`
  if (before?.problem !== problem) log.warn('a witness of the record does not cosign', { witness: name, problem })
  await store.witnesses.put({ ...known, problem, failingSince: before?.failingSince ?? clock.now() })
  return ''
}

/** A witness that was restored, or asked by another directory of this record, knows another size. */
async function ask(
  { store }: GatherComponents,
  { witness, before, note: checkpoint }: Asked,
  signal: AbortSignal,
): Promise<WitnessAnswer> {
  const { size } = parseCheckpoint(parseNote(checkpoint).text)
  const from = async (oldSize: number) => {
    const proof = await consistencyProof(oldSize, size, subtreesOf(store.record, size))
    return askWitness(witness, { oldSize, proof, checkpoint }, signal)
  }
  const first = await from(before?.size ?? 0)
  if (first.kind !== 'behind') return first
  if (first.size > size) {
    return { kind: 'refused', problem: `it has seen ${first.size} entries: this record has lost ${first.size - size}` }
  }
  return from(first.size)
}

/** Keeps the line of the witness, if it verifies, and nothing else of what it sent. */
async function verified(
  { logKey }: GatherComponents,
  { witness: { key }, note }: Asked,
  answer: WitnessAnswer,
): Promise<WitnessAnswer> {
  if (answer.kind !== 'cosigned') return answer
  try {
    const own = parseSignatures(answer.lines).find(({ name }) => name === key.name)
    if (own === undefined) return { kind: 'refused', problem: 'its answer has no line of its key' }
    const lines = signatureLine(own)
    const trusted = { origin: logKey.key.name, logKeys: [logKey.key], witnessKeys: [key] }
    const { cosignatures } = await openCheckpoint(note + lines, trusted)
    return cosignatures.length === 1 ? { kind: 'cosigned', lines } : { kind: 'refused', problem: 'it used another key' }
  } catch {
    return { kind: 'refused', problem: 'its cosignature does not verify' }
  }
}
