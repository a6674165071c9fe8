import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CARDS } from '../../src/checks/checks.ts'
import { LIMITS } from '../../src/protocol/limits.ts'
import { JWS_HEADERS } from '../../src/protocol/messages/jws-types.ts'
import { SOURCES } from '../../src/protocol/scan-coverage.ts'
import type { SessionVectors } from '../support/protocol/vector-cases/session.ts'
import { type SchemaRow, schemaRows } from './schema-rows.ts'

/** docs/protocol.md says what the schemas and tables of the code say: it is all that another implementation has. */

const ROOT = resolve(import.meta.dirname, '../..')
const page = readFileSync(join(ROOT, 'docs/protocol.md'), 'utf8')

/** Rows of the tables of one section, without their heads: the text of each cell. */
function rowsBelow(heading: string): string[][] {
  const start = page.indexOf(`\n${heading}\n`)
  if (start === -1) throw new TypeError(`there is no ${heading}`)
  const section = page.slice(start + 1)
  const end = section.search(/\n#{1,3} (?=[^\n])/)
  return rowsOf(end === -1 ? section : section.slice(0, end))
}

function rowsOf(text: string): string[][] {
  const cells = (line: string) => line.split(/(?<!\\)\|/).slice(1, -1)
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (member|limit|code|status|kind) \|/.test(line))
  return lines.map((line) => cells(line).map((cell) => cell.trim()))
}

const codesIn = (text = '') => [...text.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, code = '']) => code)

describe('tables of members', () => {
  const HEAD = '| member | required | type | meaning |\n|---|---|---|---|\n'
  const tables = page
    .split(HEAD)
    .slice(1)
    .map((rest) => rowsOf(rest.split('\n\n')[0] ?? ''))
  const common = schemaRows('agent').slice(0, 8)
  const own = (part: string) => {
    const names = common.map(({ member }) => member)
    return schemaRows(part).filter(({ member }) => member === 'kind' || !names.includes(member))
  }

  /** As they stand on the page. */
  const EXPECTED: readonly (readonly [string, readonly SchemaRow[]])[] = [
    ['enrolment string', schemaRows('enrolment')],
    ['delegation', schemaRows('delegation')],
    ['hello', schemaRows('hello')],
    ['challenge', schemaRows('challenge')],
    ['attestation', schemaRows('attestation')],
    ['quote', schemaRows('quote')],
    ['claim of a software key', schemaRows('enrolment-claim', { kind: 'software' })],
    ['claim of a TPM', schemaRows('enrolment-claim', { kind: 'tpm' })],
    ['label', schemaRows('device-label')],
    ['credential', schemaRows('credential')],
    ['activation', schemaRows('activation')],
    ['welcome', schemaRows('welcome')],
    ['evidence', schemaRows('evidence')],
    ['inventory', schemaRows('inventory')],
    ['full sightings', schemaRows('sightings', { kind: 'full' })],
    ['delta of sightings', schemaRows('sightings', { kind: 'delta' })],
    ['every sighting', common.map((row) => (row.member === 'kind' ? { ...row, type: 'see below' } : row))],
    ['user', schemaRows('user')],
    ['agent', own('agent')],
    ['process identity', schemaRows('process-identity')],
    ['agent part', schemaRows('agent-part')],
    ['container', schemaRows('container')],
    ['extension', own('extension')],
    ['MCP server', own('mcp-server')],
    ['model runtime', own('model-runtime')],
    ['agent file', own('agent-file')],
    ['source report', schemaRows('source-report')],
    ['receipt', schemaRows('receipt')],
    ['stop receipt', schemaRows('stop-receipt')],
    ['stopped agent', schemaRows('stopped-agent')],
    ['stopped process', schemaRows('stopped-process')],
    ['missed process', schemaRows('missed-process')],
    ['stop event', schemaRows('stop-event')],
    ['agent claim', schemaRows('agent-claim')],
    ['approval request', schemaRows('approval-request')],
    ['tamper sign', schemaRows('tamper-sign')],
    ['log fault', schemaRows('log-fault')],
    ['action', schemaRows('action')],
    ['health warning', schemaRows('health-warning')],
    ['renew', schemaRows('renew')],
    ['ack', schemaRows('ack')],
    ['result', schemaRows('result')],
    ['attestation result', schemaRows('attestation-result')],
    ['verdict reason', schemaRows('verdict-reason')],
    ['offer', schemaRows('offer')],
    ['claim decision', schemaRows('claim-decision')],
    ['order', schemaRows('order')],
    ['stop', schemaRows('stop')],
    ['selector of a match', schemaRows('stop-selector', { kind: 'match' })],
    ['approval decision', schemaRows('approval-decision')],
    ['catalogue request', schemaRows('catalogue-request')],
    ['gate policy request', schemaRows('gate-policy-request')],
    ['gate policy', schemaRows('gate-policy')],
    ['checkpoint request', schemaRows('checkpoint-request')],
    ['checkpoint', schemaRows('checkpoint')],
    ['refusal', schemaRows('refusal')],
    ['gap', schemaRows('gap')],
  ]

  test('there is one for each object', () => expect(tables).toHaveLength(EXPECTED.length))

  test.each(EXPECTED.map(([name, rows], at) => ({ name, rows, at })))(
    'that of $name says which members there are, which are required, and their types',
    ({ rows, at }) => {
      const written = (tables[at] ?? []).map(([member, required, type]) => ({ member, required, type }))
      expect(written).toEqual(rows.map((row) => ({ ...row, member: `\`${row.member}\`` })))
    },
  )

  test('findings are distinguished by their state', () => {
    const kinds = ['pass', 'fail', 'unknown', 'not-applicable'].map(
      (kind) => [kind, schemaRows('finding', { kind })] as const,
    )
    const expected = kinds.map(([kind, rows]) => [
      `\`${kind}\``,
      rows.map(({ member, type }) => `\`${member}\`${member === 'state' ? '' : ` (${type})`}`).join(', '),
    ])
    expect(kinds.flatMap(([, rows]) => rows.filter(({ required }) => required === 'no'))).toEqual([])
    expect(
      rowsBelow('### Findings').filter(([state]) => /^`(pass|fail|unknown|not-applicable)`$/.test(state ?? '')),
    ).toEqual(expected)
  })
})

test('selectors of a stop are distinguished by their first member', () => {
  const kinds = ['all', 'agent', 'product', 'user'].map(
    (kind) => [kind, schemaRows('stop-selector', { kind })] as const,
  )
  const expected = kinds.map(([kind, rows]) => [
    `\`${kind}\``,
    rows.map(({ member, type }) => `\`${member}\`${member === 'select' ? '' : ` (${type})`}`).join(', '),
  ])
  const written = rowsBelow('### Stops').filter(
    (row) => row.length === 3 && /^`(all|agent|product|user)`$/.test(row[0] ?? ''),
  )
  expect(written.map(([select, members]) => [select, members])).toEqual(expected)
})

test('lists every check with its weight, and every source', () => {
  const checks = rowsBelow('### Findings').filter(([name]) => name?.includes('.'))
  expect(checks).toEqual(CARDS.map(({ name, passes, weight }) => [`\`${name}\``, passes, weight]))
  const sources = rowsBelow('### Sources').filter(([, ...rest]) => rest.length === 1)
  const names = sources.flatMap(([cell = '']) => [...cell.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name))
  expect(names.sort()).toEqual(Object.values(SOURCES).sort())
})

test('lists every limit with its value', () => {
  const value = (bytes: number) => {
    if (bytes % 1024 ** 3 === 0) return `${bytes / 1024 ** 3} GiB`
    if (bytes % 1024 ** 2 === 0) return `${bytes / 1024 ** 2} MiB`
    return bytes % 1024 === 0 ? `${bytes / 1024} KiB` : `${bytes}`
  }
  expect(rowsBelow('## Limits').map(([name, written]) => [name, written])).toEqual(
    Object.entries(LIMITS).map(([name, limit]) => [`\`${name}\``, value(limit)]),
  )
})

test('lists every kind of signed message with its type', () => {
  const written = rowsBelow('## Signed messages').map(([kind, typ]) => [kind?.replace(/^\[(.*)\]\(.*\)$/, '$1'), typ])
  const types = Object.entries(JWS_HEADERS).map(([kind, header]) => {
    const { typ } = JSON.parse(Buffer.from(header, 'base64url').toString())
    return [kind, `\`${typ}\``]
  })
  expect(written).toEqual(types)
  expect(page).toContain(`\`${JWS_HEADERS.evidence}\``)
})

/** Codes that never go to a device: it judges these itself, or they are about something else. */
const NOT_REFUSALS = [
  'USAGE_INVALID',
  'RATE_LIMITED',
  'CONFIG_INVALID',
  'COSIGNATURES_MISSING',
  'DELEGATION_REFUSED',
  'ENROLMENT_STRING_INVALID',
  'KEY_AUTHORISATION_FAILED',
  'NOT_CONFIRMED',
  'DIFFERENCES_FOUND',
  'KEY_CLOSED',
  'KEY_NOT_FOUND',
  'LOG_INCONSISTENT',
  'LOG_UNKNOWN',
  'KEY_PROVIDER_UNAVAILABLE',
  'ORDER_EXPIRED',
  'OWNER_REQUIRED',
  'TRANSITION_REFUSED',
  'VERSION_STALE',
  'ORDER_REFUSED',
  'ORDER_REPLAYED',
  'PIN_MISMATCH',
  'PROOF_INVALID',
  'STOP_INCOMPLETE',
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
  const documented = rowsBelow('## Refusals').flatMap(([codes]) => codesIn(codes))
  const expected = [...possible.filter((code) => !NOT_REFUSALS.includes(code)), 'STORE_FAILED']
  expect(documented.sort()).toEqual(expected.sort())
})

test('every refusal has its place in the order in which they come out', () => {
  const start = page.indexOf('### Which of several comes out')
  const said = new Set(codesIn(page.slice(start, page.indexOf('\n## ', start))))
  const elsewhere = [
    ...['INPUT_NOT_CANONICAL', 'INPUT_MALFORMED', 'INPUT_TOO_DEEP', 'INPUT_TOO_LARGE', 'FRAME_UNEXPECTED'],
    ...['CERTIFICATE_MALFORMED', 'CERTIFICATE_CHAIN_INVALID', 'CERTIFICATE_EXPIRED', 'TPM_STRUCTURE_MALFORMED'],
    ...['ATTESTATION_EK_MISMATCH', 'ATTESTATION_KEY_ATTRIBUTES', 'ATTESTATION_CERTIFY_INVALID'],
    ...['EVIDENCE_OUT_OF_ORDER', 'EVIDENCE_GAP_UNPROVEN', 'QUOTA_EXCEEDED', 'STORE_FAILED'],
    ...['SESSION_SUPERSEDED', 'SESSION_TIMEOUT'],
  ]
  const documented = rowsBelow('## Refusals').flatMap(([codes]) => codesIn(codes))
  expect(documented.filter((code) => !said.has(code)).sort()).toEqual(elsewhere.sort())
})

test('each example is a message of the session in test/vectors', () => {
  const session: SessionVectors = JSON.parse(readFileSync(join(ROOT, 'test/vectors/session.json'), 'utf8'))
  const payloads = session.messages.map(({ payload }) => payload)
  const examples = [...page.matchAll(/```json\n(.*)\n```/g)].map(([, text]) => text)
  expect(examples).toHaveLength(9)
  expect(examples.filter((text = '') => !payloads.includes(text))).toEqual([])
})
