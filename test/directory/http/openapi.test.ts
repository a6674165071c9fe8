import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { openApiFile } from '../../../scripts/open-api-file.ts'
import { directoryProgram } from '../../../src/admin/run-commands.ts'
import { everyCommand, pathOf } from '../../../src/command-line/command-tree.ts'
import { COMMANDS } from '../../../src/directory/http/commands.ts'
import { HTTP_STATUS } from '../../../src/directory/http/http-status.ts'
import { API_BASE } from '../../../src/protocol/noun/answers.ts'
import { ALL_NOUNS } from '../../../src/protocol/nouns/all-nouns.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'

let directory: TestDirectory
let document: Document
beforeAll(async () => {
  directory = await startTestDirectory()
  // Its structure is what the tests below look at.
  document = (await directory.ask('GET', '/api/v1/openapi.json', { token: null })).json as Document
})
afterAll(() => directory[Symbol.asyncDispose]())

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly tags: readonly string[]
  readonly security?: unknown
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema: object }[]
  readonly requestBody?: { readonly content: Record<string, { schema: object }>; readonly required?: boolean }
  readonly responses: Record<string, { description: string; content: Record<string, { schema: object }> }>
  readonly 'x-commands'?: readonly string[]
}
interface Document {
  readonly openapi: string
  readonly info: { readonly title: string; readonly version: string }
  readonly security: unknown
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly securitySchemes: object; readonly responses: Operation['responses'] }
}
const operations = () => Object.values(document.paths).flatMap((path) => Object.values(path))

test('docs/openapi.json is what the directory serves', () => {
  const file = readFileSync(resolve(import.meta.dirname, '../../../docs/openapi.json'), 'utf8')
  // A comparison of the texts would print thousands of lines.
  if (file !== openApiFile(document)) {
    throw new Error(
      'the API has changed: run node scripts/run.cjs scripts/make-openapi.ts, and commit docs/openapi.json',
    )
  }
})

test('is valid by the schema of OpenAPI 3.1', async () => {
  const copy: unknown = JSON.parse(JSON.stringify(document))
  expect(await new Validator().validate(Object(copy))).toEqual({ valid: true })
})

test('each operation has one room, and those with a token the roles that may use it', () => {
  for (const { operationId, tags, description, security } of operations()) {
    expect({ operationId, tags, description }).toEqual({
      operationId,
      tags: [expect.stringMatching(/^(devices|enrolment|agents|people|directory)$/)],
      description: security === undefined ? expect.stringMatching(/^Roles: [a-z]+(, [a-z]+)*$/) : undefined,
    })
  }
})

test('each command of an operation is one of the program, and these have none', () => {
  const program = directoryProgram({ out: () => undefined, err: () => undefined, now: () => 0, terminal: {} } as never)
  const known = everyCommand(program).map((command) => pathOf(command).join(' '))
  const named = (example: string) => {
    const words = example.replace('surety-directory ', '').split(' ')
    return words.some((_, at) => known.includes(words.slice(0, at + 1).join(' ')))
  }
  const examples = operations().flatMap((operation) => operation['x-commands'] ?? [])
  expect(examples.filter((example) => !named(example))).toEqual([])
  const without = operations().flatMap((one) => ('x-commands' in one ? [] : [one.operationId]))
  expect(without.toSorted()).toEqual([
    'approveAction',
    'beginApproval',
    'countRegistrations',
    'getAuthority',
    'getDeviceKey',
    'getEvidence',
    'getHealth',
    'getLive',
    'getMessagePreference',
    'getMine',
    'getOpenApi',
    'getOwnPrincipal',
    'getVerdict',
    'listEvidence',
    'setMessagePreference',
    'showHuman',
  ])
})

test('no command is named for an operation that is gone, or whose noun names its own', () => {
  const derived = ALL_NOUNS.flatMap(({ list, show, verbs }) => [
    list.operationId,
    show?.operationId,
    ...Object.values(verbs).flatMap(({ operationId, command }) => (command === undefined ? [] : [operationId])),
  ])
  const known = operations().map(({ operationId }) => operationId)
  expect(Object.keys(COMMANDS).filter((one) => !known.includes(one) || derived.includes(one))).toEqual([])
})

test('is OpenAPI 3.1 with the bearer scheme on everything that needs a token', () => {
  expect({
    openapi: document.openapi,
    security: document.security,
    schemes: document.components.securitySchemes,
  }).toEqual({
    openapi: '3.1.0',
    security: [{ administrator: [] }],
    schemes: { administrator: { type: 'http', scheme: 'bearer', description: expect.any(String) } },
  })
})

test('every route is there, with its parameters, body and answer, and nothing else is', () => {
  const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { operationId, security }]) => ({
      path,
      method,
      operationId,
      open: security !== undefined,
    })),
  )
  const served = directory.routes.map((one) => ({
    path: API_BASE + one.path,
    method: one.method.toLowerCase(),
    operationId: one.operationId,
    open: one.open === true,
  }))
  const description = { path: '/api/v1/openapi.json', method: 'get', operationId: 'getOpenApi', open: true }
  const order = (a: { operationId: string }, b: { operationId: string }) => (a.operationId < b.operationId ? -1 : 1)
  expect(documented.toSorted(order)).toEqual([...served, description].toSorted(order))
})

test('each operation is whole: path parameters, descriptions, resolved schemas', () => {
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const operation of Object.values(operations)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const declared = (operation.parameters ?? []).filter((one) => one.in === 'path')
      expect({
        path,
        names: declared.map(({ name }) => name),
        required: declared.every((one) => one.required),
      }).toEqual({
        path,
        names: inPath,
        required: true,
      })
      expect(operation.summary).not.toBe('')
      for (const [status, response] of Object.entries(operation.responses)) {
        if (status.endsWith('XX')) continue
        expect(response.description).not.toBe('')
        expect(Object.values(response.content).every(({ schema }) => typeof schema === 'object')).toBe(true)
      }
    }
  }
  const text = JSON.stringify(document)
  expect(new Set(text.match(/"\$ref":"[^"]+"/g))).toEqual(
    new Set(['Refusal', 'Failure'].map((name) => `"$ref":"#/components/responses/${name}"`)),
  )
  expect(text).not.toContain('"~')
})

test('what validates is what is documented', () => {
  const create = document.paths['/api/v1/tokens']?.post
  expect(create?.requestBody?.content['application/json']?.schema).toMatchObject({
    type: 'object',
    additionalProperties: false,
    properties: { owner: { minLength: 1, maxLength: 256 }, ttlMs: { type: 'integer', minimum: 60_000 } },
  })
  expect(document.paths['/api/v1/devices']?.get?.parameters).toContainEqual({
    in: 'query',
    name: 'limit',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: 500, default: 100 },
  })
  const raw = document.paths['/api/v1/devices/{id}/evidence/{epoch}/{sequence}']?.get?.responses['200']?.content
  expect(Object.keys(raw ?? {})).toEqual(['application/jose'])
})

test('each operation refuses with a problem', () => {
  for (const { responses } of operations()) {
    expect(responses).toMatchObject({
      '4XX': { $ref: '#/components/responses/Refusal' },
      '5XX': { $ref: '#/components/responses/Failure' },
    })
  }
  for (const { content } of Object.values(document.components.responses)) {
    expect(content['application/problem+json']?.schema).toMatchObject({
      required: ['type', 'title', 'status', 'detail', 'code'],
    })
  }
})

test('every refusal has a status of a refusal', () => {
  expect(Object.values(HTTP_STATUS).every((status) => status >= 400 && status < 500)).toBe(true)
})
