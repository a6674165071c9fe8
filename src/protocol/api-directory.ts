import { closed, counter, type Static, Type, text } from '../base/schema.ts'
import { apiAnswer } from './api-common.ts'
import { verdictKeySchema } from './api-verdict.ts'
import { VERDICTS } from './attestation-result.ts'
import { timeSchema } from './ids.ts'
import { TIERS } from './tier.ts'

/** The directory itself in the administrators' API. */

const counts = <const W extends readonly string[]>(keys: W) =>
  // The type of Object.fromEntries loses the keys.
  closed(Object.fromEntries(keys.map((key) => [key, counter()])) as Record<W[number], ReturnType<typeof counter>>)

export const healthSchema = closed({ status: Type.Literal('ok') })

export const summarySchema = closed({
  time: timeSchema,
  version: text(64),
  devices: closed({ total: counter(), forked: counter(), byVerdict: counts(VERDICTS), byTier: counts(TIERS) }),
  /** As last reported by devices that are not retired. */
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

export const authoritySchema = closed({
  /** SHA-256 of the SubjectPublicKeyInfo of the CA and of the root key, base64url: what enrolment strings pin. */
  pins: closed({ ca: text(64), root: text(64) }),
  /** PEM. */
  caCertificate: text(16_384),
  verdicts: verdictKeySchema,
})

export const summaryReader = apiAnswer(summarySchema, 'summary')
