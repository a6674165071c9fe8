import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError } from '../../base/errors.ts'
import type { AttestationResult, Verdict, VerdictReason } from '../../protocol/messages/attestation-result.ts'
import { type ActivityStore, recordBounded } from '../activity/activity.ts'
import { type CurrentFinding, type ResultInput, resultOf } from '../appraisal/result.ts'
import type { Policy } from '../policy/policy.ts'
import type { Device } from './device.ts'
import type { DeviceStore, ResultStore } from './device-store.ts'

/** Stored evidence that could not be applied. */
interface Unprocessed {
  readonly part: string
  readonly since: number
  readonly message: string
}

export interface ResultsComponents {
  readonly store: {
    readonly devices: Pick<DeviceStore, 'get'>
    readonly findings: { list(device: string): Promise<readonly CurrentFinding[]> }
    readonly unprocessed: { list(device: string): Promise<readonly Unprocessed[]> }
    readonly results: ResultStore
    readonly activity: ActivityStore
  }
  readonly clock: Pick<Clock, 'now'>
}

export interface ResultsInit {
  /** Of all devices, or what it asks of one. */
  readonly policy: Policy | ((device: Device) => Policy)
  /** Of the policy in use. Absent: 0, the default. */
  readonly policyVersion?: () => number
  readonly validForMs: number
}

export interface Results {
  /** As `refresh`, for a device whose current row is known. Does not compare with the earlier result. */
  appraise(device: Device): Promise<AttestationResult>
  /**
   * Appraises a device and stores the result, inside the caller's transaction.
   *
   * @returns undefined if there is no such device.
   */
  refresh(device: string): Promise<{ readonly result: AttestationResult; readonly changed: boolean } | undefined>
}

export function results(components: ResultsComponents, init: ResultsInit): Results {
  const { store, clock } = components
  const appraiseNow = async (device: Device) => {
    const result = await appraiseOrUnknown(device)
    const version = init.policyVersion?.() ?? 0
    const before = await undefinedIfThrown(() => store.results.verdict(device.id))
    await store.results.put(device.id, result, version)
    if (before !== undefined && before !== result.verdict)
      await recordChange(store, { device, before, result, version })
    return result
  }
  /** Fails closed: a device that cannot be appraised is unknown and does not keep its old verdict. */
  const appraiseOrUnknown = async (device: Device) => {
    try {
      return await appraise(components, init, device)
    } catch (error) {
      const at = clock.now()
      const code = codeOf(error) ?? 'APPRAISAL_FAILED'
      const detail = { code, message: describeError(error).slice(0, 500) }
      await recordBounded(store, { at, kind: 'not-appraised', device: device.id, detail })
      return unknownResult(device, code, at)
    }
  }
  return {
    appraise: appraiseNow,
    async refresh(id) {
      const device = await store.devices.get(id)
      if (device === undefined) return undefined
      const before = await undefinedIfThrown(() => store.results.get(id))
      const result = await appraiseNow(device)
      return { result, changed: before === undefined || essenceOf(before) !== essenceOf(result) }
    },
  }
}

async function appraise(
  { store, clock }: ResultsComponents,
  init: ResultsInit,
  device: Device,
): Promise<AttestationResult> {
  const policy = typeof init.policy === 'function' ? init.policy(device) : init.policy
  return resultOf({ ...(await inputOf(store, device)), policy, now: clock.now(), validForMs: init.validForMs })
}

/** What a device is appraised by, apart from policy and time. */
export async function inputOf(
  store: Pick<ResultsComponents['store'], 'findings' | 'unprocessed'>,
  device: Device,
): Promise<Omit<ResultInput, 'policy' | 'now' | 'validForMs'>> {
  return {
    tier: device.tier,
    findings: await store.findings.list(device.id),
    attestedAt: device.attestedAt,
    findingsAt: device.findingsAt,
    otherReasons: [...attestationReasons(device), ...(await store.unprocessed.list(device.id)).map(unprocessedReason)],
  }
}

/** Of one event. The result has all of them. */
const MAX_RECORDED_REASONS = 20
const MAX_RECORDED_REASON_LENGTH = 200

/** A change of verdict, with the reason of each rule. */
async function recordChange(
  store: Pick<ResultsComponents['store'], 'activity'>,
  change: { device: Device; before: Verdict; result: AttestationResult; version: number },
): Promise<void> {
  const { device, before, result, version } = change
  const reasons = result.reasons
    .slice(0, MAX_RECORDED_REASONS)
    .map((reason) => ({ ...reason, reason: reason.reason.slice(0, MAX_RECORDED_REASON_LENGTH) }))
  const detail = { from: before, to: result.verdict, policy: version, reasons }
  await recordBounded(store, { at: result.appraisedAt, kind: 'verdict-changed', device: device.id, detail })
}

function unknownResult({ tier }: Device, code: string, now: number): AttestationResult {
  const text = `the device could not be appraised: ${code}`
  const reason = { check: 'attestation', state: 'unknown', reason: text } as const
  return { verdict: 'unknown', tier, reasons: [reason], proven: [], reported: [], appraisedAt: now, validUntil: now }
}

async function undefinedIfThrown<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
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
    const reason = 'the evidence chain forked: two machines use one key, or one was rolled back'
    reasons.push({ check: 'attestation', state: 'fail', reason, since: device.forkedAt })
  }
  if (device.attestationFailure !== undefined) {
    const { code, since } = device.attestationFailure
    reasons.push({ check: 'attestation', state: 'fail', reason: `the newest attestation was refused: ${code}`, since })
  }
  return reasons
}

function unprocessedReason({ part, since, message }: Unprocessed): VerdictReason {
  if (part === 'evidence') {
    const reason = `the newest evidence could not be appraised: ${message}`
    return { check: 'attestation', state: 'unknown', reason, since }
  }
  const reason =
    part === 'quota'
      ? 'the evidence quota of the device is used up: it must enrol again'
      : `the reported ${part} could not be stored`
  return { check: 'attestation', state: 'unknown', reason, since }
}

/** What a person would call the same result: the times of appraisal and expiry do not count. */
function essenceOf({ verdict, tier, reasons, proven, reported }: AttestationResult): string {
  return JSON.stringify([verdict, tier, reasons, proven, reported])
}
