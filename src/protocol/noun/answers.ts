import { closed, counter, reader, type Static, type TSchema, Type, text } from '../../base/schema.ts'

/** What all answers of the administrators' API share. `GET /api/v1/openapi.json` describes the whole API. */

export const API_BASE = '/api/v1'

export const PROBLEM_TYPE = 'application/problem+json'

/** Every refusal: a problem of RFC 9457. */
export const problemSchema = closed({
  /** By RFC 9457: the title is that of the status, and `code` says what it is. */
  type: Type.Literal('about:blank'),
  title: text(100),
  status: Type.Integer({ minimum: 400, maximum: 599 }),
  detail: text(1000),
  /** An `ErrorCode`, or `INTERNAL` if only the log has the reason. */
  code: Type.String({ pattern: '^[A-Z][A-Z0-9_]{1,63}$' }),
})
export type Problem = Static<typeof problemSchema>

/** Where the next page begins: opaque, sent back as `cursor`. */
export const cursorSchema = Type.String({ pattern: '^[A-Za-z0-9_.-]{1,2048}$' })

/** One page of a list. The last page has no `next`. */
export function pageOf<S extends TSchema>(item: S) {
  return closed({ items: Type.Array(item), next: Type.Optional(cursorSchema) })
}

/** A page that has how many the whole list has, if it is the first one. */
export function countedPageOf<S extends TSchema>(item: S) {
  return closed({ ...pageOf(item).properties, total: Type.Optional(counter()) })
}

export const administratorTokenSchema = Type.String({ pattern: '^surety_(adm|svc)_[A-Za-z0-9_-]{43}$' })

/** `administrator.json`: what the commands need to reach a directory. */
export const administratorProfileSchema = closed({
  url: Type.String({ pattern: '^https://[^\\s/?#@]+$', maxLength: 300 }),
  /** PEM of the only certificate authority that the commands trust. */
  ca: text(16_384),
  token: administratorTokenSchema,
})
export type AdministratorProfile = Static<typeof administratorProfileSchema>

/** Reads an answer of the API. The limits fit the largest page of the largest items. */
export const apiAnswer = <S extends TSchema>(schema: S, name: string) =>
  reader<S>(schema, { name, forPeople: true, limits: { maxBytes: 32 * 1024 * 1024, maxDepth: 16 } })

export const problemReader = apiAnswer(problemSchema, 'refusal')
export const administratorProfileReader = reader(administratorProfileSchema, {
  name: 'administrator profile',
  code: 'CONFIG_INVALID',
  forPeople: true,
  limits: { maxBytes: 32 * 1024, maxDepth: 2 },
})
