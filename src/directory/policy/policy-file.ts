import { asObject } from '../../base/json-object.ts'
import { closed, faultOf, type Static, type TSchema, Type, words } from '../../base/schema.ts'
import { CHECKS } from '../../checks/checks.ts'
import { deviceIdSchema } from '../../protocol/ids.ts'
import { TIERS, type Tier, tierSchema } from '../../protocol/tier.ts'
import { listedMatch } from './listed-match.ts'
import { type Policy, STOP_ANSWERS, type Weight } from './policy.ts'
import type { DeviceExemption, Match, PolicyDocument, PolicyGroup } from './policy-document.ts'
import { faultAt, POLICY_SCHEMA, type ReadYaml, readPolicyYaml } from './policy-yaml.ts'

/** Reads a policy file. Each refusal has the line and says what to write instead. */

const WEIGHTS = ['required', 'required-everywhere', 'advisory', 'off'] as const
const PLATFORMS = ['linux', 'darwin', 'windows'] as const
const DAY_MS = 86_400_000
const MAX_GRACE_DAYS = 365

const legible = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000-\\u001f\\u007f]+$' })
const duration = Type.String({ pattern: '^[1-9][0-9]{0,4}(m|h|d)$' })
const several = <S extends TSchema>(item: S) => Type.Array(item, { minItems: 1, maxItems: 1000 })
export const LABEL_KEY = '^[a-z][a-z0-9._-]{0,62}$'
const labelKey = Type.String({ pattern: LABEL_KEY })

const checkSchema = closed({
  weight: words(...WEIGHTS),
  /** Days from the first failure. */
  grace: Type.Optional(Type.Number({ minimum: 0, maximum: MAX_GRACE_DAYS })),
})
const rules = {
  'minimum-tier': Type.Optional(tierSchema),
  freshness: Type.Optional(closed({ attestation: Type.Optional(duration), findings: Type.Optional(duration) })),
  silence: Type.Optional(Type.String({ pattern: '^([1-9][0-9]{0,4}(m|h|d)|off)$' })),
  'stop-answers': Type.Optional(words(...STOP_ANSWERS)),
  checks: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
}
/** Groups and exemptions are read one by one, so that a large file is explained as well as a small one. */
const fileSchema = closed({
  schema: Type.Literal(POLICY_SCHEMA),
  ...rules,
  groups: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 100 })),
  exemptions: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 1000 })),
})
const matchSchema = Type.Object(
  {
    owner: Type.Optional(several(legible(256))),
    system: Type.Optional(several(words(...PLATFORMS))),
    tier: Type.Optional(several(tierSchema)),
    label: Type.Optional(
      Type.Record(labelKey, several(legible(256)), { additionalProperties: false, minProperties: 1 }),
    ),
  },
  { additionalProperties: false, minProperties: 1 },
)
const groupSchema = closed({
  name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,63}$' }),
  extends: Type.Optional(Type.String({ maxLength: 64 })),
  match: Type.Optional(matchSchema),
  ...rules,
})
const exemptionSchema = closed({
  device: deviceIdSchema,
  check: Type.String({ maxLength: 64 }),
  owner: legible(256),
  reason: legible(500),
  end: Type.String({ maxLength: 32 }),
})

export interface ReadPolicy {
  readonly document: PolicyDocument
  /** The first line that asks for the check, or for a tier if `check` is `tier`. Undefined: the default asks for it. */
  lineOf(check: string): number | undefined
}

export interface PolicyFileInit {
  /** What the file does not mention. */
  readonly defaults: Policy
  /** Devices attest this often. A shorter freshness would make each verdict stale between two attestations. Absent: not known. */
  readonly attestEveryMs?: number | undefined
}

/** Pure. @throws `INPUT_TOO_LARGE`, `INPUT_TOO_DEEP`, `INPUT_MALFORMED`: the message begins with the line. */
export function readPolicyFile(text: string, init: PolicyFileInit): ReadPolicy {
  const file = new PolicyFile(readPolicyYaml(text), init)
  return { document: file.document(), lineOf: (check) => file.lines.get(check) }
}

class PolicyFile {
  readonly lines = new Map<string, number>()
  readonly #yaml: ReadYaml
  readonly #init: PolicyFileInit

  constructor(yaml: ReadYaml, init: PolicyFileInit) {
    this.#yaml = yaml
    this.#init = init
  }

  document(): PolicyDocument {
    const top = this.#read(fileSchema, this.#yaml.value, '')
    const everyone = this.#rules(top, this.#init.defaults, '')
    return {
      everyone,
      groups: this.#groups(top.groups ?? [], everyone),
      exemptions: (top.exemptions ?? []).map((one, at) => this.#exemption(one, `/exemptions/${at}`)),
    }
  }

  #groups(values: readonly unknown[], everyone: Policy): readonly PolicyGroup[] {
    const groups = values.map((value, at) => ({ ...this.#read(groupSchema, listedMatch(value), `/groups/${at}`), at }))
    const byName = new Map(groups.toReversed().map((group) => [group.name, group]))
    const twice = groups.find(({ name, at }) => byName.get(name)?.at !== at)
    if (twice !== undefined) throw this.#fault(`/groups/${twice.at}/name`, `two groups have the name ${twice.name}`)
    const policyOf = (group: (typeof groups)[number], below: readonly string[]): Policy => {
      const place = `/groups/${group.at}`
      if (below.includes(group.name)) {
        throw this.#fault(
          `${place}/extends`,
          `groups extend each other in a circle: ${[...below, group.name].join(', ')}`,
        )
      }
      const parent = group.extends === undefined ? undefined : byName.get(group.extends)
      if (group.extends !== undefined && parent === undefined) {
        throw this.#fault(`${place}/extends`, `there is no group ${JSON.stringify(group.extends)}`)
      }
      return this.#rules(group, parent === undefined ? everyone : policyOf(parent, [...below, group.name]), place)
    }
    return groups.map((group) => ({
      name: group.name,
      match: group.match as Match | undefined, // the schema has checked it
      policy: policyOf(group, []),
    }))
  }

  #rules(own: { [name in keyof typeof rules]?: unknown }, base: Policy, place: string): Policy {
    const { checks = {}, freshness, silence, 'minimum-tier': minimumTier, 'stop-answers': stopAnswers } = own
    const weights: Record<string, Weight> = { ...base.checks }
    const graceMs: Record<string, number> = { ...base.graceMs }
    for (const [check, value] of Object.entries(asObject(checks))) {
      const at = `${place}/checks/${check}`
      this.#requireCheck(check, at)
      const { weight, grace = 0 } = this.#read(checkSchema, typeof value === 'string' ? { weight: value } : value, at)
      delete graceMs[check]
      if (weight === 'off') delete weights[check]
      else weights[check] = weight
      if (weight !== 'required' && weight !== 'required-everywhere' && grace > 0) {
        throw this.#fault(at, `grace without effect: ${check} is ${weight}`)
      }
      if (grace > 0) graceMs[check] = Math.round(grace * DAY_MS)
      if (weight !== 'off' && weight !== 'advisory') this.#noteLine(check, at)
    }
    if (minimumTier !== undefined) this.#noteLine('tier', `${place}/minimum-tier`)
    const fresh = asObject(freshness)
    return {
      checks: weights,
      graceMs,
      minimumTier: TIERS.find((tier): tier is Tier => tier === minimumTier) ?? base.minimumTier,
      attestationFreshMs: this.#freshness(fresh, 'attestation', place) ?? base.attestationFreshMs,
      findingsFreshMs: this.#freshness(fresh, 'findings', place) ?? base.findingsFreshMs,
      silentAfterMs: this.#silence(silence, place) ?? base.silentAfterMs,
      stopAnswers: STOP_ANSWERS.find((one) => one === stopAnswers) ?? base.stopAnswers,
    }
  }

  #freshness(fresh: Readonly<Record<string, unknown>>, of: 'attestation' | 'findings', place: string) {
    const text = fresh[of]
    if (typeof text !== 'string') return undefined
    const ms = durationMs(text)
    const { attestEveryMs = 0 } = this.#init
    if (ms < attestEveryMs) {
      const every = `${Math.ceil(attestEveryMs / 60_000)}m`
      throw this.#fault(
        `${place}/freshness/${of}`,
        `devices attest every ${every}: ${text} makes each device stale in between`,
      )
    }
    return ms
  }

  #silence(text: unknown, place: string): number | undefined {
    if (typeof text !== 'string') return undefined
    if (text === 'off') return Number.POSITIVE_INFINITY
    const ms = durationMs(text)
    const { attestEveryMs = 0 } = this.#init
    if (ms >= 2 * attestEveryMs) return ms
    const every = `${Math.ceil(attestEveryMs / 60_000)}m`
    throw this.#fault(
      `${place}/silence`,
      `devices attest every ${every}: after ${text} a late one would count as silent`,
    )
  }

  #exemption(value: unknown, place: string): DeviceExemption {
    const { device, check, owner, reason, end } = this.#read(exemptionSchema, value, place)
    if (check !== 'tier') this.#requireCheck(check, `${place}/check`)
    else throw this.#fault(`${place}/check`, 'a tier has no exemption: put the device into a group of its own')
    const until = timeOf(end)
    if (until === undefined) {
      throw this.#fault(`${place}/end`, 'an end is a day such as 2027-01-31, or a time such as 2027-01-31T18:00:00Z')
    }
    return { device, check, owner, reason, until }
  }

  #requireCheck(check: string, place: string): void {
    if (CHECKS.some((known) => known === check)) return
    throw this.#fault(
      place,
      `there is no check ${JSON.stringify(check.slice(0, 64))}. The checks are ${CHECKS.join(', ')}`,
    )
  }

  #read<S extends TSchema>(schema: S, value: unknown, place: string) {
    const fault = faultOf(schema, value)
    if (fault === undefined) return value as Static<S> // `faultOf` has checked it
    const at = `${place}${fault.place}`
    throw this.#fault(at, `${at === '' ? 'the file' : at.slice(1).replaceAll('/', ' > ')}: ${fault.wanted}`)
  }

  #fault(place: string, what: string) {
    return faultAt(this.#yaml.lineOf(place), what)
  }

  #noteLine(check: string, place: string): void {
    if (!this.lines.has(check)) this.lines.set(check, this.#yaml.lineOf(place))
  }
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: DAY_MS }

function durationMs(text: string): number {
  return Number(text.slice(0, -1)) * (UNITS[text.slice(-1)] ?? 0)
}

/** A day ends with its last millisecond in UTC. */
function timeOf(end: string): number | undefined {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(end)
  if (!isDay && !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.test(end)) return undefined
  const at = Date.parse(isDay ? `${end}T00:00:00Z` : end)
  // `Date` takes the 31st of June for the 1st of July.
  const sameDay = Number.isFinite(at) && (!isDay || new Date(at).toISOString().startsWith(end))
  if (!sameDay || at < 0) return undefined
  return isDay ? at + DAY_MS : at
}
