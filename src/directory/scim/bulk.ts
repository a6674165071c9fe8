import { setImmediate } from 'node:timers/promises'
import { SuretyError } from '../../base/errors.ts'
import { refusalOf } from '../http/http-status.ts'
import { isObject, type Resource } from './attributes/attributes.ts'
import { locationOf, tagOf } from './attributes/documents.ts'
import { memberNamed, objectOf, requireSchema } from './attributes/values.ts'
import { MAX_OPERATIONS } from './discovery.ts'
import type { Request, Resources } from './resources.ts'
import { scimError } from './scim-surface.ts'

/** Bulk requests (RFC 7644, section 3.7): each operation for itself, in order, at most a thousand. */

export const BULK_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest'
const BULK_ANSWER = 'urn:ietf:params:scim:api:messages:2.0:BulkResponse'

/** Operations before other requests get their turn. */
const TURN = 20
const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'] as const
type Method = (typeof METHODS)[number]

interface Operation {
  readonly method: Method
  readonly path: string
  readonly bulkId?: string | undefined
  readonly version?: string | undefined
  readonly data: unknown
}

export interface BulkInit {
  readonly base: string
  readonly by: Request['by']
  readonly transaction: (work: () => void) => void
}

/** @throws `INPUT_MALFORMED`; `INPUT_TOO_LARGE` for too many operations. Faults of one operation are in its answer. */
export async function bulk(all: readonly Resources[], body: unknown, init: BulkInit): Promise<Resource> {
  const { operations, failOnErrors } = readBulk(body)
  const answers = new Map<Operation, Resource>()
  const wanted = new Map(operations.map((operation) => [operation, bulkIdsIn(operation)]))
  /** Ids of what was created, by bulk id. */
  const created = new Map<string, string>()
  let waiting: readonly Operation[] = operations
  let failures = 0
  const isOver = () => failOnErrors !== undefined && failures >= failOnErrors
  while (waiting.length > 0 && !isOver()) {
    // An operation may name one that comes later: it is done afterwards.
    const promised = new Set(
      waiting.flatMap(({ method, bulkId }) => (method === 'POST' && bulkId !== undefined ? [bulkId] : [])),
    )
    const later: Operation[] = []
    const work = (operation: Operation) => {
      if (isOver()) return
      const missing = wanted.get(operation)?.filter((id) => !created.has(id) && id !== operation.bulkId) ?? []
      if (missing.some((id) => promised.has(id))) {
        later.push(operation)
        return
      }
      const answer = answerTo(all, operation, created, init)
      if (operation.bulkId !== undefined) promised.delete(operation.bulkId)
      if (isFailure(answer)) failures++
      answers.set(operation, answer)
    }
    for (let at = 0; at < waiting.length && !isOver(); at += TURN) {
      // Each operation is a savepoint of its own; together they wait for the disk once.
      const turn = waiting.slice(at, at + TURN)
      init.transaction(() => {
        for (const operation of turn) work(operation)
      })
      await setImmediate()
    }
    // What names each other in a circle is refused.
    if (later.length === waiting.length) {
      for (const operation of later) answers.set(operation, refused(operation, circular()))
      break
    }
    waiting = later
  }
  return {
    schemas: [BULK_ANSWER],
    Operations: operations.flatMap((operation) => answers.get(operation) ?? []),
  }
}

function circular(): SuretyError {
  return new SuretyError('SCIM_VALUE_INVALID', 'operations name each other by bulkId in a circle')
}

function readBulk(body: unknown): {
  readonly operations: readonly Operation[]
  readonly failOnErrors: number | undefined
} {
  requireSchema(body, BULK_SCHEMA)
  const request = objectOf(body)
  const operations = memberNamed(request, 'Operations')
  if (!Array.isArray(operations)) throw new SuretyError('INPUT_MALFORMED', 'Operations must be a list')
  if (operations.length > MAX_OPERATIONS) {
    throw new SuretyError(
      'INPUT_TOO_LARGE',
      `the bulk request has more than ${MAX_OPERATIONS} operations (maxOperations)`,
    )
  }
  const failOnErrors = memberNamed(request, 'failOnErrors')
  const isCount = typeof failOnErrors === 'number' && Number.isSafeInteger(failOnErrors) && failOnErrors > 0
  if (failOnErrors !== undefined && !isCount) {
    throw new SuretyError('INPUT_MALFORMED', 'failOnErrors must be a number from 1')
  }
  return { operations: operations.map(readOperation), failOnErrors: isCount ? failOnErrors : undefined }
}

function readOperation(operation: unknown): Operation {
  if (!isObject(operation)) throw new SuretyError('INPUT_MALFORMED', 'an operation must be an object')
  const word = memberNamed(operation, 'method')
  const method = METHODS.find((one) => typeof word === 'string' && one === word.toUpperCase())
  if (method === undefined) throw new SuretyError('INPUT_MALFORMED', `method must be one of ${METHODS.join(', ')}`)
  const path = textOf(operation, 'path')
  if (path === undefined) throw new SuretyError('INPUT_MALFORMED', 'an operation needs a path')
  const bulkId = textOf(operation, 'bulkId')
  if (method === 'POST' && bulkId === undefined) throw new SuretyError('INPUT_MALFORMED', 'POST needs a bulkId')
  return { method, path, bulkId, version: textOf(operation, 'version'), data: memberNamed(operation, 'data') }
}

function textOf(operation: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = memberNamed(operation, name)
  if (value === undefined || typeof value === 'string') return value
  throw new SuretyError('INPUT_MALFORMED', `${name} must be a text`)
}

function answerTo(
  all: readonly Resources[],
  operation: Operation,
  created: Map<string, string>,
  { base, by }: Pick<BulkInit, 'base' | 'by'>,
): Resource {
  try {
    return done(all, operation, created, { base, by })
  } catch (error) {
    return refused(operation, error)
  }
}

function done(
  all: readonly Resources[],
  operation: Operation,
  created: Map<string, string>,
  { base, by }: Pick<BulkInit, 'base' | 'by'>,
): Resource {
  const { method, bulkId, version } = operation
  const named = (text: string) => resolved(text, created)
  const [, endpoint = '', id = ''] = /^(\/[A-Za-z]+)(?:\/([^/]+))?$/.exec(operation.path) ?? []
  const resources = all.find(({ type }) => [type.endpoint, type.aliases?.endpoint].includes(endpoint))
  if (resources === undefined || (id === '') !== (method === 'POST')) {
    throw new SuretyError('NOT_FOUND', `there is no ${method} ${operation.path.slice(0, 200)}`)
  }
  const { type } = resources
  const data = withResolved(operation.data, named)
  const answer = (status: number, held?: { readonly id: string; readonly version: number }): Resource => ({
    method,
    ...(bulkId === undefined ? {} : { bulkId }),
    ...(held === undefined ? {} : { version: tagOf(held), location: locationOf(type, held.id, base) }),
    status: String(status),
  })
  const request = { by, ...(version === undefined ? {} : { ifMatch: version }) }
  const target = id.startsWith('bulkId:') ? named(id) : id
  switch (method) {
    case 'POST': {
      const held = resources.create(data, request)
      if (bulkId !== undefined) created.set(bulkId, held.id)
      return answer(201, held)
    }
    case 'PUT':
      return answer(200, resources.replace(target, data, request))
    case 'PATCH':
      return answer(200, resources.patch(target, data, request))
    case 'DELETE':
      resources.remove(target, request)
      return answer(204)
    default:
      return method satisfies never
  }
}

function refused({ method, bulkId, path }: Operation, error: unknown): Resource {
  const refusal = refusalOf(error)
  return {
    method,
    ...(bulkId === undefined ? {} : { bulkId }),
    ...(method === 'POST' ? {} : { location: path.slice(0, 200) }),
    status: String(refusal.status),
    response: scimError(refusal),
  }
}

function isFailure({ status }: Resource): boolean {
  return Number(status) >= 400
}

const BULK_ID = /^bulkId:(.{1,256})$/s

/** @throws `SCIM_VALUE_INVALID` for a bulk id that nothing was created for. */
function resolved(text: string, created: ReadonlyMap<string, string>): string {
  const [, bulkId] = BULK_ID.exec(text) ?? []
  if (bulkId === undefined) return text
  const id = created.get(bulkId)
  if (id !== undefined) return id
  throw new SuretyError('SCIM_VALUE_INVALID', `nothing was created for ${JSON.stringify(text.slice(0, 80))}`)
}

function withResolved(value: unknown, named: (text: string) => string): unknown {
  if (typeof value === 'string') return named(value)
  if (Array.isArray(value)) return value.map((one) => withResolved(one, named))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withResolved(member, named)]))
}

function bulkIdsIn({ path, data }: Operation): readonly string[] {
  const found: string[] = []
  const idIn = (text: string) => {
    const [, id] = BULK_ID.exec(text) ?? []
    if (id !== undefined) found.push(id)
  }
  const look = (value: unknown): void => {
    if (typeof value === 'string') idIn(value)
    else if (Array.isArray(value)) for (const one of value) look(one)
    else if (isObject(value)) for (const one of Object.values(value)) look(one)
  }
  look(data)
  idIn(path.slice(path.lastIndexOf('/') + 1))
  return found
}
