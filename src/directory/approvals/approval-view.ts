import { toBase64Url } from '../../base/bytes.ts'
import { member } from '../../base/json-object.ts'
import { canonicalJson } from '../../base/text/canonical-json.ts'
import { printable } from '../../base/text/printable.ts'
import { sha256 } from '../../crypto/hash.ts'
import { type Action, approvalMessage, readAction } from '../../protocol/gate/action.ts'
import type { ApprovalView } from '../../protocol/nouns/people/approvals.ts'
import type { ApprovalStore, StoredApproval } from './approval-store.ts'
import { needsDeviceBound, type PartiesStore, partiesOf } from './approvers.ts'

/** An approval as people see it. */

const MOST_SUMMARY = 400

/** @param whole with what is signed, and the address of the console. Absent: of a list. */
export async function viewOf(
  store: PartiesStore & { readonly approvals: Pick<ApprovalStore, 'answers'> },
  stored: StoredApproval,
  whole?: { readonly origin: string },
): Promise<ApprovalView> {
  const { device, request, user, item, client, at, endsAt, state, decision, count, delivery } = stored
  const { id, nonce, until, time, action: json, reasons } = request
  const action = readAction(json)
  const { registration, owner, requester, wanted } = await partiesOf(store, stored)
  const answers = await store.approvals.answers(id)
  return {
    id,
    state,
    device,
    host: (await store.devices.get(device))?.label.hostname ?? '',
    user,
    ...member('human', requester?.id),
    ...member('humanName', requester?.displayName),
    product: item,
    ...member('registration', registration?.id),
    ...member('agentName', registration?.name),
    ...member('owner', owner?.id),
    ...member('ownerName', owner?.displayName),
    client,
    tool: action.tool,
    summary: summaryOf(action),
    ...member('folder', action.folder),
    ...member('repository', action.repository),
    reasons: [...reasons],
    approvers: [...wanted],
    answers: answers.map(({ by, outcome, as, at: answeredAt }) => ({
      by: by.id,
      byName: by.name,
      outcome,
      ...member('as', as),
      time: answeredAt,
    })),
    deviceBound: needsDeviceBound(stored),
    count: state === 'pending' ? count : 0,
    requestedAt: time,
    receivedAt: at,
    endsAt,
    ...(state === 'pending' ? {} : { decidedAt: decision?.at ?? endsAt, decidedBy: decision?.by ?? 'the directory' }),
    ...member('reason', decision?.reason),
    ...member('scope', decision?.grant?.scope),
    ...member('scopeUntil', decision?.grant?.until),
    ...member('delivery', delivery),
    ...(whole === undefined
      ? {}
      : { link: `${whole.origin}/approvals/${id}`, signed: { action: json, nonce, until, hash: hashOf(stored) } }),
  }
}

/** Of the request. */
export function hashOf({ device, request }: Pick<StoredApproval, 'device' | 'request'>): string {
  return toBase64Url(sha256(approvalMessage(device, request)))
}

/** The command, path or address, where the arguments name one. Else all of them. */
function summaryOf({ arguments: given }: Action): string {
  const members: Readonly<Record<string, unknown>> = Object(given)
  const said = ['command', 'file_path', 'path', 'url', 'query'].map((name) => members[name])
  const text = said.find((one) => typeof one === 'string' && one !== '') ?? canonicalJson(given)
  const shown = Array.from(printable(`${text}`))
  return shown.length <= MOST_SUMMARY ? shown.join('') : `${shown.slice(0, MOST_SUMMARY - 1).join('')}…`
}
