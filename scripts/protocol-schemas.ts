import { base64UrlOf, counter, type TSchema, Type } from '../src/base/schema.ts'
import { catalogueSchema, unixPlaces } from '../src/discovery/catalogue/catalogue.ts'
import * as facts from '../src/discovery/catalogue/facts.ts'
import * as claims from '../src/protocol/agent-claim.ts'
import { checkNameSchema, findingSchema } from '../src/protocol/finding.ts'
import * as gate from '../src/protocol/gate/action.ts'
import {
  actionIdSchema,
  approvalIdSchema,
  claimIdSchema,
  deviceIdSchema,
  orderIdSchema,
  reEnrolmentIdSchema,
  registrationIdSchema,
  stopIdSchema,
  timeSchema,
  tokenIdSchema,
} from '../src/protocol/ids.ts'
import { logFaultSchema } from '../src/protocol/log-fault.ts'
import { attestationResultSchema, verdictReasonSchema } from '../src/protocol/messages/attestation-result.ts'
import { statusSchema } from '../src/protocol/messages/control.ts'
import { delegationSchema } from '../src/protocol/messages/delegation.ts'
import { enrolmentSchema } from '../src/protocol/messages/enrolment-string.ts'
import * as evidence from '../src/protocol/messages/evidence.ts'
import * as frames from '../src/protocol/messages/frames.ts'
import { gatePolicySchema } from '../src/protocol/messages/gate-policy.ts'
import { orderSchema } from '../src/protocol/messages/order.ts'
import { PROTOCOL_VERSION } from '../src/protocol/messages/version.ts'
import * as common from '../src/protocol/noun/answers.ts'
import * as devices from '../src/protocol/nouns/devices/devices.ts'
import { evidenceEntrySchema, exportManifestSchema, publicJwkSchema } from '../src/protocol/nouns/devices/evidence.ts'
import { fleetAgentSchema } from '../src/protocol/nouns/devices/fleet.ts'
import { deviceOrderSchema } from '../src/protocol/nouns/devices/orders.ts'
import { signedVerdictSchema } from '../src/protocol/nouns/devices/verdict.ts'
import { signedDecisionSchema } from '../src/protocol/nouns/directory/decisions.ts'
import { summarySchema } from '../src/protocol/nouns/directory/directory.ts'
import { eventSchema } from '../src/protocol/nouns/directory/events.ts'
import { pendingDeviceSchema } from '../src/protocol/nouns/enrolment/pending-devices.ts'
import { reEnrolmentSchema } from '../src/protocol/nouns/enrolment/re-enrolments.ts'
import { tokenSchema } from '../src/protocol/nouns/enrolment/tokens.ts'
import * as sighting from '../src/protocol/sighting.ts'
import * as stop from '../src/protocol/stop.ts'
import * as tamper from '../src/protocol/tamper.ts'
import { tierSchema } from '../src/protocol/tier.ts'
import { KIND_VIEWS } from '../src/view/sightings/sighting-rows.ts'

/** The schemas of `src/protocol/` as complete JSON Schema 2020-12 documents, for other languages. */

interface Named {
  readonly title: string
  readonly description: string
  readonly schema: TSchema
}

const named = (schema: TSchema, title: string, description: string): Named => ({ schema, title, description })

const SIGHTING_PARTS = Object.fromEntries(
  sighting.SIGHTING_KINDS.map((kind) => {
    const { noun } = KIND_VIEWS[kind]
    const title = noun.charAt(0).toUpperCase() + noun.slice(1)
    return [kind, named(sighting.SIGHTING_SCHEMAS[kind], title, `A sighting of kind \`${kind}\`.`)]
  }),
)

/**
 * Schemas that appear inside others, by the document that has each in its `$defs`. Documents that appear inside others are in
 * `DOCUMENTS`. Of equal schemas the first gives the name.
 */
const PARTS: Readonly<Record<string, Readonly<Record<string, Named>>>> = {
  types: {
    counter: named(counter(), 'Counter', 'A whole number from 0 that every JSON reader represents exactly.'),
    time: named(timeSchema, 'Time', 'Milliseconds since 1970-01-01T00:00:00Z.'),
    bytes32: named(
      base64UrlOf(32),
      '32 bytes',
      'Base64url without padding of exactly 32 bytes: a hash, nonce or secret.',
    ),
    bytes16: named(base64UrlOf(16), '16 bytes', 'Base64url without padding of exactly 16 bytes: a nonce.'),
    'device-id': named(deviceIdSchema, 'Device id', '`dev_` and base64url of 16 bytes.'),
    'token-id': named(tokenIdSchema, 'Token id', '`tok_` and base64url of 16 bytes.'),
    'order-id': named(orderIdSchema, 'Order id', '`ord_` and base64url of 16 bytes.'),
    'stop-id': named(stopIdSchema, 'Stop id', '`stop_` and base64url of 16 bytes.'),
    're-enrolment-id': named(reEnrolmentIdSchema, 'Re-enrolment id', '`ren_` and base64url of 16 bytes.'),
    'claim-id': named(claimIdSchema, 'Claim id', '`clm_` and base64url of 16 bytes.'),
    'action-id': named(actionIdSchema, 'Action id', '`act_` and base64url of 16 bytes.'),
    'approval-id': named(approvalIdSchema, 'Approval id', '`apr_` and base64url of 16 bytes.'),
    'registration-id': named(registrationIdSchema, 'Registration id', '`agt_` and base64url of 16 bytes.'),
    'user-id': named(sighting.userIdSchema, 'User id', 'A uid in decimal on Linux and macOS, a SID on Windows.'),
    tier: named(tierSchema, 'Tier', 'How strongly a device key is bound to hardware, strongest first.'),
    'check-name': named(checkNameSchema, 'Check name', 'The name of a check.'),
  },
  stop: {
    'stop-selector': named(stop.stopSelectorSchema, 'Selector of a stop', 'Which agents a stop is for.'),
    'stopped-process': named(stop.stoppedProcessSchema, 'Stopped process', 'One process of a stopped agent.'),
    'stopped-agent': named(stop.stoppedAgentSchema, 'Stopped agent', 'One agent that a stop holds.'),
    'missed-process': named(stop.missedProcessSchema, 'Missed process', 'One process that was not stopped, and why.'),
    'stop-receipt': named(stop.stopReceiptSchema, 'Receipt of a stop', 'What a device did about one stop.'),
    'stop-event': named(stop.stopEventSchema, 'Stop event', 'What happened under a stop after its receipt.'),
  },
  sighting: {
    user: named(sighting.userSchema, 'User', 'A user of the device.'),
    'process-identity': named(sighting.processIdentitySchema, 'Process', 'One process, uniquely named.'),
    container: named(sighting.containerSchema, 'Container', 'A container or another system that shares the kernel.'),
    'agent-part': named(sighting.agentPartSchema, 'Process of an agent', 'One process of a running agent.'),
    ...SIGHTING_PARTS,
  },
  evidence: {
    sightings: named(evidence.sightingsSchema, 'Sightings of a batch', 'A part of a full snapshot, or a delta.'),
    'agent-claim': named(claims.agentClaimSchema, 'Agent claim', 'What a user of a device says of an agent there.'),
    'approval-request': named(gate.approvalRequestSchema, 'Approval request', 'An action that waits for a person.'),
  },
  order: {
    'approval-decision': named(gate.approvalDecisionSchema, 'Approval decision', 'What became of an approval request.'),
  },
  attestation: {
    attested: named(frames.attestedSchema, 'Attested', 'TPMS_ATTEST and TPMT_SIGNATURE, as the TPM marshalled them.'),
    quote: named(frames.quoteSchema, 'Quote', 'Output of TPM2_Quote and the PCR values that it covers.'),
  },
  'attestation-result': {
    'verdict-reason': named(verdictReasonSchema, 'Reason', 'One reason for a verdict that is not compliant.'),
  },
  result: {
    'claim-decision': named(claims.claimDecisionSchema, 'Claim decision', 'The decision about a claim.'),
    offer: named(frames.offerSchema, 'Offer', 'A document that the directory distributes.'),
  },
  catalogue: {
    path: named(facts.path, 'Path', 'A path on Linux or macOS, and where it was learnt.'),
    'windows-path': named(facts.windowsPath, 'Windows path', 'A path as Windows spells it.'),
    'windows-file': named(facts.windowsFile, 'Windows file', 'A path on Windows, and where it was learnt.'),
    trusted: named(facts.trusted, 'Trusted', 'Where an agent records that a person trusts a project.'),
    mcp: named(facts.mcp, 'MCP configuration', 'A file that configures MCP servers.'),
    file: named(facts.file, 'Agent file', 'A file that tells an agent what to do or what to run.'),
    service: named(facts.service, 'Service', 'What starts an agent again.'),
    'unix-places': named(unixPlaces, 'Places of a browser', 'Its profiles and programs on Linux or macOS.'),
  },
}

const toDirectory = 'Device to directory'
const toDevice = 'Directory to device'
const OF_API = "Part of the administrators' API."

/** By the name of the file. OpenAPI describes the whole API. */
const DOCUMENTS: Readonly<Record<string, Named>> = {
  enrolment: named(enrolmentSchema, 'Enrolment string', 'The JSON inside an enrolment string.'),
  hello: named(
    frames.helloSchema,
    'hello',
    `${toDirectory}, plain JSON, first. Exactly one of \`token\` and \`device\`.`,
  ),
  challenge: named(frames.challengeSchema, 'challenge', `${toDevice}, payload of a JWS.`),
  attestation: named(frames.attestationSchema, 'attestation', `${toDirectory}, payload of a JWS.`),
  credential: named(frames.credentialSchema, 'credential', `${toDevice}, payload of a JWS. Only for a TPM.`),
  activation: named(frames.activationSchema, 'activation', `${toDirectory}, payload of a JWS. Only for a TPM.`),
  welcome: named(frames.welcomeSchema, 'welcome', `${toDevice}, payload of a JWS.`),
  evidence: named(
    evidence.evidenceSchema,
    'evidence',
    `${toDirectory}, payload of a JWS (an EAT, RFC 9711). At most 32 members that are not listed here, of at most 64 KiB.`,
  ),
  renew: named(frames.renewSchema, 'renew', `${toDirectory}, plain JSON.`),
  'catalogue-request': named(frames.catalogueRequestSchema, 'catalogue request', `${toDirectory}, plain JSON.`),
  'gate-policy-request': named(frames.gatePolicyRequestSchema, 'gate policy request', `${toDirectory}, plain JSON.`),
  'checkpoint-request': named(frames.checkpointRequestSchema, 'checkpoint request', `${toDirectory}, plain JSON.`),
  ack: named(frames.ackSchema, 'ack', `${toDevice}, payload of a JWS.`),
  result: named(frames.resultSchema, 'result', `${toDevice}, payload of a JWS.`),
  checkpoint: named(frames.checkpointFrameSchema, 'checkpoint', `${toDevice}, payload of a JWS.`),
  order: named(orderSchema, 'order', `${toDevice}, payload of a JWS.`),
  catalogue: named(catalogueSchema, 'catalogue', `${toDevice}, payload of a JWS: the catalogue of agents itself.`),
  'gate-policy': named(
    gatePolicySchema,
    'gate policy',
    `${toDevice}, payload of a JWS: the policy of the gate itself.`,
  ),
  delegation: named(delegationSchema, 'delegation', `${toDevice}, payload of a JWS inside a challenge.`),
  'evidence-export': named(
    exportManifestSchema,
    'evidence export',
    'Directory to auditor, payload of a JWS: the first line of an evidence export.',
  ),
  refusal: named(frames.refusalSchema, 'refusal', `${toDevice}, plain JSON, unsigned, last.`),
  finding: named(findingSchema, 'Finding', 'The answer to one check.'),
  inventory: named(evidence.inventorySchema, 'Inventory', 'Hardware and operating system, as the device reports them.'),
  stop: named(stop.stopSchema, 'Stop', 'What an order to freeze, retire or release is about.'),
  receipt: named(evidence.receiptSchema, 'Receipt', 'What a device did with one order.'),
  gap: named(evidence.gapSchema, 'Gap', 'Which batches a full spool dropped.'),
  'health-warning': named(
    evidence.healthWarningSchema,
    'Health warning',
    'A condition of the daemon that a person must fix.',
  ),
  sighting: named(sighting.sightingSchema, 'Sighting', 'One thing that a scan found. Its member `kind` says what.'),
  'source-report': named(sighting.sourceReportSchema, 'Source report', 'How reading one source went.'),
  'tamper-sign': named(
    tamper.tamperSignSchema,
    'Tamper sign',
    'What may mean that a person kept the daemon from its work.',
  ),
  'log-fault': named(
    logFaultSchema,
    'Log fault',
    'Two checkpoints of the record of the directory that do not fit together.',
  ),
  action: named(
    gate.actionReportSchema,
    'Action',
    'What leaves the device of an action that an agent asked the gate about.',
  ),
  'attestation-result': named(
    attestationResultSchema,
    'Attestation result',
    'What appraisal gives: verdict, tier, reasons and times.',
  ),
  'enrolment-claim': named(frames.enrolmentClaimSchema, 'Enrolment claim', 'The keys of a device.'),
  'device-label': named(frames.deviceLabelSchema, 'Device label', 'Names for people. They are no identity.'),
  status: named(statusSchema, 'surety/status@1', 'What `surety status --json` prints.'),
  'administrator-profile': named(
    common.administratorProfileSchema,
    'administrator.json',
    'What the commands of a directory need to reach it.',
  ),
  'api-problem': named(common.problemSchema, 'Refusal of the API', OF_API),
  'api-summary': named(summarySchema, 'Summary', OF_API),
  'api-token': named(tokenSchema, 'Token', OF_API),
  verdict: named(signedVerdictSchema, 'verdict', 'The answer to a server that asks about a device: payload of a JWS.'),
  decision: named(
    signedDecisionSchema,
    'decision',
    'The answer to a server that asks whether something is allowed: payload of a JWS.',
  ),
  'api-pending-device': named(pendingDeviceSchema, 'Pending device', OF_API),
  'api-re-enrolment': named(reEnrolmentSchema, 'Re-enrolment', OF_API),
  'api-event': named(eventSchema, 'Event', OF_API),
  'api-device': named(devices.deviceSchema, 'Device', OF_API),
  'api-device-sighting': named(devices.deviceSightingSchema, 'Sighting of a device', OF_API),
  'api-evidence-entry': named(evidenceEntrySchema, 'Stored batch', OF_API),
  'api-public-key': named(publicJwkSchema, 'Application key', OF_API),
  'api-order': named(deviceOrderSchema, 'Order of a device', OF_API),
  'api-fleet-agent': named(fleetAgentSchema, 'Agent in the fleet', OF_API),
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

const idOf = (document: string) => `urn:x-surety:schema:${PROTOCOL_VERSION}:${document}`

const json = (schema: TSchema) => JSON.stringify(schema)
/** Where a schema is: a document, or a part of one in its `$defs`. */
interface Place {
  readonly document: string
  readonly part?: string
}

const placesOfParts = Object.entries(PARTS).flatMap(([document, parts]) =>
  Object.entries(parts).map(([part, { schema }]): [string, Place] => [json(schema), { document, part }]),
)
const placesOfDocuments = Object.entries(DOCUMENTS).map(([document, { schema }]): [string, Place] => [
  json(schema),
  { document },
])
const placesByJson = new Map([...placesOfDocuments, ...placesOfParts].reverse())

/** @returns the documents by file name. */
export function protocolSchemas(): ReadonlyMap<string, object> {
  const types = named(Type.Unknown(), 'Types', 'Short types of the other schemas. It describes no document.')
  return new Map(
    Object.entries({ types, ...DOCUMENTS }).map(([name, document]) => [`${name}.json`, documentOf(name, document)]),
  )
}

function documentOf(name: string, { schema, title, description }: Named): object {
  const parts = Object.entries(PARTS[name] ?? {}).map(
    ([part, { schema: inner, ...words }]) => [part, { ...words, ...membersWithReferences(inner, name) }] as const,
  )
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: idOf(name),
    title,
    description,
    ...membersWithReferences(schema, name),
    ...(parts.length > 0 ? { $defs: Object.fromEntries(parts) } : {}),
  }
}

/** Keeps the schema itself, and replaces named schemas inside it with references. */
function membersWithReferences(schema: TSchema, document: string): { readonly [name: string]: Json } {
  const { description: _, ...plain } = JSON.parse(json(schema))
  return Object.fromEntries(Object.entries<Json>(plain).map(([name, inner]) => [name, withReferences(inner, document)]))
}

function withReferences(value: Json, document: string): Json {
  if (typeof value !== 'object' || value === null) return value
  const place = placesByJson.get(JSON.stringify(value))
  if (place !== undefined) {
    const elsewhere = place.document === document ? '' : idOf(place.document)
    return { $ref: place.part === undefined ? elsewhere : `${elsewhere}#/$defs/${place.part}` }
  }
  if (Array.isArray(value)) return value.map((item) => withReferences(item, document))
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withReferences(inner, document)]))
}
