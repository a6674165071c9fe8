import { exportReportSchema } from '../../archive/export-report.ts'
import { recordReportSchema } from '../../archive/record/record-report.ts'
import { closed, counter, type TSchema, Type, text, words } from '../../base/schema.ts'
import { TARGETS } from '../../mdm/targets.ts'
import { findingSchema } from '../../protocol/finding.ts'
import { actionReportSchema } from '../../protocol/gate/action.ts'
import { deviceIdSchema, timeSchema } from '../../protocol/ids.ts'
import {
  configEntrySchema,
  deviceClaimSchema,
  enrolmentStateSchema,
  lastBatchSchema,
  localStopSchema,
  removalSchema,
  statusSchema,
  supportSchema,
  waitingSettingsSchema,
} from '../../protocol/messages/control.ts'
import { camelCased, type Document, dashed, listMemberOf, type Verb } from '../../protocol/noun/noun.ts'
import { catalogueViewSchema } from '../../protocol/nouns/agents/catalogues.ts'
import * as counted from '../../protocol/nouns/agents/counted-things.ts'
import { inboxBlockedSchema } from '../../protocol/nouns/agents/inbox-decisions.ts'
import { registrationSchema } from '../../protocol/nouns/agents/registrations.ts'
import { reviewedAgentSchema, reviewImpactSchema, reviewSchema } from '../../protocol/nouns/agents/reviews.ts'
import { seenAgentSchema } from '../../protocol/nouns/agents/seen-agents.ts'
import { createdStopSchema, stopDeviceSchema, stopViewSchema } from '../../protocol/nouns/agents/stops.ts'
import { ALL_NOUNS } from '../../protocol/nouns/all-nouns.ts'
import * as devices from '../../protocol/nouns/devices/devices.ts'
import * as fleet from '../../protocol/nouns/devices/fleet.ts'
import { deviceOrderSchema } from '../../protocol/nouns/devices/orders.ts'
import { deviceDifferenceSchema, timelineEntrySchema } from '../../protocol/nouns/devices/timeline.ts'
import { changesSchema } from '../../protocol/nouns/directory/changes.ts'
import { configurationPlanSchema, configurationSchema } from '../../protocol/nouns/directory/configuration.ts'
import { checkCountsSchema, summarySchema } from '../../protocol/nouns/directory/directory.ts'
import { gatePolicyText } from '../../protocol/nouns/directory/gate-policy.ts'
import { historySchema } from '../../protocol/nouns/directory/history.ts'
import { policyText } from '../../protocol/nouns/directory/policy.ts'
import { rulesText } from '../../protocol/nouns/directory/rules.ts'
import { searchAnswerSchema } from '../../protocol/nouns/directory/search.ts'
import { webhookDeliverySchema, webhookSchema } from '../../protocol/nouns/directory/webhooks.ts'
import { tokenSchema } from '../../protocol/nouns/enrolment/tokens.ts'
import { humanSummarySchema } from '../../protocol/nouns/people/human-summary.ts'
import * as humans from '../../protocol/nouns/people/people.ts'
import { importedHumansSchema } from '../../protocol/nouns/people/people-import.ts'
import { administratorSchema, serviceSchema } from '../../protocol/nouns/people/principals.ts'
import { guardSchema } from '../../protocol/nouns/people/scim.ts'
import { SIGHTING_KINDS, SIGHTING_SCHEMAS } from '../../protocol/sighting.ts'
import { tierSchema } from '../../protocol/tier.ts'
import { programVersionSchema, sha256HexSchema, UPDATE_PLATFORMS } from '../../protocol/updates.ts'
import { KIND_VIEWS } from '../../view/sightings/sighting-rows.ts'
import { HOOK_DOCUMENTS } from '../hooks/hook-documents.ts'
import { TRAY_MEMBERS } from '../tray/tray-document.ts'

/** The schema of every document that `surety` and `surety-directory` print with `--json`. */

const path = text(4096)
const listOf = (item: TSchema) => Type.Array(item)
const offeredReleases = listOf(closed({ version: programVersionSchema, percent: counter() }))
const error = {
  error: closed({ code: text(64), message: Type.String(), advice: Type.Optional(Type.String()) }),
}
const config = listOf(closed({ ...configEntrySchema.properties, value: Type.String(), place: Type.Optional(path) }))

const anchor = closed({
  file: path,
  set: words('makers', 'simulated'),
  subject: text(4096),
  notAfter: timeSchema,
  fingerprint: text(64),
  status: words('used', 'expired'),
})
const context = { name: text(64), url: text(300) }

const explainedCode = { code: text(64), meaning: text(500), act: text(500) }

/** The token, or the file that holds it. */
const { objection: _objection, ...cedarCheck } = gatePolicyText.test.properties
const created = { token: Type.Optional(text(100)), profile: Type.Optional(path) }

/** `surety agents`, `surety agents show`, and the same of each other kind. */
const sightings = Object.fromEntries(
  SIGHTING_KINDS.flatMap((kind) => {
    const { command, json } = KIND_VIEWS[kind]
    const item = SIGHTING_SCHEMAS[kind]
    const shared = {
      limitedToCaller: Type.Boolean(),
      leftOut: Type.Optional(counter()),
      unread: Type.Optional(counter()),
    }
    const servers = kind === 'agent' ? { servers: listOf(SIGHTING_SCHEMAS['mcp-server']) } : {}
    return [
      [`surety/${command}@1`, { [json.list]: listOf(item), ...shared }],
      [`surety/${json.one}@1`, { [json.one]: item, ...servers }],
    ]
  }),
)

const { schema: _, ...status } = statusSchema.properties

/** `more`: the directory does not count all of them. */
const counts = { total: Type.Optional(counter()), more: Type.Optional(Type.Literal(true)) }

/** `surety-directory/groups@1`, `surety-directory/group@1`, and what verbs answer with. */
const nounDocuments = Object.fromEntries(
  ALL_NOUNS.flatMap(({ one, many, item, list, show, verbs }) => [
    [`surety-directory/${dashed(many)}@1`, { [listMemberOf({ many, list })]: listOf(item), ...counts }],
    ...(show !== undefined || Object.values(verbs).some(answersItem)
      ? [[`surety-directory/${dashed(one)}@1`, { [camelCased(one)]: item }] as const]
      : []),
    ...Object.values(verbs).flatMap(({ command, response }) =>
      command?.document === undefined ? [] : [documentOf(command.document, response)],
    ),
  ]),
)

/** Its command prints the item. */
function answersItem({ command }: Verb): boolean {
  return command !== undefined && command.document === undefined
}

function documentOf({ name, member }: Document, response: TSchema): [string, Readonly<Record<string, TSchema>>] {
  return [`surety-directory/${name}@1`, member === undefined ? propertiesOf(response) : { [member]: response }]
}

function propertiesOf(schema: TSchema): Readonly<Record<string, TSchema>> {
  return 'properties' in schema ? { ...Object(schema.properties) } : {}
}

/** How many there are. Of very many only a number that is less. */
const totals = { total: Type.Optional(counter()), totalAbove: Type.Optional(counter()) }

const MEMBERS: Readonly<Record<string, Readonly<Record<string, TSchema>>>> = {
  ...nounDocuments,
  'surety/status@1': status,
  ...sightings,
  ...HOOK_DOCUMENTS,
  'surety/refresh@1': { refresh: Type.Literal('started') },
  'surety/removal@1': { ...removalSchema.properties },
  'surety/config@1': {
    source: Type.Union([Type.Literal('daemon'), Type.Literal('files')]),
    entries: config,
    waiting: Type.Optional(waitingSettingsSchema),
  },
  'surety/mdm@1': {
    target: words(...TARGETS),
    files: listOf(closed({ name: path, text: Type.String() })),
    notes: listOf(text(500)),
  },
  'surety/explanation@1': {
    check: text(64),
    title: text(200),
    why: text(500),
    steps: listOf(text(1000)),
    panel: Type.Optional(text(500)),
    advice: Type.Optional(listOf(text(1000))),
    minutes: Type.Optional(counter()),
    weight: words('required', 'advisory', 'not in the verdict'),
    since: Type.Optional(timeSchema),
    finding: Type.Optional(findingSchema),
    support: Type.Optional(supportSchema),
  },
  'surety/enrolment@1': {
    enrolment: enrolmentStateSchema,
    /** The daemon retries automatically. */
    trying: Type.Boolean(),
    device: Type.Optional(closed({ id: deviceIdSchema, tier: tierSchema, epoch: counter() })),
    directory: Type.Optional(text(300)),
    error: Type.Optional(closed({ code: text(64), message: text(1000) })),
  },
  'surety/error-explanation@1': explainedCode,
  'surety/check@1': {
    changes: listOf(closed({ check: text(64), before: Type.Optional(findingSchema), now: findingSchema })),
    findings: listOf(findingSchema),
    verdict: Type.Optional(text(64)),
  },
  'surety/fix@1': {
    results: listOf(
      closed({
        check: text(64),
        outcome: words('fixed', 'needs-consent', 'needs-human', 'failed', 'not-checked'),
        notes: listOf(text(4096)),
      }),
    ),
  },
  'surety/freeze@1': localStopSchema.properties,
  'surety/release@1': localStopSchema.properties,
  'surety/claim@1': deviceClaimSchema.properties,
  'surety/claims@1': { claims: listOf(deviceClaimSchema) },
  'surety/flare@1': { files: listOf(closed({ name: text(100), bytes: counter() })) },
  'surety/privacy@1': {
    collected: listOf(closed({ source: text(200), what: text(1000) })),
    never: listOf(text(1000)),
    seenBy: listOf(text(1000)),
    kept: listOf(text(1000)),
    to: Type.Optional(path),
    support: Type.Optional(supportSchema),
  },
  'surety/tray@1': TRAY_MEMBERS,
  'surety/last-batch@1': lastBatchSchema.properties,
  'surety/actions@1': { actions: listOf(actionReportSchema) },
  'surety/evidence-report@1': { ...exportReportSchema.properties, notKnown: listOf(text(1000)) },
  'surety/record-report@1': { ...recordReportSchema.properties },
  'surety/witness@1': {
    key: text(1000),
    address: text(300),
    logs: listOf(closed({ origin: text(1000), size: counter() })),
  },
  'surety/schemas@1': { schemas: listOf(text(100)) },
  'surety/version@1': { version: text(64) },
  'surety/error@1': { ...error, support: Type.Optional(supportSchema) },
  'surety-directory/status@1': { status: summarySchema },
  'surety-directory/checks@1': { devices: counter(), checks: listOf(checkCountsSchema) },
  'surety-directory/changes@1': changesSchema.properties,
  'surety-directory/device-timeline@1': { items: listOf(timelineEntrySchema), notKnown: listOf(text(300)) },
  'surety-directory/device-difference@1': { difference: deviceDifferenceSchema },
  'surety-directory/search@1': { words: text(256), found: searchAnswerSchema },
  'surety-directory/history@1': { history: historySchema },
  'surety-directory/devices@1': { devices: listOf(devices.deviceSummarySchema), total: counter() },
  'surety-directory/device@1': { device: devices.deviceSchema },
  'surety-directory/order@1': { order: deviceOrderSchema },
  'surety-directory/orders@1': { orders: listOf(deviceOrderSchema) },
  'surety-directory/evidence-export@1': {
    device: deviceIdSchema,
    time: timeSchema,
    batches: counter(),
    epochs: counter(),
    file: path,
  },
  'surety-directory/evidence-exports@1': {
    folder: path,
    batches: counter(),
    devices: listOf(closed({ device: deviceIdSchema, batches: counter(), file: path })),
  },
  'surety-directory/record-report@1': {
    file: path,
    origin: text(256),
    events: counter(),
    registrations: counter(),
    stops: counter(),
    policies: counter(),
  },
  'surety-directory/record-export@1': {
    file: path,
    format: words('ocsf', 'csv', 'plain'),
    entries: counter(),
    origin: text(256),
    size: counter(),
  },
  'surety-directory/agents@1': { agents: listOf(fleet.seenAgentSchema), ...totals },
  'surety-directory/agent@1': { device: deviceIdSchema, ...devices.deviceSightingSchema.properties },
  'surety-directory/fleet-agent@1': { agent: fleet.fleetAgentSchema },
  'surety-directory/servers@1': { servers: listOf(fleet.seenMcpServerSchema), ...totals },
  'surety-directory/mcp-conflicts@1': { conflicts: listOf(fleet.mcpConflictSchema) },
  'surety-directory/extensions@1': { extensions: listOf(fleet.seenExtensionSchema), ...totals },
  'surety-directory/runtimes@1': { runtimes: listOf(fleet.seenModelRuntimeSchema), ...totals },
  'surety-directory/files@1': { files: listOf(fleet.seenAgentFileSchema), ...totals },
  'surety-directory/agent-products@1': { products: listOf(counted.agentProductSchema), total: counter() },
  'surety-directory/mcp-server-names@1': { servers: listOf(counted.serverNameSchema), total: counter() },
  'surety-directory/extension-products@1': { products: listOf(counted.extensionProductSchema), total: counter() },
  'surety-directory/risks@1': { risks: listOf(counted.countedRiskSchema), total: counter() },
  'surety-directory/created-token@1': {
    token: tokenSchema,
    warning: Type.Optional(Type.String()),
    enrolment: Type.Optional(Type.String()),
    enrolmentFile: Type.Optional(path),
  },
  'surety-directory/init@1': {
    names: listOf(text(253)),
    configFile: path,
    service: words('running', 'restarted', 'absent'),
    url: Type.Optional(text(300)),
    token: Type.Optional(tokenSchema),
    enrolmentFile: Type.Optional(path),
    /** The link that enrols the first passkey. */
    signIn: Type.Optional(text(400)),
    warning: Type.Optional(Type.String()),
  },
  'surety-directory/seen-agent@1': { agent: seenAgentSchema },
  'surety-directory/blocked-agent@1': inboxBlockedSchema.properties,
  'surety-directory/stop@1': {
    stop: stopViewSchema,
    devices: Type.Optional(listOf(stopDeviceSchema)),
    /** Those that are not in the list. */
    moreDevices: Type.Optional(counter()),
  },
  'surety-directory/created-stop@1': createdStopSchema.properties,
  'surety-directory/drills@1': { drills: listOf(stopViewSchema) },
  'surety-directory/registration@1': {
    registration: registrationSchema,
    /** The first of its agents that differ from it. */
    deviating: Type.Optional(listOf(seenAgentSchema)),
  },
  'surety-directory/people-import@1': importedHumansSchema.properties,
  'surety-directory/human-summary@1': humanSummarySchema.properties,
  'surety-directory/group@1': { group: humans.groupSchema, members: Type.Optional(listOf(humans.humanSchema)) },
  'surety-directory/confirmed-accounts@1': { confirmed: counter() },
  'surety-directory/event-kinds@1': { kinds: listOf(text(64)) },
  'surety-directory/catalogue@1': { catalogue: Type.Union([catalogueViewSchema, Type.Null()]) },
  'surety-directory/policy@1': { policy: policyText.view },
  'surety-directory/policy-check@1': { groups: counter(), exemptions: counter() },
  'surety-directory/policy-test@1': { test: policyText.test },
  'surety-directory/plan@1': { ...configurationPlanSchema.properties },
  'surety-directory/export@1': {
    files: listOf(closed({ file: path, documents: counter() })),
    leftOut: configurationSchema.properties.leftOut,
  },
  'surety-directory/review@1': { review: reviewSchema, agents: Type.Optional(listOf(reviewedAgentSchema)) },
  'surety-directory/review-impact@1': { impact: reviewImpactSchema },
  'surety-directory/reviewed-agent@1': { agent: reviewedAgentSchema },
  'surety-directory/rules@1': { rules: rulesText.view },
  'surety-directory/rules-check@1': { rules: counter() },
  'surety-directory/rules-test@1': { test: rulesText.test },
  'surety-directory/gate-policy@1': { gatePolicy: gatePolicyText.view },
  'surety-directory/gate-policy-check@1': cedarCheck,
  'surety-directory/gate-policy-test@1': { test: gatePolicyText.test },
  'surety-directory/created-administrator@1': { administrator: administratorSchema, ...created },
  'surety-directory/created-service@1': { service: serviceSchema, ...created },
  'surety-directory/scim-guard@1': { guard: guardSchema },
  'surety-directory/webhook-secret@1': {
    webhook: webhookSchema,
    secret: Type.Optional(text(100)),
    secretFile: Type.Optional(path),
  },
  'surety-directory/webhook-deliveries@1': { deliveries: listOf(webhookDeliverySchema) },
  'surety-directory/administrator-reset@1': { profile: path },
  'surety-directory/error-explanation@1': explainedCode,
  'surety-directory/anchors@1': {
    folder: path,
    anchors: listOf(anchor),
    problems: listOf(closed({ file: path, reason: text(2000) })),
  },
  'surety-directory/added-anchors@1': { anchors: listOf(anchor) },
  'surety-directory/demo@1': {
    folder: path,
    seed: counter(),
    people: counter(),
    devices: counter(),
    agents: counter(),
    events: counter(),
  },
  'surety-directory/backup@1': {
    act: words('created', 'verified', 'restored'),
    folder: path,
    backup: closed({
      id: text(64),
      time: timeSchema,
      version: text(64),
      lastEvent: counter(),
      devices: counter(),
      orders: counter(),
      highestOrder: counter(),
      standingStops: counter(),
      encrypted: Type.Boolean(),
      bytes: counter(),
    }),
  },
  'surety-directory/updates-init@1': { folder: path, keys: path, root: sha256HexSchema },
  'surety-directory/updates-added@1': {
    version: programVersionSchema,
    platform: words(...UPDATE_PLATFORMS),
    folder: path,
    files: counter(),
    bytes: counter(),
  },
  'surety-directory/updates-channel@1': { channel: text(32), releases: offeredReleases },
  'surety-directory/updates@1': {
    folder: path,
    rootVersion: counter(),
    files: Type.Optional(counter()),
    releases: listOf(closed({ version: programVersionSchema, platform: text(64) })),
    channels: listOf(closed({ channel: text(32), releases: offeredReleases })),
    expires: listOf(closed({ role: words('root', 'targets', 'snapshot', 'timestamp'), until: timeSchema })),
  },
  'surety-directory/login@1': { ...context, root: text(100) },
  'surety-directory/contexts@1': { contexts: listOf(closed({ ...context, current: Type.Boolean() })) },
  'surety-directory/context@1': context,
  'surety-directory/config@1': { config },
  'surety-directory/version@1': { version: text(64) },
  'surety-directory/error@1': error,
}

export const DOCUMENT_NAMES: readonly string[] = Object.keys(MEMBERS)

/** A complete JSON Schema (2020-12), or undefined for an unknown name. */
export function documentSchema(name: string): TSchema | undefined {
  const members = Object.hasOwn(MEMBERS, name) ? MEMBERS[name] : undefined
  if (members === undefined) return undefined
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:x-surety:document:${name}`,
    title: name,
    ...closed({ schema: Type.Literal(name), ...members }),
  }
}
