import { reader } from '../../../src/base/schema.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'

/** Questions to the API, whose answers must be as it documents them. */

export const CATALOGUE = JSON.stringify({
  schema: 'surety/catalogue@1',
  version: 3,
  asOf: '2026-11-25',
  sources: { seen: { title: 'seen' } },
  entries: [{ id: 'one', name: 'One', vendor: 'V', kind: 'cli-agent', sources: ['seen'] }],
})

/** Asks as administrator, and holds a good answer to the schema that its route documents. */
export async function ask(
  directory: TestDirectory,
  method: string,
  operationId: string,
  path: string,
  body?: object | string,
) {
  const answer = await directory.ask(method, `/api/v1${path}`, body === undefined ? {} : { body })
  const route = directory.routes.find((one) => one.operationId === operationId)
  if (route === undefined) throw new Error(`no route ${operationId}`)
  if (answer.status < 300 && route.contentType === undefined) {
    expect(answer.status).toBe(route.status)
    reader(route.response, { name: operationId }).read(answer.json)
  }
  return answer
}

export const refusal = (code: string, message: unknown = expect.any(String)) => ({
  type: 'about:blank',
  title: expect.any(String),
  status: expect.any(Number),
  detail: message,
  code,
})
