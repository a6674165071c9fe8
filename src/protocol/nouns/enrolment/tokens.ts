import { closed, counter, legibleText, type Static, Type, text, words } from '../../../base/schema.ts'
import { deviceIdSchema, timeSchema, tokenIdSchema } from '../../ids.ts'
import { apiAnswer } from '../../noun/answers.ts'
import { noun, verb } from '../../noun/noun.ts'
import { counted } from '../../noun/words.ts'
import { TIERS, tierSchema } from '../../tier.ts'

/** Enrolment tokens in the administrators' API. */

export const TOKEN_TTL_MS = { minimum: 60_000, maximum: 30 * 24 * 3_600_000 } as const

export const TOKEN_USES = { minimum: 1, maximum: 100_000 } as const

/**
 * Which new devices wait until a person accepts them: all, or those that are not preregistered. A known device waits in any case.
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

export const TOKEN_STATUSES = ['usable', 'used', 'expired', 'revoked'] as const

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
  status: words(...TOKEN_STATUSES),
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

export const createdTokenReader = apiAnswer(createdTokenSchema, 'created token')

export const TOKEN_ACTS = ['token-created', 'token-revoked'] as const

/** Only the answer to `create` has a secret. */
export const tokens = noun({
  one: 'token',
  many: 'tokens',
  alias: 'token',
  about: 'enrolment tokens',
  id: tokenIdSchema,
  item: tokenSchema,
  called: 'its id, at least eight characters of its beginning, or the owner or serial number of one',
  describe: ({ id, status, owner }) => `${id} (${status}${owner === undefined ? '' : `, of ${owner}`})`,
  completes: ({ id, owner }) => ({ word: id, about: owner ?? 'preregistered devices' }),
  preferred: ({ status }) => status === 'usable',
  list: {
    operationId: 'listTokens',
    action: 'audit',
    summary:
      'Enrolment tokens, newest first, without their secrets, filtered by status, or by id, owner or serial number',
    filters: {
      status: {
        schema: words(...TOKEN_STATUSES),
        options: [{ flags: '--status <status>', about: `only those that are ${TOKEN_STATUSES.join(', ')}` }],
      },
    },
    sorts: ['created', 'expires'],
    newestFirst: true,
    about: 'tokens, newest first, without their secrets',
    examples: ['list --status usable', 'list -o csv'],
    none: 'no tokens; make one with: surety-directory tokens create --owner NAME',
    columns: [
      { heading: 'ID', of: ({ id }) => id },
      { heading: 'STATUS', of: ({ status, used }) => (status === 'revoked' && used > 0 ? 'revoked, used' : status) },
      { heading: 'OWNER', of: ({ owner }) => owner },
      { heading: 'USED', of: ({ used }) => used, shown: ({ used, uses }) => `${counted(used)} of ${counted(uses)}` },
      { heading: 'MINIMUM TIER', of: ({ minimumTier }) => minimumTier },
      {
        heading: 'ONLY FOR',
        of: ({ preregistered, serial }) => (preregistered === true ? 'preregistered' : serial),
      },
      { heading: 'EXPIRES', of: ({ expiresAt }) => expiresAt, as: 'time' },
      { heading: 'CREATED', of: ({ createdAt }) => createdAt, as: 'ago' },
      { heading: 'DEVICES', of: ({ devices }) => (devices.length === 0 ? undefined : devices.join(' ')) },
    ],
  },
  verbs: {
    create: verb({
      method: 'POST',
      operationId: 'createToken',
      action: 'operate',
      summary: 'Create an enrolment token. Its enrolment string is shown here and never again',
      body: tokenRequestSchema,
      response: createdTokenSchema,
      creates: true,
      secret: 'enrolment',
      command: {
        about: 'make a token and give out its enrolment string, once',
        options: [
          {
            flags: '--owner <name>',
            about: 'the person who answers for the device; required without the next two',
            inForm: 'the person who answers for the device; needed unless only preregistered devices enrol',
            member: 'owner',
          },
          {
            flags: '--owner-from <file>',
            about: 'preregister the devices of this file, as preregistrations add does; only these enrol',
          },
          {
            flags: '--preregistered',
            about: 'only preregistered devices enrol, each with the owner of its preregistration',
            member: 'preregistered',
          },
          {
            flags: '--uses <count>',
            about: 'how many devices may enrol (default: 1; with --owner-from as many as the file has)',
            inForm: 'how many devices may enrol (default: 1)',
            member: 'uses',
          },
          {
            flags: '--pending <choice>',
            about: 'new devices wait until a person accepts them: all, or unlisted (those that are not preregistered)',
            member: 'pending',
          },
          {
            flags: '--unbound',
            about: 'with --uses: do not tell devices without a TPM apart by their serial numbers',
            inForm: 'only with several uses: serial numbers are not compared',
            member: 'unbound',
          },
          {
            flags: '--ttl <time>',
            about: 'how long it may be used: 90m, 24h, 7d (default: 24h)',
            member: 'ttlMs',
            as: 'duration',
          },
          { flags: '--serial <number>', about: 'only for the device with this serial number', member: 'serial' },
          {
            flags: '--minimum-tier <tier>',
            about: `one of ${TIERS.join(', ')} (default: tpm-attested)`,
            member: 'minimumTier',
          },
          {
            flags: '--out <file>',
            about: 'write the enrolment string to this new file (mode 0600) instead of standard output',
          },
        ],
        document: { name: 'created-token' },
        examples: [
          'create --owner ada@example.org --out ada.enrolment',
          'create --uses 500 --owner-from laptops.csv --ttl 14d --out rollout.enrolment',
        ],
      },
    }),
    revoke: verb({
      method: 'DELETE',
      ofItem: true,
      operationId: 'revokeToken',
      action: 'operate',
      summary: 'Revoke a token: no device enrols with it from now on. A used-up token is refused',
      response: tokenSchema,
      command: {
        about: 'revoke a token: no more devices enrol with it',
        asks: 'Revoke the token',
        examples: ['revoke tok_4fG2', 'revoke ada@example.org --yes'],
        says: ({ id, status, devices }) => [
          `token ${id} is ${status}`,
          ...devices.map(
            (device) => `it was used by ${device}, which this does not end: surety-directory devices retire ${device}`,
          ),
        ],
      },
    }),
  },
})
