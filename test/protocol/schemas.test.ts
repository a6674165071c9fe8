import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { jsonLines } from '../../scripts/json-lines.ts'
import { protocolSchemas } from '../../scripts/protocol-schemas.ts'
import { reader, type TSchema } from '../../src/base/schema.ts'
import { catalogueSchema } from '../../src/discovery/catalogue/catalogue.ts'
import { statusSchema } from '../../src/protocol/messages/control.ts'
import { evidenceSchema } from '../../src/protocol/messages/evidence.ts'
import { JWS_HEADERS } from '../../src/protocol/messages/jws-types.ts'
import { orderSchema } from '../../src/protocol/messages/order.ts'
import { deviceSightingSchema } from '../../src/protocol/nouns/devices/devices.ts'
import { sightingSchema } from '../../src/protocol/sighting.ts'
import * as sample from '../support/protocol/frame-samples.ts'
import { checkpoint, checkpointRequest, logFaultEvidence } from '../support/protocol/log-samples.ts'
import { actionEvidence } from '../support/protocol/sample-actions.ts'
import { agentSighting, extensionSighting, mcpServerSighting } from '../support/protocol/sample-sightings.ts'
import { resolvedSchema, type SchemaDocument } from './resolved-schema.ts'

/** The committed JSON Schemas of docs/schemas/, which other implementations are written from. */

const FOLDER = resolve(import.meta.dirname, '../../docs/schemas')
const committed = new Map(readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')]))
const idOf = (name: string) => `urn:x-surety:schema:1:${name}`
const documents: ReadonlyMap<string, SchemaDocument> = new Map(
  [...committed].map(([file, text]) => [idOf(file.replace('.json', '')), JSON.parse(text)]),
)
const schemaOf = (name: string): TSchema & Pick<SchemaDocument, 'required'> => resolvedSchema(idOf(name), documents)

test('scripts/make-schemas.ts makes exactly what is committed', () => {
  const made = [...protocolSchemas()].map(([name, schema]) => [name, jsonLines(schema)])
  expect(Object.fromEntries(committed)).toEqual(Object.fromEntries(made))
})

test('every frame has a schema', () => {
  const kinds = [...Object.keys(JWS_HEADERS), 'hello', 'renew', 'catalogue-request', 'checkpoint-request', 'refusal']
  expect(kinds.filter((kind) => !committed.has(`${kind}.json`))).toEqual([])
})

test.each([...committed.keys()])('%s is a whole document of JSON Schema 2020-12', (name) => {
  const schema = JSON.parse(committed.get(name) ?? '')
  expect(schema).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:x-surety:schema:1:${name.replace('.json', '')}`,
    title: expect.stringMatching(/./),
    description: expect.stringMatching(/\.$/),
  })
})

test('each part is used, and each reference names a document or a part', () => {
  const references = [...documents].flatMap(([id, document]) =>
    [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(([, to = '']) =>
      to.startsWith('#') ? id + to : to,
    ),
  )
  const parts = [...documents].flatMap(([id, { $defs = {} }]) =>
    Object.keys($defs).map((part) => `${id}#/$defs/${part}`),
  )
  expect(parts.filter((part) => !references.includes(part))).toEqual([])
  expect(references.filter((to) => !parts.includes(to) && !documents.has(to))).toEqual([])
})

test.each([
  ['evidence', evidenceSchema],
  ['order', orderSchema],
  ['sighting', sightingSchema],
  ['status', statusSchema],
  ['catalogue', catalogueSchema],
  ['api-device-sighting', deviceSightingSchema],
])('%s with its references resolved is the schema that the programs use', (name, schema) => {
  const withoutWords = JSON.stringify(schema, (key, value) =>
    key === 'description' && typeof value === 'string' ? undefined : value,
  )
  expect(schemaOf(name)).toEqual(JSON.parse(withoutWords))
})

const SAMPLES: Readonly<Record<string, readonly object[]>> = {
  hello: [sample.hello, sample.enrolmentHello],
  challenge: [sample.challenge],
  attestation: [sample.attestation, sample.enrolmentAttestation],
  credential: [sample.credential],
  activation: [sample.activation],
  welcome: [sample.welcome],
  evidence: [
    sample.evidence,
    { ...sample.evidence, ...sample.stopEvidence },
    { ...sample.evidence, ...sample.suspendEvidence },
    { ...sample.evidence, ...sample.claimEvidence },
    { ...sample.evidence, ...sample.tamperEvidence },
    { ...sample.evidence, ...logFaultEvidence },
    { ...sample.evidence, ...actionEvidence },
    { ...sample.evidence, later: 1 },
  ],
  renew: [sample.renew],
  ack: [sample.ack],
  result: [sample.result, sample.resultWithDecisions],
  checkpoint: [checkpoint],
  'checkpoint-request': [checkpointRequest, { type: 'checkpoint' }],
  order: [sample.order, sample.freezeOrder, sample.matchOrder, sample.suspendOrder, sample.releaseOrder],
  delegation: [sample.delegation],
  refusal: [sample.refusal],
  sighting: [agentSighting('a'), extensionSighting('b'), mcpServerSighting('c')],
}

test.each(Object.entries(SAMPLES))('the committed schema of %s takes good ones and refuses others', (name, good) => {
  const { read } = reader(schemaOf(name), { name })
  for (const one of good) expect(read(one)).toEqual(one)
  for (const one of good) {
    for (const member of schemaOf(name).required ?? []) {
      expect(() => read({ ...one, [member]: undefined })).toThrow('does not fit its schema')
      expect(() => read({ ...one, [member]: {} })).toThrow('does not fit its schema')
    }
    if (name !== 'evidence') expect(() => read({ ...one, later: 1 })).toThrow('does not fit its schema')
  }
})
