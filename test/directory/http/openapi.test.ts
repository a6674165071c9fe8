import { HTTP_STATUS } from '../../../src/directory/http/http-status.ts'
import { API_BASE } from '../../../src/protocol/noun/answers.ts'
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
  readonly security?: unknown
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema: object }[]
  readonly requestBody?: { readonly content: Record<string, { schema: object }>; readonly required?: boolean }
  readonly responses: Record<string, { description: string; content: Record<string, { schema: object }> }>
}
interface Document {
  readonly openapi: string
  readonly info: { readonly title: string; readonly version: string }
  readonly security: unknown
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly securitySchemes: object }
}

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
      for (const response of Object.values(operation.responses)) {
        expect(response.description).not.toBe('')
        expect(Object.values(response.content).every(({ schema }) => typeof schema === 'object')).toBe(true)
      }
    }
  }
  const text = JSON.stringify(document)
  expect(text).not.toContain('"$ref"')
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

test('each operation says what its refusals are', () => {
  for (const operations of Object.values(document.paths)) {
    for (const { responses } of Object.values(operations)) {
      for (const status of ['4XX', '5XX']) {
        expect(responses[status]?.content['application/problem+json']?.schema).toMatchObject({
          required: ['type', 'title', 'status', 'detail', 'code'],
        })
      }
    }
  }
})

test('every refusal has a status of a refusal', () => {
  expect(Object.values(HTTP_STATUS).every((status) => status >= 400 && status < 500)).toBe(true)
})
