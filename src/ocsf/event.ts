import { member } from '../base/json-object.ts'
import { TONES } from '../view/events/event-words.ts'
import { type ActRow, actRowOf } from './acts.ts'
import { OCSF_CLASSES, OCSF_VERSION, type OcsfClass, OTHER } from './classes.ts'

/** Entries of the record as events of OCSF (Open Cybersecurity Schema Framework), one JSON object each. */

type Values = Readonly<Record<string, unknown>>

/** An entry with its personal texts open. Null: the key of the person was destroyed. */
export interface OcsfEntry {
  readonly id: string
  readonly index?: number | undefined
  /** Milliseconds since 1970. */
  readonly time: number
  readonly entered?: number | undefined
  readonly act: string
  readonly actor: string
  readonly actorKind?: string | undefined
  readonly actorName?: string | null | undefined
  readonly address?: string | null | undefined
  readonly session?: string | undefined
  readonly token?: string | undefined
  readonly onBehalfOf?: string | undefined
  readonly subject?: string | undefined
  readonly device?: string | undefined
  readonly agent?: string | undefined
  readonly attempt?: string | undefined
  readonly outcome?: string | undefined
  readonly policy?: number | undefined
  readonly before?: Values | undefined
  readonly after?: Values | undefined
  readonly details?: Values | undefined
  readonly removed?: boolean | undefined
}

export interface OcsfSource {
  /** Of this program. */
  readonly version: string
  /** Name of the log. */
  readonly origin: string
}

const SEVERITIES = {
  good: { id: 1, name: 'Informational' },
  warning: { id: 3, name: 'Medium' },
  bad: { id: 4, name: 'High' },
} as const
const STATUS = { success: { id: 1, name: 'Success' }, failure: { id: 2, name: 'Failure' } } as const
/** Types of users in OCSF. A device is `System`. */
const USER_TYPES: Readonly<Record<string, number>> = {
  person: 1,
  administrator: 2,
  device: 3,
  directory: 3,
  service: 4,
}

export function ocsfEvent(entry: OcsfEntry, source: OcsfSource): Values {
  const { act, subject, device, before, after, details } = entry
  const row = actRowOf(act)
  const severity = severityOf(act)
  const status = row.failed === true ? STATUS.failure : STATUS.success
  // Only these classes have a source.
  const hasEndpoint = typeof entry.address === 'string' && OCSF_CLASSES[row.class].category.uid === 3
  const unmapped = {
    ...(typeof entry.address === 'string' && !hasEndpoint ? { source_ip: entry.address } : {}),
    ...member('subject', subject),
    ...member('agent', entry.agent),
    ...member('on_behalf_of', entry.onBehalfOf),
    ...member('token', entry.token),
    ...member('outcome', entry.outcome),
    ...member('policy_version', entry.policy),
    ...member('before', before),
    ...member('after', after),
    ...member('details', details),
    ...member('content_removed', entry.removed),
  }
  return {
    ...classMembers(row),
    severity_id: severity.id,
    severity: severity.name,
    status_id: status.id,
    status: status.name,
    time: entry.time,
    message: `${act}${subject === undefined ? '' : ` ${subject}`}`,
    metadata: metadataOf(entry, source),
    actor: actorOf(entry),
    ...(hasEndpoint ? { src_endpoint: { ip: entry.address } } : {}),
    ...subjectMembers(row, entry),
    ...member('device', device === undefined ? undefined : deviceOf(device)),
    unmapped,
  }
}

/** The last event of an export. It has what the entries before it are verified with. */
export function exportEnd(
  end: { readonly time: number; readonly entries: number; readonly checkpoint: string },
  source: OcsfSource,
): Values {
  const { time, entries, checkpoint } = end
  return {
    ...classMembers(actRowOf('export-ended')),
    severity_id: 1,
    severity: 'Informational',
    status_id: 1,
    status: 'Success',
    time,
    message: `export-ended: ${entries} entries`,
    metadata: { ...commonMetadata(source), event_code: 'export-ended' },
    unmapped: { entries, checkpoint },
  }
}

function classMembers({ class: name, activity }: ActRow) {
  const { uid, name: className, category, activities }: OcsfClass = OCSF_CLASSES[name]
  const activityId = activities[activity] ?? OTHER
  return {
    category_uid: category.uid,
    category_name: category.name,
    class_uid: uid,
    class_name: className,
    activity_id: activityId,
    activity_name: activity,
    type_uid: uid * 100 + activityId,
    type_name: `${className}: ${activity}`,
  }
}

function commonMetadata({ version, origin }: OcsfSource) {
  return {
    version: OCSF_VERSION,
    product: { name: 'Surety', vendor_name: 'Surety', version },
    // It adds `actor` and `device` to every class.
    profiles: ['host'],
    log_name: 'record',
    log_provider: origin,
  }
}

function metadataOf({ id, index, act, entered, attempt }: OcsfEntry, source: OcsfSource) {
  return {
    ...commonMetadata(source),
    uid: id,
    event_code: act,
    ...member('sequence', index),
    ...member('logged_time', entered),
    ...member('correlation_uid', attempt),
  }
}

function actorOf({ actor, actorKind = 'directory', actorName, session }: OcsfEntry) {
  return {
    user: {
      uid: actor,
      ...(typeof actorName === 'string' ? { name: actorName } : {}),
      type_id: USER_TYPES[actorKind] ?? 0,
      type: actorKind,
    },
    ...member('session', session === undefined ? undefined : { uid: session }),
  }
}

/** What the class of the entry says of its object. */
function subjectMembers(row: ActRow, { id, actor, actorName, subject, device, act, details = {} }: OcsfEntry): Values {
  const uid = subject ?? device ?? actor
  switch (row.class) {
    case 'entity':
      return { entity: { uid, ...member('type', row.type) } }
    case 'account':
      return { user: { uid } }
    case 'access':
      return { user: { uid }, privileges: [typeof details.role === 'string' ? details.role : 'unknown'] }
    case 'authentication':
      return {
        user: { uid, ...(uid === actor && typeof actorName === 'string' ? { name: actorName } : {}) },
        service: { name: 'surety-directory' },
      }
    case 'group':
      return { group: { uid } }
    case 'remediation':
      return { command_uid: uid }
    case 'compliance':
      return { finding_info: { uid, title: act }, compliance: { control: 'register of agents' } }
    case 'detection':
      return { finding_info: { uid: id, title: act } }
    case 'posture':
      return device === undefined ? { device: deviceOf(uid) } : {}
    default:
      return {}
  }
}

function deviceOf(uid: string) {
  return { uid, type_id: 0, type: 'Unknown' }
}

function severityOf(act: string) {
  const tone = Object.hasOwn(TONES, act) ? TONES[act] : undefined
  return SEVERITIES[tone === 'bad' || tone === 'warning' ? tone : 'good']
}
