import type { KeyObject } from 'node:crypto'
import { fromBase64Url } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import { sha256 } from '../../crypto/hash.ts'
import { isSignedAs, verifyEs256, verifyJws } from '../../crypto/jws.ts'
import type { AttestationResult } from '../../protocol/messages/attestation-result.ts'
import type { Attestation } from '../../protocol/messages/frames.ts'
import { type ActivityStore, recordBounded } from '../activity/activity.ts'
import {
  type AttestationAppraisal,
  type AttestationAppraisalInput,
  appraiseAttestation,
  requireBound,
} from '../appraisal/attestation.ts'
import { type Device, NO_HEAD, NO_SEQUENCE } from './device.ts'
import type { DeviceStore } from './device-store.ts'
import { groupCommit } from './group-commit.ts'
import { bindingFor, type LiveChallenge, type ReadAttestation, readAttestation } from './live-challenge.ts'
import type { Results } from './results.ts'

interface AttestationStore {
  readonly devices: Pick<DeviceStore, 'get' | 'putAttestation' | 'putAttestationFailure' | 'markForked'>
  /** The hash of a stored batch, if it is there. */
  readonly evidence: { hashAt(device: string, epoch: number, sequence: number): Promise<string | undefined> }
  readonly activity: ActivityStore
  transaction<T>(work: () => Promise<T>): Promise<T>
}

export interface AttestationsComponents {
  readonly store: AttestationStore
  readonly results: Results
  readonly clock: Pick<Clock, 'now'>
}

/** The device that must attest. */
interface Expected {
  readonly device: string
  /** From the hello. The key belongs to the device in this epoch only. */
  readonly epoch: number
  readonly key: KeyObject
  readonly challenge: LiveChallenge
}

export interface Attestations {
  /**
   * Appraises a live attestation of an enrolled device and stores the outcome.
   *
   * @param options.fresh the connection is new: no frame of the device is on its way, so its chain must not be behind.
   * @throws as `appraiseAttestation` and `readAttestation`; `EPOCH_MISMATCH`, `EVIDENCE_FORKED`, `DEVICE_RETIRED`; for an
   * invalid signature `DEVICE_UNKNOWN` on a new connection, else `SIGNATURE_INVALID`. If the signature is valid, a failure
   * is stored too, even one to read the frame: the verdict must not stay good.
   */
  accept(
    frame: string,
    options: Expected & {
      readonly fresh: boolean
      /** Called once the signature is valid, whatever follows. */
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
      const { jws, attestation } = await readOrRecord(frame, from, signed)
      if (fresh) requireDevice(jws, from)
      else verifyJws(jws, from.key)
      signed()
      // The row is read and written in one transaction: two connections must not both compare with the same counters.
      const outcome = await commit.run(async () => {
        const device = await activeDevice(store, id, epoch)
        try {
          const binding = bindingFor(attestation, challenge, sha256(device.id))
          // Before the chain: an attestation with another binding must not prove a fork.
          requireBound(attestation, binding)
          await requireChain(store, device, attestation, fresh)
          const attested = await recordSuccess(device, appraise(device, attestation, { binding, pcrs: challenge.pcrs }))
          return { device: attested, result: await results.appraise(attested) }
        } catch (error) {
          if (codeOf(error) === 'STORE_FAILED') throw error
          // Unexpected errors count too: an attestation that cannot be appraised leaves no good verdict.
          if (codeOf(error) === 'EVIDENCE_FORKED') await recordFork(device, attestation)
          else await recordFailure(device, error)
          return { error }
        }
      })
      if ('error' in outcome) throw outcome.error
      return outcome
    },
    recognise(frame, from) {
      let read: ReadAttestation
      try {
        read = readExpected(frame, from)
      } catch (error) {
        // The same work as `readOrRecord`, so that both take the same time.
        if (codeOf(error) !== 'NONCE_UNKNOWN') isSignedAs('attestation', frame, from.key)
        throw error
      }
      requireDevice(read.jws, from)
    },
  }

  /** @throws as `readExpected`, after recording the failure if the device signed the frame. */
  async function readOrRecord(frame: string, from: Expected, signed: () => void): Promise<ReadAttestation> {
    try {
      return readExpected(frame, from)
    } catch (error) {
      // An attestation with another nonce may be an old one that a third party replays.
      if (codeOf(error) === 'NONCE_UNKNOWN' || !isSignedAs('attestation', frame, from.key)) throw error
      signed()
      await commit.run(async () => recordFailure(await activeDevice(store, from.device, from.epoch), error))
      throw error
    }
  }

  /** @returns the device as its row is now. */
  async function recordSuccess(device: Device, appraisal: AttestationAppraisal): Promise<Device> {
    const at = clock.now()
    const { counters = device.counters, pcrs = device.pcrs, notes } = appraisal
    await store.devices.putAttestation(device.id, { at, counters, pcrs })
    // Devices attest for ever, so only a change is activity.
    if (notes.length > 0 || device.attestationFailure !== undefined || device.attestedAt === undefined) {
      const detail = { epoch: device.epoch, notes: notes.join('; ') }
      await recordBounded(store, { at, kind: 'attested', device: device.id, detail })
    }
    const { confirmedAt = at } = device
    return { ...device, counters, pcrs, confirmedAt, attestedAt: at, attestationFailure: undefined }
  }

  async function recordFork(device: Device, attestation: Attestation): Promise<void> {
    const at = clock.now()
    await store.devices.markForked(device.id, at)
    const offered = { sequence: attestation.sequence, offered: attestation.head }
    const held = { durable: device.sequence, held: device.head }
    const detail = { epoch: device.epoch, ...offered, ...held }
    await recordBounded(store, { at, kind: 'forked', device: device.id, detail })
    await results.refresh(device.id)
  }

  async function recordFailure(device: Device, error: unknown): Promise<void> {
    const at = clock.now()
    const code = codeOf(error) ?? 'FRAME_MALFORMED'
    await store.devices.putAttestationFailure(device.id, { code, at })
    if (device.attestationFailure?.code !== code) {
      const detail = { code, message: describeError(error).slice(0, 500) }
      await recordBounded(store, { at, kind: 'attestation-refused', device: device.id, detail })
    }
    await results.refresh(device.id)
  }
}

/** A peer without the key learns nothing of the device that it names. @throws `DEVICE_UNKNOWN`. */
function requireDevice({ signingInput, signature }: ReadAttestation['jws'], { key }: Expected): void {
  if (!verifyEs256(signingInput, signature, key)) {
    throw new SuretyError('DEVICE_UNKNOWN', 'there is no device of that name with that key')
  }
}

/** @throws as `readAttestation`; `FRAME_MALFORMED`, `EPOCH_MISMATCH`. */
function readExpected(frame: string, { device, epoch, challenge }: Expected): ReadAttestation {
  const read = readAttestation(frame, 'attest', challenge)
  const { attestation } = read
  if (attestation.enrolment !== undefined || attestation.device !== device) {
    throw new SuretyError('FRAME_MALFORMED', 'not an attestation of the device in the hello')
  }
  // The next epoch, with another key, may have begun since the hello.
  if (attestation.epoch !== epoch) throw new SuretyError('EPOCH_MISMATCH', `the hello named epoch ${epoch}`)
  return read
}

/** @throws `DEVICE_UNKNOWN`, `DEVICE_RETIRED`, `EPOCH_MISMATCH`. */
async function activeDevice(store: AttestationStore, id: string, epoch: number): Promise<Device> {
  const device = await store.devices.get(id)
  if (device === undefined) throw new SuretyError('DEVICE_UNKNOWN', 'there is no such device')
  if (device.status === 'retired') throw new SuretyError('DEVICE_RETIRED', 'the device was retired')
  if (device.epoch !== epoch) throw new SuretyError('EPOCH_MISMATCH', `the device is in epoch ${device.epoch}`)
  return device
}

/**
 * Compares the chain position that the device attests with the stored chain. A device signs before it sends and keeps what it
 * signed, so one that is behind was rolled back or is a copy of an older state.
 *
 * @throws `EVIDENCE_FORKED`.
 */
async function requireChain(
  store: AttestationStore,
  device: Device,
  attestation: Attestation,
  fresh: boolean,
): Promise<void> {
  if (attestation.sequence > device.sequence || device.sequence === 0) return
  const held =
    attestation.sequence === device.sequence ? device.head : await hashAt(store, device, attestation.sequence)
  if (attestation.head !== held) {
    throw new SuretyError('EVIDENCE_FORKED', 'the chain has another batch at that position')
  }
  if (fresh && attestation.sequence < device.sequence) {
    throw new SuretyError('EVIDENCE_FORKED', 'the device is behind evidence that it has sent')
  }
}

async function hashAt(store: AttestationStore, device: Device, sequence: number): Promise<string | undefined> {
  // The first batch may overtake a slow TPM that quotes the empty chain.
  if (sequence === NO_SEQUENCE) return NO_HEAD
  return store.evidence.hashAt(device.id, device.epoch, sequence)
}

function appraise(
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
