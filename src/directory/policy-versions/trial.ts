import type { Clock } from '../../base/clock.ts'
import {
  type AttestationResult,
  countsNow,
  type Verdict,
  type VerdictReason,
} from '../../protocol/messages/attestation-result.ts'
import type { PolicyPast, PolicyTest, VerdictCounts } from '../../protocol/nouns/directory/policy.ts'
import { findingsAt, type PastFinding } from '../appraisal/past-findings.ts'
import { nextChange, type ResultInput, readResult, resultOf } from '../appraisal/result.ts'
import type { Device } from '../devices/device.ts'
import { inputOf, type ResultsComponents } from '../devices/results.ts'
import { eachPage } from '../http/paging.ts'
import { groupOf, type PolicyDocument, policyOf } from '../policy/policy-document.ts'
import type { ReadPolicy } from '../policy/policy-file.ts'
import type { PolicyDeviceStore } from './policy-store.ts'

export interface TrialComponents {
  readonly store: ResultsComponents['store'] & { readonly policyDevices: PolicyDeviceStore }
  readonly clock: Pick<Clock, 'now'>
}

export interface TrialInit {
  readonly current: PolicyDocument
  readonly proposed: ReadPolicy
  readonly againstMs: number
  readonly validForMs: number
}

const MAX_CHANGES = 100
const MAX_REASONS = 20
/** Devices between two turns of the loop: some milliseconds, in which devices and administrators wait. */
const AT_ONCE = 25

/** Appraises each device by both policies, now and in the past. Changes nothing. Other work continues in between. */
export async function tryPolicy(components: TrialComponents, init: TrialInit): Promise<PolicyTest> {
  const trial = new Trial(components, init)
  const { policyDevices } = components.store
  const pages = eachPage<Device>((last) => policyDevices.active({ after: last?.id, limit: AT_ONCE }))
  for await (const page of pages) for (const device of page) await trial.add(device)
  return trial.outcome()
}

class Trial {
  readonly #components: TrialComponents
  readonly #init: TrialInit
  readonly #now: number
  readonly #current = new Side()
  readonly #proposed = new Side()
  readonly #groups = new Map<string, number>()
  readonly #seen = new Set<string>()
  readonly #changes: PolicyTest['changes'] = []
  #changed = 0
  #devices = 0
  /** Under the proposed policy. */
  #good = 0
  /** A device that fails for a reason that it does not fail for now. */
  #worse: { readonly device: string; readonly reason: VerdictReason } | undefined

  constructor(components: TrialComponents, init: TrialInit) {
    this.#components = components
    this.#init = init
    this.#now = components.clock.now()
    for (const { name } of init.proposed.document.groups) this.#groups.set(name, 0)
  }

  async add(device: Device): Promise<void> {
    const { current, proposed, againstMs } = this.#init
    const { store } = this.#components
    const input = { ...(await inputOf(store, device)), now: this.#now, validForMs: this.#init.validForMs }
    const from = Math.max(this.#now - againstMs, Math.min(device.enrolledAt, this.#now))
    const past = againstMs === 0 ? [] : await store.policyDevices.past(device.id, from)
    const one = this.#current.add({ ...input, policy: policyOf(current, device) }, past, from)
    const other = this.#proposed.add({ ...input, policy: policyOf(proposed.document, device) }, past, from)
    this.#devices++
    if (isExempt(proposed.document, device)) this.#seen.add(device.id)
    const group = groupOf(proposed.document, device)?.name
    if (group !== undefined) this.#groups.set(group, (this.#groups.get(group) ?? 0) + 1)
    this.#compare(device, { one, other, group })
  }

  #compare(
    device: Device,
    made: { one: AttestationResult; other: AttestationResult; group: string | undefined },
  ): void {
    const { one, other, group } = made
    if (other.verdict === 'compliant') this.#good++
    const before = new Set(one.reasons.filter(countsNow).map(({ check }) => check))
    const reason = other.reasons.filter(countsNow).find(({ check }) => !before.has(check))
    if (reason !== undefined) this.#worse ??= { device: device.id, reason }
    const [from, to] = [readResult(one, this.#now).verdict, readResult(other, this.#now).verdict]
    if (from === to) return
    this.#changed++
    if (this.#changes.length === MAX_CHANGES) return
    const reasons = other.reasons.slice(0, MAX_REASONS)
    const about = { device: device.id, owner: device.owner, ...(group === undefined ? {} : { group }) }
    this.#changes.push({ ...about, from, to, reasons })
  }

  outcome(): PolicyTest {
    const checks = [
      ...new Set([
        ...this.#current.counted.keys(),
        ...this.#proposed.counted.keys(),
        ...this.#proposed.grace.keys(),
        ...this.#proposed.exempt.keys(),
      ]),
    ]
    const fails = this.#failsEveryDevice()
    return {
      devices: this.#devices,
      againstMs: this.#init.againstMs,
      current: this.#current.view(),
      proposed: this.#proposed.view(),
      groups: [...this.#groups].map(([group, devices]) => ({ group, devices })),
      checks: checks.sort().map((check) => ({
        check,
        current: this.#current.counted.get(check) ?? 0,
        proposed: this.#proposed.counted.get(check) ?? 0,
        inGrace: this.#proposed.grace.get(check) ?? 0,
        exempt: this.#proposed.exempt.get(check) ?? 0,
      })),
      changed: this.#changed,
      changes: this.#changes,
      ...(fails === undefined ? {} : { failsEveryDevice: fails }),
      warnings: this.#warnings(),
    }
  }

  /** Undefined also if each device fails already and for no new reason: a policy may make a bad state better step by step. */
  #failsEveryDevice(): string | undefined {
    if (this.#devices === 0 || this.#good > 0 || this.#worse === undefined) return undefined
    const { device, reason } = this.#worse
    const line = this.#init.proposed.lineOf(reason.check)
    const where = line === undefined ? 'by default' : `line ${line}`
    const all = this.#devices === 1 ? 'the only device' : `every one of the ${this.#devices} devices`
    return `${where}: ${reason.check} is required, and ${all} would fail: ${device}: ${reason.reason}`.slice(0, 900)
  }

  #warnings(): string[] {
    const warnings: string[] = []
    const { document } = this.#init.proposed
    for (const [group, devices] of this.#groups) {
      const matches = document.groups.some(({ name, match }) => name === group && match !== undefined)
      if (matches && devices === 0 && this.#devices > 0) warnings.push(`no device is in the group ${group}`)
    }
    for (const { device, check, until } of document.exemptions) {
      const about = `the exemption of ${device} from ${check}`
      if (until <= this.#now) warnings.push(`${about} has ended`)
      else if (!this.#seen.has(device))
        warnings.push(`${about} has no effect: there is no such device, or it is retired`)
    }
    return warnings.slice(0, 100)
  }
}

/** One policy's part of the trial. */
class Side {
  readonly now: VerdictCounts = { compliant: 0, 'not-compliant': 0, unknown: 0, stale: 0 }
  readonly past: PolicyPast = { alwaysCompliant: 0, changes: 0, notCompliantMs: 0 }
  readonly counted = new Map<string, number>()
  readonly grace = new Map<string, number>()
  readonly exempt = new Map<string, number>()

  /** @returns the result as of now, which may be past its end. */
  add(input: ResultInput, past: readonly PastFinding[], from: number): AttestationResult {
    const result = resultOf(input)
    this.now[readResult(result, input.now).verdict]++
    for (const reason of result.reasons) {
      if (countsNow(reason)) count(this.counted, reason.check)
      if (reason.graceUntil !== undefined) count(this.grace, reason.check)
      if (reason.exemptUntil !== undefined) count(this.exempt, reason.check)
    }
    const { alwaysCompliant, changes, notCompliantMs } = replay(input, past, from)
    if (alwaysCompliant && result.verdict === 'compliant') this.past.alwaysCompliant++
    this.past.changes += changes
    this.past.notCompliantMs += notCompliantMs
    return result
  }

  view() {
    return { now: this.now, past: this.past }
  }
}

function count(counts: Map<string, number>, check: string): void {
  counts.set(check, (counts.get(check) ?? 0) + 1)
}

function isExempt({ exemptions }: PolicyDocument, { id }: Device): boolean {
  return exemptions.some(({ device }) => device === id)
}

/** What one policy made of one device during a time. */
interface DevicePast {
  readonly alwaysCompliant: boolean
  readonly changes: number
  readonly notCompliantMs: number
}

/** A device whose checks change more often is followed only so far: each step costs an appraisal. */
const MAX_STEPS = 2_000

/**
 * Appraises a device at each time at which its verdict can have changed: when a check changed, a grace ended, an exemption ended.
 * Whether it attested then is not kept: it counts as attested if it is now, and never as stale. Pure.
 *
 * @param from milliseconds since 1970; until `input.now`.
 */
function replay(input: ResultInput, past: readonly PastFinding[], from: number): DevicePast {
  const ends = [...new Set(past.map(({ endedAt }) => endedAt))]
    .filter((at) => at > from && at < input.now)
    .sort((a, b) => a - b)
  let before: Verdict | undefined
  let changes = 0
  let notCompliantMs = 0
  let alwaysCompliant = true
  for (let at = from, step = 0; at < input.now && step < MAX_STEPS; step++) {
    const findings = findingsAt(input.findings, past, at)
    const { verdict, reasons } = resultOf({
      ...input,
      findings,
      now: at,
      attestedAt: input.attestedAt && at,
      findingsAt: at,
    })
    const nextFinding = ends.find((end) => end > at) ?? input.now
    const until = Math.min(nextFinding, Math.max(nextChange(reasons) ?? input.now, at + 1), input.now)
    if (before !== undefined && before !== verdict) changes++
    if (verdict !== 'compliant') {
      alwaysCompliant = false
      notCompliantMs += until - at
    }
    before = verdict
    at = until
  }
  return { alwaysCompliant, changes, notCompliantMs }
}
