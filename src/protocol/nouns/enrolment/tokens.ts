import { closed, counter, legibleText, type Static, Type, text, words } from '../../../base/schema.ts'
import { deviceIdSchema, timeSchema, tokenIdSchema } from '../../ids.ts'
import { apiAnswer, pageOf } from '../../noun/answers.ts'
import { tierSchema } from '../../tier.ts'

/** Enrolment tokens in the administrators' API. */

export const TOKEN_TTL_MS = { minimum: 60_000, maximum: 30 * 24 * 3_600_000 } as const

export const TOKEN_USES = { minimum: 1, maximum: 100_000 } as const

/**
 * Which new devices wait until a human accepts them: all, or those that are not preregistered. A known device waits in any case.
 */
export const TOKEN_PENDING = ['all', 'unlisted'] as const

export const tokenRequestSchema = closed({
  /** The human who answers for the device. May be absent if `preregistered`: each preregistration names one. */
  owner: Type.Optional(legibleText(256)),
  /** How many devices may enrol with it. Absent: one. */
  uses: Type.Optional(Type.Integer(TOKEN_USES)),
  /** Only preregistered devices, each with the owner of its preregistration. */
  preregistered: Type.Optional(Type.Boolean()),
  /** Absent: none, unless the setting `enrolment.pending` says so. */
  pending: Type.Optional(words(...TOKEN_PENDING)),
  /**
   * For tokens of many uses. Each device has one use: a device with a TPM is known by its endorsement key, another one by the serial
   * number that it says. True: the others are not told apart.
   */
  unbound: Type.Optional(Type.Boolean()),
  /** From a minute to thirty days. Absent: a day. */
  ttlMs: Type.Optional(Type.Integer(TOKEN_TTL_MS)),
  /** The device must report this serial number. */
  serial: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  /** Absent: `tpm-attested`. */
  minimumTier: Type.Optional(tierSchema),
})
export type TokenRequest = Static<typeof tokenRequestSchema>

export const tokenSchema = closed({
  id: tokenIdSchema,
  /** Absent if it takes only preregistered devices and names none. */
  owner: Type.Optional(text(256)),
  /** Present if it takes only preregistered devices. */
  preregistered: Type.Optional(Type.Literal(true)),
  pending: Type.Optional(words(...TOKEN_PENDING)),
  /** Present if devices without a TPM are not told apart. */
  unbound: Type.Optional(Type.Literal(true)),
  serial: Type.Optional(text(128)),
  minimumTier: tierSchema,
  createdAt: timeSchema,
  expiresAt: timeSchema,
  /** How many devices it may enrol, and how many it has enrolled. */
  uses: counter(),
  used: counter(),
  status: words('usable', 'used', 'expired', 'revoked'),
  /** The twenty newest devices that used it, including those that wait for approval or enrolled again since. */
  devices: Type.Array(deviceIdSchema, { maxItems: 20 }),
})
export type Token = Static<typeof tokenSchema>

/** The only place where the secret appears: the directory stores its hash alone. */
export const createdTokenSchema = closed({
  token: tokenSchema,
  enrolment: text(2048),
  /** Why no device can use the token with the present configuration. */
  warning: Type.Optional(text(512)),
})

export const tokenPageSchema = pageOf(tokenSchema)

export const createdTokenReader = apiAnswer(createdTokenSchema, 'created token')
export const tokenReader = apiAnswer(tokenSchema, 'token')
export const tokenPageReader = apiAnswer(tokenPageSchema, 'list of tokens')

export const TOKEN_ACTS = ['token-created', 'token-revoked'] as const
