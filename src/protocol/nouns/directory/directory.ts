import { closed, counter, type Static, Type, text, words } from '../../../base/schema.ts'
import { timeSchema } from '../../ids.ts'
import { VERDICTS } from '../../messages/attestation-result.ts'
import { apiAnswer } from '../../noun/answers.ts'
import { TIERS } from '../../tier.ts'
import { SEEN_STATES } from '../agents/seen-agents.ts'
import { verdictKeySchema } from '../devices/verdict.ts'

/** The directory itself in the administrators' API. */

const counts = <const W extends readonly string[]>(keys: W) =>
  // The type of Object.fromEntries loses the keys.
  closed(Object.fromEntries(keys.map((key) => [key, counter()])) as Record<W[number], ReturnType<typeof counter>>)

/** What the directory does by itself. */
export const DIRECTORY_ACTS = [
  'directory-restored',
  'console-certificate-renewed',
  'console-certificate-failed',
] as const

export const healthSchema = closed({ status: Type.Literal('ok') })

export const summarySchema = closed({
  time: timeSchema,
  version: text(64),
  devices: closed({
    /** Devices that are not retired. The other counts are of these. */
    total: counter(),
    connected: counter(),
    retired: counter(),
    forked: counter(),
    /** With a tamper sign of the last seven days. */
    tampered: counter(),
    /** Silent for longer than the policy allows. */
    silentTooLong: counter(),
    byVerdict: counts(VERDICTS),
    byTier: counts(TIERS),
  }),
  /** As last reported by devices that are not retired. */
  sightings: closed({
    agents: counter(),
    runningAgents: counter(),
    /** Those of `runningAgents` that a stop holds. */
    frozenAgents: counter(),
    unknownAgents: counter(),
    autonomousAgents: counter(),
    extensions: counter(),
    aiExtensions: counter(),
    mcpServers: counter(),
    /** A secret in clear text, no TLS, or a configuration or program that other users can change. */
    riskyMcpServers: counter(),
    /** Other users can change them, or they have invisible characters. */
    riskyAgentFiles: counter(),
    modelRuntimes: counter(),
  }),
  /** The checks that fail on most devices. */
  failingChecks: Type.Array(closed({ check: text(64), devices: counter() }), { maxItems: 5 }),
  stops: closed({
    /** In force. */
    standing: counter(),
    /** They, or their release, wait for a second person. */
    toConfirm: counter(),
    /** People who can confirm one now: with valid tokens, and not added within a day. With a single one, nobody can confirm what that person asks for. */
    persons: counter(),
    /** Devices of stops in force, by what they answered to each. */
    frozen: counter(),
    unanswered: counter(),
    failed: counter(),
  }),
  /** Agents as they are seen: one product of one user on one device, on devices that are not retired. */
  seenAgents: closed({
    ...counts(SEEN_STATES).properties,
    /** Those of `registered` that differ from their registration. */
    deviating: counter(),
  }),
  policy: closed({
    /** 0: the default of this release. */
    version: counter(),
    setAt: Type.Optional(timeSchema),
    setBy: Type.Optional(text(256)),
    /** Devices whose verdict still has to be made again. */
    toAppraise: Type.Optional(counter()),
  }),
  /** New devices that wait for a human. */
  pendingDevices: counter(),
  pendingReEnrolments: counter(),
  usableTokens: counter(),
  /** Present where everything is made up: no device can enrol here. */
  demonstration: Type.Optional(closed({ createdAt: timeSchema, devices: counter() })),
  /** The newest start on a restored backup. What happened after `backupAt` was forgotten. */
  restored: Type.Optional(closed({ backup: text(64), backupAt: timeSchema, at: timeSchema })),
  /** Present where an ACME server gives the certificate of the console. `failing`: why it was not renewed, which is tried again. */
  consoleCertificate: Type.Optional(
    closed({
      name: text(253),
      validUntil: Type.Optional(timeSchema),
      failing: Type.Optional(closed({ since: timeSchema, reason: text(400) })),
    }),
  ),
})
export type Summary = Static<typeof summarySchema>

/** How one check went on the devices that are not retired. */
export const checkCountsSchema = closed({
  check: text(64),
  /** By the rules of the policy for devices that are in no group. */
  weight: words('required', 'required-everywhere', 'advisory', 'off'),
  /** Groups of the policy have other weights. */
  differs: Type.Boolean(),
  pass: counter(),
  fail: counter(),
  unknown: counter(),
  notApplicable: counter(),
  notReported: counter(),
  /** Among those that fail or are unknown: the check does not count yet, or not for now. */
  inGrace: counter(),
  exempt: counter(),
})
export type CheckCounts = Static<typeof checkCountsSchema>

/** `devices`: how many are not retired. The check that fails on most devices first. */
export const checkListSchema = closed({ time: timeSchema, devices: counter(), items: Type.Array(checkCountsSchema) })
export const checkListReader = apiAnswer(checkListSchema, 'list of checks')

export const authoritySchema = closed({
  /** SHA-256 of the SubjectPublicKeyInfo of the CA and of the root key, base64url: what enrolment strings pin. */
  pins: closed({ ca: text(64), root: text(64) }),
  /** PEM. */
  caCertificate: text(16_384),
  verdicts: verdictKeySchema,
})
export type Authority = Static<typeof authoritySchema>

export const summaryReader = apiAnswer(summarySchema, 'summary')
