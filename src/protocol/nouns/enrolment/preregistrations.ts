import { closed, counter, legibleText, type Static, Type, text, words } from '../../../base/schema.ts'
import { deviceIdSchema, preregistrationIdSchema, timeSchema } from '../../ids.ts'
import { noun, verb } from '../../noun/noun.ts'
import { counted, PERSON } from '../../noun/words.ts'

/** Devices that may enrol with a token for preregistered devices, each once, and who answers for them. */

/**
 * `endorsement-key`: SHA-256 of the SubjectPublicKeyInfo of the TPM's endorsement key, which the TPM proves. A device only says its
 * serial number and host name.
 */
export const PREREGISTRATION_KINDS = ['endorsement-key', 'serial', 'host', 'serial-or-host'] as const
export type PreregistrationKind = (typeof PREREGISTRATION_KINDS)[number]

const PREFIXES: Readonly<Record<string, PreregistrationKind>> = {
  serial: 'serial',
  host: 'host',
  ek: 'endorsement-key',
}
const HEX_HASH = /^[0-9a-fA-F]{64}$/
const BASE64URL_HASH = /^[A-Za-z0-9_-]{43}$/

type PreregisteredDevice = Pick<PreregistrationInit, 'kind' | 'name'>

/**
 * A device as files name it: a serial number or host name, or one of them behind `serial:` or `host:`, or behind `ek:` the SHA-256 of
 * an endorsement key.
 *
 * @returns why the text names none.
 */
export function preregisteredDevice(device: string): PreregisteredDevice | string {
  const [, prefix = '', rest = ''] = /^(serial|host|ek):(.*)$/s.exec(device) ?? []
  const kind = PREFIXES[prefix] ?? (HEX_HASH.test(device) ? 'endorsement-key' : 'serial-or-host')
  const name = prefix === '' ? device : rest.trim()
  if (name === '') return `nothing follows ${prefix}:`
  if (kind === 'endorsement-key' && !HEX_HASH.test(name) && !BASE64URL_HASH.test(name)) {
    return 'no SHA-256 in hexadecimal or base64url follows ek:'
  }
  return { kind, name }
}

/** As files name it. */
export function deviceText({ kind, name }: PreregisteredDevice): string {
  const [prefix] = Object.entries(PREFIXES).find(([, one]) => one === kind) ?? []
  return prefix === undefined ? name : `${prefix}:${name}`
}

export const MAX_PREREGISTRATIONS = 10_000

export const preregistrationRequestSchema = closed({
  items: Type.Array(
    closed({
      kind: words(...PREREGISTRATION_KINDS),
      /** In any case. An endorsement key: 64 hexadecimal digits, or base64url. */
      name: legibleText(256),
      owner: legibleText(256),
    }),
    { minItems: 1, maxItems: MAX_PREREGISTRATIONS },
  ),
})
export type PreregistrationRequest = Static<typeof preregistrationRequestSchema>
export type PreregistrationInit = PreregistrationRequest['items'][number]

/** `changed`: they had another owner. */
export const preregisteredSchema = closed({ added: counter(), changed: counter(), unchanged: counter() })

export const preregistrationSchema = closed({
  id: preregistrationIdSchema,
  kind: words(...PREREGISTRATION_KINDS),
  name: text(256),
  owner: text(256),
  addedAt: timeSchema,
  addedBy: text(256),
  /** The device that enrolled with it. No other one can. */
  device: Type.Optional(deviceIdSchema),
  enrolledAt: Type.Optional(timeSchema),
})
export type Preregistration = Static<typeof preregistrationSchema>

export const PREREGISTRATION_ACTS = ['devices-preregistered', 'preregistration-removed'] as const

export const preregistrations = noun({
  one: 'preregistration',
  many: 'preregistrations',
  about: 'devices that may enrol with a token for preregistered devices, each once',
  id: preregistrationIdSchema,
  item: preregistrationSchema,
  called: 'its id, at least eight characters of its beginning, its name, owner or device',
  describe: ({ id, kind, name }) => `${id} (${kind} ${name})`,
  completes: ({ name, owner }) => ({ word: name, about: owner }),
  list: {
    operationId: 'listPreregistrations',
    action: 'audit',
    summary: 'Preregistrations by id, filtered by use or owner, or by name, owner or device',
    filters: {
      used: {
        schema: words('yes', 'no'),
        options: [{ flags: '--unused', about: 'only those that no device has used', value: 'no' }],
      },
      owner: {
        schema: Type.String({ minLength: 1, maxLength: 256 }),
        options: [{ flags: '--owner <person>', about: `those of this owner: ${PERSON}` }],
      },
    },
    sorts: ['name', 'owner', 'added'],
    search: 'only those whose name or owner begins with this',
    about: 'devices that are preregistered',
    examples: ['list --unused', 'list --owner ada', 'list -o csv > preregistered.csv'],
    columns: [
      { heading: 'ID', of: ({ id }) => id },
      { heading: 'KIND', of: ({ kind }) => kind },
      { heading: 'NAME', of: ({ name }) => name },
      { heading: 'OWNER', of: ({ owner }) => owner },
      { heading: 'DEVICE', of: ({ device }) => device },
      { heading: 'ENROLLED', of: ({ enrolledAt }) => enrolledAt, as: 'time' },
      { heading: 'ADDED', of: ({ addedAt }) => addedAt, as: 'time', wide: true },
      { heading: 'BY', of: ({ addedBy }) => addedBy, wide: true },
    ],
  },
  verbs: {
    add: verb({
      method: 'POST',
      operationId: 'preregisterDevices',
      action: 'operate',
      summary: 'Preregister devices, all or none: tokens for preregistered devices take them',
      body: preregistrationRequestSchema,
      // Ten thousand devices with long names and owners.
      bodyMaxBytes: 4 * 1024 * 1024,
      response: preregisteredSchema,
      creates: true,
      command: {
        about: 'preregister the devices of a file, all or none',
        arguments: [
          { name: 'file', about: 'CSV, one line a device: SERIAL-OR-HOST,OWNER; also serial:…, host:… and ek:SHA-256' },
        ],
        examples: ['add laptops.csv', 'add endorsement-keys.csv --json'],
        says: ({ added, changed, unchanged }) => [
          `${counted(added)} added, ${counted(changed)} changed, ${counted(unchanged)} unchanged`,
        ],
        document: { name: 'preregistered' },
      },
    }),
    remove: verb({
      method: 'DELETE',
      ofItem: true,
      operationId: 'removePreregistration',
      action: 'operate',
      summary: 'Remove a preregistration. A device that enrolled with it stays',
      response: preregistrationSchema,
      command: {
        about: 'take one back; a device that enrolled with it stays',
        examples: ['remove PF3X2Y1Z', 'remove pre_4fG2 --json'],
        says: ({ id, device }) => [
          `preregistration ${id} is removed`,
          ...(device === undefined ? [] : [`${device}, which enrolled with it, stays`]),
        ],
      },
    }),
  },
})
