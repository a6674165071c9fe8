import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError } from '../../base/errors.ts'
import type { AttestationResult, VerdictReason } from '../../protocol/attestation-result.ts'
import { type EventStore, recordBounded } from '../activity/activity.ts'
import { type CurrentFinding, resultOf } from '../appraisal/result.ts'
import type { Device } from './device.ts'

/** Evidence of one kind that is kept but could not be taken in. */
interface ProjectionFailure {
  readonly part: string
  readonly since: number
  readonly message: string
}

export interface ResultStore extends EventStore {
  device(id: string): Device | undefined
  findings(device: string): readonly CurrentFinding[]
  projectionFailures(device: string): readonly ProjectionFailure[]
  result(device: string): AttestationResult | undefined
  putResult(device: string, result: AttestationResult): void
}

export interface ResultsComponents {
  readonly store: ResultStore
  readonly clock: Pick<Clock, 'now'>
}

export interface ResultsInit {
  readonly policy: Parameters<typeof resultOf>[0]['policy']
  readonly validForMs: number
}

export interface Results {
  /** As `refresh`, of a device as its row is now; not compared with what was. */
  appraise(device: Device): AttestationResult
  /**
   * Appraises a device anew and stores what came out, inside the caller's transaction.
   *
   * @returns undefined when there is no such device.
   */
  refresh(device: string): { readonly result: AttestationResult; readonly changed: boolean } | undefined
}

export function results(components: ResultsComponents, init: ResultsInit): Results {
  const { store, clock } = components
  const appraiseNow = (device: Device) => {
    // Fail closed: what cannot be appraised is unknown at once, and does not keep its old verdict.
    const result = appraiseOrNot(device)
    store.putResult(device.id, result)
    return result
  }
  const appraiseOrNot = (device: Device) => {
    try {
      return appraise(components, init, device)
    } catch (error) {
      const at = clock.now()
      const code = codeOf(error) ?? 'APPRAISAL_FAILED'
      const detail = { code, message: describeError(error).slice(0, 500) }
      recordBounded(store, { at, kind: 'not-appraised', device: device.id, detail })
      return unappraised(device, code, at)
    }
  }
  return {
    appraise: appraiseNow,
    refresh(id) {
      const device = store.device(id)
      if (device === undefined) return undefined
      const before = unlessThrown(() => store.result(id))
      const result = appraiseNow(device)
      return { result, changed: before === undefined || essence(before) !== essence(result) }
    },
  }
}

function appraise({ store, clock }: ResultsComponents, init: ResultsInit, device: Device): AttestationResult {
  return resultOf({
    tier: device.tier,
    findings: store.findings(device.id),
    attestedAt: device.attestedAt,
    findingsAt: device.findingsAt,
    besides: [...attestationReasons(device), ...store.projectionFailures(device.id).map(notTakenIn)],
    policy: init.policy,
    now: clock.now(),
    validForMs: init.validForMs,
  })
}

function unappraised({ tier }: Device, code: string, now: number): AttestationResult {
  const text = `the device could not be appraised: ${code}`
  const reason = { check: 'attestation', state: 'unknown', reason: text } as const
  return { verdict: 'unknown', tier, reasons: [reason], proven: [], reported: [], appraisedAt: now, validUntil: now }
}

function unlessThrown<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

function attestationReasons(device: Device): readonly VerdictReason[] {
  const reasons: VerdictReason[] = []
  if (device.status === 'retired') {
    reasons.push({ check: 'attestation', state: 'fail', reason: 'the device was retired' })
  }
  if (device.forkedAt !== undefined) {
    const reason = 'the evidence chain forked: two machines speak with one key, or one was set back'
    reasons.push({ check: 'attestation', state: 'fail', reason, since: device.forkedAt })
  }
  if (device.attestationFailure !== undefined) {
    const { code, since } = device.attestationFailure
    reasons.push({ check: 'attestation', state: 'fail', reason: `the newest attestation was refused: ${code}`, since })
  }
  return reasons
}

function notTakenIn({ part, since, message }: ProjectionFailure): VerdictReason {
  if (part === 'evidence') {
    const reason = `the newest evidence could not be appraised: ${message}`
    return { check: 'attestation', state: 'unknown', reason, since }
  }
  const reason =
    part === 'quota'
      ? 'no more evidence of the device is kept: it must enrol anew'
      : `evidence of ${part} could not be taken in`
  return { check: 'attestation', state: 'unknown', reason, since }
}

/** What a person would call the same result: the times at which it was made and runs out do not count. */
function essence({ verdict, tier, reasons, proven, reported }: AttestationResult): string {
  return JSON.stringify([verdict, tier, reasons, proven, reported])
}
