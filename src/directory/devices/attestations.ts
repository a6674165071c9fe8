import type { KeyObject } from 'node:crypto'
import { fromBase64Url } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import { sha256 } from '../../crypto/hash.ts'
import { isSignedAs, verifyEs256, verifyJws } from '../../crypto/jws.ts'
import type { TpmCounters } from '../../crypto/tpm/attest.ts'
import type { AttestationResult } from '../../protocol/attestation-result.ts'
import type { Attestation } from '../../protocol/frames.ts'
import { type EventStore, recordBounded } from '../activity/activity.ts'
import {
  type AttestationAppraisal,
  type AttestationAppraisalInput,
  appraiseAttestation,
  requireBound,
} from '../appraisal/attestation.ts'
import { type Device, NO_HEAD, NO_SEQUENCE } from './device.ts'
import { groupCommit } from './group-commit.ts'
import { bindingFor, type LiveChallenge, type ReadAttestation, readAttestation } from './live-challenge.ts'
import type { Results } from './results.ts'

export interface AttestationStore extends EventStore {
  transaction<T>(work: () => T): T
  device(id: string): Device | undefined
  /** Hash of the batch at that place, if it is there. */
  hashAt(device: string, epoch: number, sequence: number): string | undefined
  putAttestation(
    device: string,
    attested: {
      readonly at: number
      readonly counters?: TpmCounters | undefined
      readonly pcrs?: Readonly<Record<string, string>> | undefined
    },
  ): void
  putAttestationFailure(device: string, failure: { readonly code: string; readonly at: number }): void
  /** The first fork of an epoch stands. */
  markForked(device: string, at: number): void
}

export interface AttestationsComponents {
  readonly store: AttestationStore
  readonly results: Results
  readonly clock: Pick<Clock, 'now'>
}

/** Who is to attest. */
interface Expected {
  readonly device: string
  /** That of the hello: the key is the device's in this epoch and no other. */
  readonly epoch: number
  readonly key: KeyObject
  readonly challenge: LiveChallenge
}

export interface Attestations {
  /**
   * Judges a live attestation of an enrolled device and keeps what came of it.
   *
   * @param options.fresh a new connection: nothing of the device can then be on its way, so its chain may not be behind.
   * @throws as `appraiseAttestation` and `readAttestation`; `EPOCH_MISMATCH`, `EVIDENCE_FORKED`, `DEVICE_RETIRED`; where the
   * signature does not hold `DEVICE_UNKNOWN` on a new connection, else `SIGNATURE_INVALID`. Where it holds, what fails is
   * also kept, be it that it cannot be read: the verdict cannot stay good.
   */
  accept(
    frame: string,
    options: Expected & {
      readonly fresh: boolean
      /** Called when it is certain that the device signed it, whatever then comes of it. */
      readonly signed?: () => void
    },
  ): Promise<{ readonly device: Device; readonly result: AttestationResult }>
  /**
   * Takes an attestation of a new connection whose device is not served: keeps nothing, and costs and throws as much as
   * `accept` where the peer does not have the key.
   *
   * @throws as `readAttestation`; `EPOCH_MISMATCH`, `DEVICE_UNKNOWN`. Returns when the key has signed it.
   */
  recognise(frame: string, from: Expected): void
}

export function attestations({ store, results, clock }: AttestationsComponents): Attestations {
  const commit = groupCommit(store)
  return {
    async accept(frame, { fresh, signed = () => undefined, ...from }) {
      const { device: id, epoch, challenge } = from
      const { jws, attestation } = await readOrKeep(frame, from, signed)
      if (fresh) requireDevice(jws, from)
      else verifyJws(jws, from.key)
      signed()
      // The row is read and written in one transaction, so that of two connections neither sees the other's counters.
      const outcome = await commit.run(() => {
        const device = liveDevice(store, id, epoch)
        try {
          const binding = bindingFor(attestation, challenge, sha256(device.id))
          // What is bound to something else says nothing of where the chain stands: no fork may follow from it.
          requireBound(attestation, binding)
          requireChain(store, device, attestation, fresh)
          const attested = keep(device, judge(device, attestation, { binding, pcrs: challenge.pcrs }))
          return { device: attested, result: results.appraise(attested) }
        } catch (error) {
          if (codeOf(error) === 'STORE_FAILED') throw error
          // Also what should never be thrown: an attestation that cannot be judged leaves no good verdict standing.
          if (codeOf(error) === 'EVIDENCE_FORKED') keepFork(device, attestation)
          else keepFailure(device, error)
          return { error }
        }
      })
      if ('error' in outcome) throw outcome.error
      return outcome
    },
    recognise(frame, from) {
      let read: ReadAttestation
      try {
        read = readPlain(frame, from)
      } catch (error) {
        // As `readOrKeep`: the same work for the same answer.
        if (codeOf(error) !== 'NONCE_UNKNOWN') isSignedAs('attestation', frame, from.key)
        throw error
      }
      requireDevice(read.jws, from)
    },
  }

  /** @throws what `readPlain` throws, once it is kept where the device signed it. */
  async function readOrKeep(frame: string, from: Expected, signed: () => void): Promise<ReadAttestation> {
    try {
      return readPlain(frame, from)
    } catch (error) {
      // To another nonce it may have been sent long ago, to anybody. What the device did not sign says nothing of it.
      if (codeOf(error) === 'NONCE_UNKNOWN' || !isSignedAs('attestation', frame, from.key)) throw error
      signed()
      await commit.run(() => keepFailure(liveDevice(store, from.device, from.epoch), error))
      throw error
    }
  }

  /** @returns the device as its row is now. */
  function keep(device: Device, appraisal: AttestationAppraisal): Device {
    const at = clock.now()
    const { counters = device.counters, pcrs = device.pcrs, notes } = appraisal
    store.putAttestation(device.id, { at, counters, pcrs })
    // Every device attests for ever: only what changed is an event.
    if (notes.length > 0 || device.attestationFailure !== undefined || device.attestedAt === undefined) {
      const detail = { epoch: device.epoch, notes: notes.join('; ') }
      recordBounded(store, { at, kind: 'attested', device: device.id, detail })
    }
    const { confirmedAt = at } = device
    return { ...device, counters, pcrs, confirmedAt, attestedAt: at, attestationFailure: undefined }
  }

  function keepFork(device: Device, attestation: Attestation): void {
    const at = clock.now()
    store.markForked(device.id, at)
    const place = { sequence: attestation.sequence, offered: attestation.head }
    const held = { durable: device.sequence, held: device.head }
    const detail = { epoch: device.epoch, ...place, ...held }
    recordBounded(store, { at, kind: 'forked', device: device.id, detail })
    results.refresh(device.id)
  }

  function keepFailure(device: Device, error: unknown): void {
    const at = clock.now()
    const code = codeOf(error) ?? 'FRAME_MALFORMED'
    store.putAttestationFailure(device.id, { code, at })
    if (device.attestationFailure?.code !== code) {
      const detail = { code, message: describeError(error).slice(0, 500) }
      recordBounded(store, { at, kind: 'attestation-refused', device: device.id, detail })
    }
    results.refresh(device.id)
  }
}

/** A peer without the key learns nothing of the device that it names. @throws `DEVICE_UNKNOWN`. */
function requireDevice({ signingInput, signature }: ReadAttestation['jws'], { key }: Expected): void {
  if (!verifyEs256(signingInput, signature, key)) {
    throw new SuretyError('DEVICE_UNKNOWN', 'there is no device of that name with that key')
  }
}

/** @throws as `readAttestation`; `FRAME_MALFORMED`, `EPOCH_MISMATCH`. */
function readPlain(frame: string, { device, epoch, challenge }: Expected): ReadAttestation {
  const read = readAttestation(frame, 'attest', challenge)
  const { attestation } = read
  if (attestation.enrolment !== undefined || attestation.device !== device) {
    throw new SuretyError('FRAME_MALFORMED', 'not an attestation of the device that said hello')
  }
  // The next epoch may have begun since the hello; its key is another.
  if (attestation.epoch !== epoch) throw new SuretyError('EPOCH_MISMATCH', `the hello named epoch ${epoch}`)
  return read
}

/** @throws `DEVICE_UNKNOWN`, `DEVICE_RETIRED`, `EPOCH_MISMATCH`. */
function liveDevice(store: AttestationStore, id: string, epoch: number): Device {
  const device = store.device(id)
  if (device === undefined) throw new SuretyError('DEVICE_UNKNOWN', 'there is no such device')
  if (device.status === 'retired') throw new SuretyError('DEVICE_RETIRED', 'the device was retired')
  if (device.epoch !== epoch) throw new SuretyError('EPOCH_MISMATCH', `the device is in epoch ${device.epoch}`)
  return device
}

/**
 * A device signs before it sends and never loses what it signed: one that is behind what we have was set back to an
 * older state, or is a copy of one.
 *
 * @throws `EVIDENCE_FORKED`.
 */
function requireChain(store: AttestationStore, device: Device, attestation: Attestation, fresh: boolean): void {
  if (attestation.sequence > device.sequence || device.sequence === 0) return
  const held = attestation.sequence === device.sequence ? device.head : heldAt(store, device, attestation.sequence)
  if (attestation.head !== held) throw new SuretyError('EVIDENCE_FORKED', 'the chain has another batch at that place')
  if (fresh && attestation.sequence < device.sequence) {
    throw new SuretyError('EVIDENCE_FORKED', 'the device is behind evidence that it has sent')
  }
}

function heldAt(store: AttestationStore, device: Device, sequence: number): string | undefined {
  // A slow TPM may quote the empty chain while the first batch overtakes it.
  if (sequence === NO_SEQUENCE) return NO_HEAD
  return store.hashAt(device.id, device.epoch, sequence)
}

function judge(
  device: Device,
  attestation: Attestation,
  bound: Pick<AttestationAppraisalInput, 'binding' | 'pcrs'>,
): AttestationAppraisal {
  const { attestationPublic } = device
  return appraiseAttestation({
    attestation,
    ...bound,
    enrolled: {
      ...device,
      attestationPublic: attestationPublic === undefined ? undefined : fromBase64Url(attestationPublic),
    },
  })
}
