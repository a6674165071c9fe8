import { base64UrlOf, closed, counter, legibleText, type Static, Type, text, words } from '../base/schema.ts'
import { apiAnswer, pageOf } from './api-common.ts'
import { retiredDeviceSchema } from './api-devices.ts'
import { VERDICTS } from './attestation-result.ts'
import { deviceLabelSchema } from './frames.ts'
import { deviceIdSchema, reEnrolmentIdSchema, timeSchema, tokenIdSchema } from './ids.ts'
import { LIMITS } from './limits.ts'
import { TIERS, tierSchema } from './tier.ts'

/** What the administrators' API says about everything but devices. */

const counts = <const W extends readonly string[]>(keys: W) =>
  // Object.fromEntries forgets the keys it was given.
  closed(Object.fromEntries(keys.map((key) => [key, counter()])) as Record<W[number], ReturnType<typeof counter>>)

export const healthSchema = closed({ status: Type.Literal('ok') })

export const summarySchema = closed({
  time: timeSchema,
  version: text(64),
  devices: closed({ total: counter(), forked: counter(), byVerdict: counts(VERDICTS), byTier: counts(TIERS) }),
  /** As last told by devices that are not retired. */
  sightings: closed({
    agents: counter(),
    runningAgents: counter(),
    unknownAgents: counter(),
    autonomousAgents: counter(),
    extensions: counter(),
    aiExtensions: counter(),
    mcpServers: counter(),
    modelRuntimes: counter(),
  }),
  pendingReEnrolments: counter(),
  usableTokens: counter(),
})
export type Summary = Static<typeof summarySchema>

export const TOKEN_TTL_MS = { minimum: 60_000, maximum: 30 * 24 * 3_600_000 } as const

export const tokenRequestSchema = closed({
  /** The human who answers for the device. */
  owner: legibleText(256),
  /** From a minute to thirty days; a day where absent. */
  ttlMs: Type.Optional(Type.Integer(TOKEN_TTL_MS)),
  /** The device must say it has this serial number. */
  serial: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  /** Where absent, `tpm-attested`. */
  minimumTier: Type.Optional(tierSchema),
})
export type TokenRequest = Static<typeof tokenRequestSchema>

export const tokenSchema = closed({
  id: tokenIdSchema,
  owner: text(256),
  serial: Type.Optional(text(128)),
  minimumTier: tierSchema,
  createdAt: timeSchema,
  expiresAt: timeSchema,
  /** How many devices it may enrol, and how many it has. */
  uses: counter(),
  used: counter(),
  status: words('usable', 'used', 'expired', 'revoked'),
  /** The devices that used it, waiting for a re-enrolment too, the newest twenty; also when they enrolled anew since. */
  devices: Type.Array(deviceIdSchema, { maxItems: 20 }),
})
export type Token = Static<typeof tokenSchema>

/** The one place where the secret appears: it is stored only as a hash. */
export const createdTokenSchema = closed({
  token: tokenSchema,
  enrolment: text(2048),
  /** Why no device can use it, as this directory is set up. */
  warning: Type.Optional(text(512)),
})

/** A catalogue of agents: its JSON, or that as its publisher signed it. */
export const catalogueRequestBodySchema = closed({ catalogue: text(4 * LIMITS.catalogueBytes) })
/** Which catalogue devices are told to use. */
export const catalogueViewSchema = closed({
  version: counter(),
  /** SHA-256 of its canonical JSON. */
  hash: base64UrlOf(32),
  setAt: timeSchema,
  setBy: text(256),
  /** The version that programs of this release bring along: devices take only what is above theirs. */
  builtIn: Type.Optional(counter()),
  /** Why it is not handed out though it was set: this directory finds a fault in it that an earlier one did not. */
  refused: Type.Optional(text(512)),
})
export type CatalogueView = Static<typeof catalogueViewSchema>

/** A known TPM asks to enrol again: same device, new epoch, if a human says so. */
export const reEnrolmentSchema = closed({
  id: reEnrolmentIdSchema,
  device: deviceIdSchema,
  /** The epoch that an approval begins. */
  epoch: counter(),
  owner: text(256),
  tier: tierSchema,
  /** What the device calls itself now. */
  label: deviceLabelSchema,
  /** By what it was known: its TPM, or its key alone. */
  knownBy: Type.Optional(words('tpm', 'key')),
  /** Of a device that is retired now. */
  retired: Type.Optional(retiredDeviceSchema),
  createdAt: timeSchema,
  status: words('pending', 'approved', 'denied'),
  decidedAt: Type.Optional(timeSchema),
  decidedBy: Type.Optional(text(256)),
})
export type ReEnrolment = Static<typeof reEnrolmentSchema>

/** What a directory of this release puts on the record. */
export const EVENT_KINDS = [
  'token-created',
  'token-revoked',
  'enrolled',
  'enrolled-again',
  're-enrolment-pending',
  're-enrolment-approved',
  're-enrolment-denied',
  'enrolment-refused',
  'attested',
  'attestation-refused',
  'forked',
  'gap',
  'evidence-forgotten',
  'evidence-not-taken-in',
  'evidence-quota-reached',
  'evidence-refused',
  'evidence-slowed',
  'flooded',
  'sightings-forgotten',
  'not-appraised',
  'order-issued',
  'order-answered',
  'order-number-raised',
  'retired',
  'catalogue-set',
  'agent-appeared',
  'unknown-agent-appeared',
  'agent-autonomous',
  'mcp-launch-changed',
] as const
export type EventKind = (typeof EVENT_KINDS)[number]

/** One line of what happened, as the directory saw it; newest first. `facts` depend on the kind. */
export const eventSchema = closed({
  id: counter(),
  time: timeSchema,
  /** One of `EVENT_KINDS`, or of those that a later release knows. */
  kind: text(64),
  device: Type.Optional(text(64)),
  actor: Type.Optional(text(256)),
  facts: Type.Unknown(),
})
export type DirectoryEvent = Static<typeof eventSchema>

export const authoritySchema = closed({
  /** SHA-256 of the SubjectPublicKeyInfo of the CA and of the root key, base64url: what enrolment strings pin. */
  pins: closed({ ca: text(64), root: text(64) }),
  /** PEM. */
  caCertificate: text(16_384),
})
export type AuthorityView = Static<typeof authoritySchema>

export const tokenPageSchema = pageOf(tokenSchema)
export const reEnrolmentPageSchema = pageOf(reEnrolmentSchema)
export const eventPageSchema = pageOf(eventSchema)

export const summaryReader = apiAnswer(summarySchema, 'summary')
export const createdTokenReader = apiAnswer(createdTokenSchema, 'created token')
export const catalogueViewReader = apiAnswer(catalogueViewSchema, 'catalogue')
export const tokenReader = apiAnswer(tokenSchema, 'token')
export const tokenPageReader = apiAnswer(tokenPageSchema, 'list of tokens')
export const reEnrolmentReader = apiAnswer(reEnrolmentSchema, 're-enrolment')
export const eventPageReader = apiAnswer(eventPageSchema, 'list of events')
export const reEnrolmentPageReader = apiAnswer(reEnrolmentPageSchema, 'list of re-enrolments')
