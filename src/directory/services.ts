import type { Bytes } from '../base/bytes.ts'
import { SuretyError } from '../base/errors.ts'
import { VERSION } from '../base/version.ts'
import { decider } from '../cedar/decider.ts'
import type { AttestationResult } from '../protocol/messages/attestation-result.ts'
import { DEFAULT_ORGANISATION } from '../protocol/nouns/agents/registrations.ts'
import type { Summary } from '../protocol/nouns/directory/directory.ts'
import { accessPolicies } from './access/access-policies.ts'
import { recordedDecisions } from './access/recorded-decisions.ts'
import { approvals } from './approvals/approvals.ts'
import type { Authority } from './authority/authority.ts'
import type { AnchorSource } from './authority/keep-anchors-read.ts'
import { catalogues } from './catalogues/catalogues.ts'
import { claims } from './claims/claims.ts'
import { attestations } from './devices/attestations.ts'
import { devices } from './devices/devices.ts'
import { groupCommit } from './devices/group-commit.ts'
import { results } from './devices/results.ts'
import type { DirectoryComponents, DirectoryInit } from './directory-init.ts'
import { pendingDevices } from './enrolment/pending-devices.ts'
import { preregistrations } from './enrolment/preregistrations.ts'
import { tokens } from './enrolment/tokens.ts'
import { misbehaviourRecorder } from './evidence/recorded-misbehaviour.ts'
import { gatePolicies } from './gate-policies/gate-policies.ts'
import { ownerOfAccountsChanged } from './humans/accounts.ts'
import { humanServices } from './humans/human-services.ts'
import { sessions } from './ingress/sessions.ts'
import { liveStream } from './live/live-stream.ts'
import { orders } from './orders/orders.ts'
import { policyFor } from './policy/policy.ts'
import { policies } from './policy-versions/policies.ts'
import { principals } from './principals/principals.ts'
import { reEnrolments } from './re-enrolments/re-enrolments.ts'
import { recordHolds } from './record/retention.ts'
import { registrations } from './registrations/registrations.ts'
import { reviews } from './reviews/reviews.ts'
import { ruleActs } from './rule-versions/rule-acts.ts'
import { rules } from './rule-versions/rules.ts'
import { SCIM_INIT, scimServices } from './scim/scim-services.ts'
import { inbox } from './seen/inbox.ts'
import { signIn } from './sign-in/sign-in.ts'
import { registerStops } from './stops/register-stops.ts'
import { stopOrders } from './stops/stop-orders.ts'
import { stops } from './stops/stops.ts'
import { STOPS_INIT, twoPersons } from './stops/two-persons.ts'
import type { DirectoryStore } from './store/directory-store.ts'
import { fleetSummary } from './summary/summary.ts'
import type { Changes } from './workers/changes.ts'
import { zombies } from './zombies/zombies.ts'

export type BaseComponents = DirectoryComponents & {
  readonly random: (bytes: number) => Bytes
  readonly changes: Changes
}

/** The services of the nouns, each on the stores that it declares. Their loops start later: they wake nothing until then. */
export async function openServices(
  base: BaseComponents & { authority: Authority; anchors: AnchorSource; store: DirectoryStore },
  init: DirectoryInit,
) {
  const { authority, anchors } = base
  const defaults = init.policy ?? policyFor(init.attestEveryMs)
  const validForMs = init.resultValidForMs ?? Number.MAX_SAFE_INTEGER / 2
  const live = sessions(base.store.presence)
  const inUse = await policies(base, { defaults, attestEveryMs: init.attestEveryMs, validForMs })
  const appraised = results(base, {
    policy: (device) => inUse.policyOf(device),
    policyVersion: () => inUse.version,
    validForMs,
  })
  let url = ''
  const issued = orders({
    ...base,
    sign: authority.signOrder,
    // An order that a device has must be on disk.
    deliver: (device, compact) => base.store.afterCommit(() => live.get(device)?.sendOrder(compact)),
  })
  const isConnected = (device: string) => live.get(device) !== undefined
  const bounds = twoPersons(base, init.stops ?? STOPS_INIT)
  const held = registerStops({ ...base, twoPersons: bounds })
  const registered = registrations({ ...base, registerStops: held })
  const stopping = stops({ ...base, twoPersons: bounds, isConnected })
  const announce = async (device: string, epoch: number, result: AttestationResult) => {
    if (live.get(device)?.epoch !== epoch) return
    // Others announce results too, so this one may be an earlier one by now.
    const newest = (await base.store.results.get(device)) ?? result
    const session = live.get(device)
    if (session?.epoch === epoch) await session.sendResult(newest)
  }
  const identities = humanServices({ ...base, agents: registered })
  const resend = async (device: string) => {
    const result = await base.store.results.get(device)
    if (result !== undefined) await live.get(device)?.sendResult(result)
  }
  const organisation = init.organisation ?? DEFAULT_ORGANISATION
  const inUseRules = await rules(base)
  const deciding = { decider: decider(), decisions: recordedDecisions(base) }
  const connected = () => live.size
  let consoleCertificate: Summary['consoleCertificate']
  const summary = fleetSummary({
    ...base,
    policies: inUse,
    connected,
    consoleCertificate: () => consoleCertificate,
    version: VERSION,
  })
  const administered = principals(base)
  const signingIn = signIn({ ...base, principals: administered })
  const ownerChanged = (device: string, owner: string) => ownerOfAccountsChanged(base.store, device, owner)
  return {
    ...identities,
    ...scimServices(
      { ...base, ...identities, registrations: registered, organisation, twoPersons: bounds },
      init.scim ?? SCIM_INIT,
    ),
    live,
    summary,
    liveStream: liveStream({ ...base, summary, stops: stopping }),
    policies: inUse,
    results: appraised,
    /** The port may be chosen after the services are made. */
    setUrl: (devicesUrl: string) => {
      url = devicesUrl
    },
    announce,
    /** Its keeper starts after the services. */
    setConsoleCertificate: (standing: Summary['consoleCertificate']) => {
      consoleCertificate = standing
    },
    misbehaviour: misbehaviourRecorder({ ...base, results: appraised, announce }),
    attestations: attestations({ ...base, results: appraised }),
    tokens: tokens(base, {
      url: () => url,
      pins: authority.pins,
      get knowsMakers() {
        return anchors.current.knowsMakers
      },
    }),
    reEnrolments: reEnrolments({
      ...base,
      ownerChanged,
      results: appraised,
      settled({ id, device }, outcome) {
        live.decided(id)
        if (outcome === 'approve') live.get(device)?.end(new SuretyError('EPOCH_MISMATCH', 'the device enrolled again'))
      },
    }),
    preregistrations: preregistrations(base),
    pendingDevices: pendingDevices({ ...base, results: appraised, settled: (device) => live.decided(device) }),
    principals: administered,
    signIn: signingIn,
    approvals: approvals({ ...base, orders: issued, passkeys: signingIn.passkeys, origin: signingIn.origin }),
    rules: inUseRules,
    ...deciding,
    access: await accessPolicies({ ...base, ...deciding, isConnected }),
    ruleActs: ruleActs({ ...base, registrations: registered, stops: held }),
    zombies: zombies({ ...base, rules: inUseRules, registrations: registered }),
    reviews: reviews({ ...base, registrations: registered }),
    claims: claims({
      ...base,
      accounts: identities.accounts,
      registrations: registered,
      decided: resend,
    }),
    gatePolicies: await gatePolicies({ ...base, sign: authority.signOrder }),
    catalogues: await catalogues({ ...base, sign: authority.signOrder }),
    holds: recordHolds(base),
    orders: issued,
    stops: stopping,
    inbox: inbox({ ...base, registrations: registered, stops: stopping }),
    stopOrders: stopOrders({ ...base, orders: issued, isConnected }),
    organisation,
    registrations: registered,
    registering: groupCommit(base.store),
    devices: devices({
      ...base,
      ownerChanged,
      results: appraised,
      announce,
      retired(device, denied) {
        for (const reEnrolment of denied) live.decided(reEnrolment)
        live.get(device)?.end(new SuretyError('DEVICE_RETIRED', 'the device was retired'))
      },
    }),
  }
}

export type Services = Awaited<ReturnType<typeof openServices>>
