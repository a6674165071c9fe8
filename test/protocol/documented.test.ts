import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { TSchema } from '../../src/base/schema.ts'
import { attestationResultSchema } from '../../src/protocol/attestation-result.ts'
import { delegationSchema } from '../../src/protocol/delegation.ts'
import { enrolmentSchema } from '../../src/protocol/enrolment-string.ts'
import { evidenceSchema } from '../../src/protocol/evidence.ts'
import * as frames from '../../src/protocol/frames.ts'
import { JWS_HEADERS } from '../../src/protocol/jws-types.ts'
import { LIMITS } from '../../src/protocol/limits.ts'
import { orderSchema } from '../../src/protocol/order.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const page = readFileSync(join(ROOT, 'docs/protocol.md'), 'utf8')

/** Every property name anywhere inside a schema. */
function propertyNames(schema: object): string[] {
  return Object.entries(schema).flatMap(([key, value]) => {
    if (typeof value !== 'object' || value === null) return []
    return key === 'properties'
      ? [...Object.keys(value), ...Object.values(value).flatMap((each) => propertyNames(each as TSchema))] // by JSON Schema
      : propertyNames(value)
  })
}

const SCHEMAS = {
  ...Object.fromEntries(Object.entries(frames).filter(([name]) => name.endsWith('Schema'))),
  attestationResultSchema,
  delegationSchema,
  enrolmentSchema,
  evidenceSchema,
  orderSchema,
} as Record<string, TSchema> // every export of frames.ts that ends in Schema is one

test.each(Object.entries(SCHEMAS))('every field of %s stands in docs/protocol.md', (_, schema) => {
  const names = new Set(propertyNames(schema))
  expect(names.size).toBeGreaterThan(0)
  expect([...names].filter((name) => !page.includes(`\`${name}\``))).toEqual([])
})

test('every limit stands there', () => {
  expect(Object.keys(LIMITS).filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([])
})

test('every kind of signed message stands there', () => {
  const types = Object.values(JWS_HEADERS).map((header) => JSON.parse(Buffer.from(header, 'base64url').toString()).typ)
  expect(types.filter((typ) => !page.includes(`\`${typ}\``))).toEqual([])
})

/** Codes that never go to a device: it judges these itself, or they are about something else. */
const NOT_REFUSALS = [
  'CONFIG_INVALID',
  'DELEGATION_REFUSED',
  'ENROLMENT_STRING_INVALID',
  'KEY_AUTHORISATION_FAILED',
  'KEY_CLOSED',
  'KEY_NOT_FOUND',
  'KEY_PROVIDER_UNAVAILABLE',
  'ORDER_EXPIRED',
  'ORDER_REFUSED',
  'ORDER_REPLAYED',
  'PIN_MISMATCH',
  'TPM_BUSY',
  'TPM_COMMAND_FAILED',
  'TPM_IDENTITY_LOST',
  'TPM_LOCKED_OUT',
  'TPM_UNAVAILABLE',
]

test('the table of refusals has every code that can be one, and no other', () => {
  const union = readFileSync(join(ROOT, 'src/base/errors.ts'), 'utf8')
  const [wire = ''] = union.slice(union.indexOf('// input of any kind')).split('// operating system')
  const possible = [...wire.matchAll(/'([A-Z0-9_]+)'/g)].map(([, code = '']) => code)
  const table = page
    .slice(page.indexOf('## Refusals'))
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  const documented = table.flatMap((line) =>
    [...(line.split('|')[1] ?? '').matchAll(/`([A-Z0-9_]+)`/g)].map(([, code]) => code),
  )
  const expected = [...possible.filter((code) => !NOT_REFUSALS.includes(code)), 'STORE_FAILED']
  expect(documented.sort()).toEqual(expected.sort())
})

test('a field that is not there would be found', () => {
  expect(propertyNames(frames.helloSchema)).toContain('clock')
  expect(page.includes('`no-such-field`')).toBe(false)
})
