import { codeOf, SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { hashOfText } from '../../crypto/hash.ts'
import { type Action, type ApprovalRequest, readAction } from '../../protocol/gate/action.ts'
import { type ActivityStore, recordBounded } from '../activity/activity.ts'
import type { SightingQueries } from '../devices/device-store.ts'
import type { Registration } from '../registrations/registration-store.ts'
import type { SeenStore } from '../seen/seen-store.ts'
import type { ApprovalArrivalStore } from './approval-store.ts'

/** Requests for approval as they arrive in evidence. */

export interface TakeInApprovalsStore {
  readonly approvals: ApprovalArrivalStore
  readonly activity: ActivityStore
  readonly sightings: Pick<SightingQueries, 'view'>
  readonly seen: Pick<SeenStore, 'at'>
  readonly registrations: { get(id: string): Promise<Registration | undefined> }
}

/** Who denies a request that no person looks at. */
const BY_DIRECTORY = 'the directory'
/** What a person is asked at most: requests that wait. */
const MOST_OF_AGENT = 5
const MOST_OF_DEVICE = 20
const MOST_OF_OWNER = 20
const MOST_AN_HOUR = 200
/** Denied at once, of one device. */
const MOST_DENIED = 256
/** A person has at most this time, whatever the device says. */
const MOST_LIFE_MS = 24 * 3_600_000

/** Inside the caller's transaction. A known request changes nothing: devices repeat them. */
export async function takeInApprovals(
  store: TakeInApprovalsStore,
  device: string,
  { requests, at }: { readonly requests: readonly ApprovalRequest[]; readonly at: number },
): Promise<void> {
  for (const request of requests) {
    if (!(await store.approvals.has(request.id))) await takeIn(store, device, { request, at })
  }
}

async function takeIn(
  store: TakeInApprovalsStore,
  device: string,
  { request, at }: { readonly request: ApprovalRequest; readonly at: number },
): Promise<void> {
  const action = actionIn(request)
  if (action instanceof SuretyError) {
    const detail = { approval: request.id, reason: action.message }
    await recordBounded(store, { at, kind: 'approval-denied-at-once', device, detail })
    return
  }
  const { client, user, tool } = action
  const item = await itemOf(store, device, { request, action })
  const { registration } = (await store.seen.at({ device, item, userId: user.id })) ?? {}
  const arrived = {
    device,
    request,
    actionHash: hashOfText(request.action),
    user,
    client,
    tool: tool.name,
    item,
    ...member('registration', registration),
    at,
    // Clocks of devices may be wrong: what is surely over by one of the two is over.
    endsAt: Math.min(request.until, at + request.until - request.time, at + MOST_LIFE_MS),
  }
  const detail = { approval: request.id, product: item, user: user.name, tool: tool.name }
  const fault = await faultOf(store, device, { action, registration, at })
  if (fault === undefined) {
    await store.approvals.add(arrived)
    await recordBounded(store, { at, kind: 'approval-wanted', device, detail })
    return
  }
  await store.approvals.add(arrived, { by: BY_DIRECTORY, reason: fault })
  await store.approvals.forgetDenied(device, MOST_DENIED)
  await recordBounded(store, { at, kind: 'approval-denied-at-once', device, detail: { ...detail, reason: fault } })
}

/** The refusal of a request that nobody could decide about. */
function actionIn({ action, time, until }: ApprovalRequest): Action | SuretyError {
  if (until <= time) return new SuretyError('FRAME_MALFORMED', 'the request ends before it begins')
  try {
    return readAction(action)
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined) throw error
    return new SuretyError(code, 'the action is not the canonical JSON of an action')
  }
}

/** Of the running agent that the device names, if it is this user's. A hook names only its client. */
async function itemOf(
  store: TakeInApprovalsStore,
  device: string,
  { request, action }: { readonly request: ApprovalRequest; readonly action: Action },
): Promise<string> {
  const seen = request.agent === undefined ? undefined : (await store.sightings.view(device, request.agent))?.sighting
  if (seen?.kind !== 'agent' || seen.user?.id !== action.user.id) return action.client
  return (seen.catalogueId ?? '') === '' ? `unknown/${seen.name}` : `${seen.catalogueId}`
}

/** Why no person is asked. */
async function faultOf(
  store: TakeInApprovalsStore,
  device: string,
  {
    action,
    registration,
    at,
  }: { readonly action: Action; readonly registration: string | undefined; readonly at: number },
): Promise<string | undefined> {
  const { user, client } = action
  const { ofDevice, ofAgent, lastHour } = await store.approvals.load(device, { userId: user.id, client, now: at })
  if (ofAgent >= MOST_OF_AGENT) return `${MOST_OF_AGENT} actions of this agent wait for a person`
  if (ofDevice >= MOST_OF_DEVICE) return `${MOST_OF_DEVICE} actions on this device wait for a person`
  if (lastHour >= MOST_AN_HOUR) return `this device asked for ${MOST_AN_HOUR} approvals within an hour`
  const owner = registration === undefined ? undefined : (await store.registrations.get(registration))?.owner
  if (owner !== undefined && (await store.approvals.waitingForOwner(owner, at)) >= MOST_OF_OWNER)
    return `${MOST_OF_OWNER} actions wait for the person who answers for this agent`
  return undefined
}
