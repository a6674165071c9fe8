import { closed, type Static, type TSchema, Type } from '../../base/schema.ts'
import {
  rollbackRequestSchema,
  TEXT_MEMBERS,
  type TextMember,
  type TextNoun,
  versionHistorySchema,
  versionSchema,
} from '../../protocol/noun/versioned-text.ts'
import { cursorNumbers, page, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { SetText, VersionedText } from './versioned-text.ts'

/** A text has at most 256 KiB. In a JSON string one byte may take six (`\u0000`). */
const BODY_MAX_BYTES = 2 * 1024 * 1024

export interface VersionedTextRoutesInit<V extends TSchema, T extends TSchema> {
  readonly schemas: {
    readonly noun: TextNoun
    readonly view: V
    readonly test: T
    readonly request: TSchema
    readonly testRequest: TSchema
  }
  readonly get: Pick<Route, 'operationId'>
  readonly list: Pick<Route, 'operationId'>
  readonly set: Pick<Route, 'operationId' | 'summary'>
  readonly test: Pick<Route, 'operationId' | 'summary'>
  readonly rollBack: Pick<Route, 'operationId' | 'summary'>
}

const NAMES = {
  policy: 'policy',
  rules: 'rules',
  access: 'access policy',
  'gate-policy': 'policy of the gate',
} as const satisfies Record<TextNoun, string>
const SHOWN = {
  policy: 'policy in use as YAML',
  rules: 'rules in use as YAML',
  access: 'access policy in use, in Cedar',
  'gate-policy': 'policy of the gate in use, in Cedar',
} as const satisfies Record<TextNoun, string>

/** What the schemas of requests let through. */
type TextRequest = Readonly<Record<TextMember, string>> & Omit<SetText, 'actor'> & { readonly againstMs?: number }

export function versionedTextRoutes<V extends TSchema, T extends TSchema>(
  versions: VersionedText<Static<V>, Static<T>>,
  { schemas, get, list, set, test, rollBack }: VersionedTextRoutesInit<V, T>,
): readonly Route[] {
  const { noun } = schemas
  const path = `/${noun}`
  const textIn = (body: unknown) => {
    const { [TEXT_MEMBERS[noun]]: text, againstMs, ...options } = body as TextRequest // the server has validated it
    return { text, againstMs, options }
  }
  return [
    route({
      method: 'GET',
      action: 'view',
      path,
      ...get,
      summary: `The ${SHOWN[noun]}, or an earlier version`,
      query: closed({ version: Type.Optional(versionSchema) }),
      response: schemas.view,
      answer: async ({ query: { version } }) =>
        version === undefined ? await versions.current() : await versions.textOf(version),
    }),
    route({
      method: 'PUT',
      action: 'configure',
      path,
      ...set,
      body: schemas.request,
      bodyMaxBytes: BODY_MAX_BYTES,
      response: schemas.view,
      answer({ body, principal }) {
        const { text, options } = textIn(body)
        return versions.set(text, { ...options, actor: principal.id })
      },
    }),
    route({
      method: 'GET',
      action: 'view',
      path: `${path}/history`,
      ...list,
      summary: `Versions of the ${NAMES[noun]}, newest first: who set them and when`,
      query: pageQuery({}),
      response: versionHistorySchema,
      async answer({ query: { limit, cursor } }) {
        const [before] = cursorNumbers(cursor, 1) ?? []
        return page(
          limit,
          (count) => versions.history({ before, limit: count }),
          ({ version }) => `${version}`,
        )
      },
    }),
    route({
      method: 'POST',
      action: 'configure',
      stepUp: false,
      path: `${path}/test`,
      ...test,
      body: schemas.testRequest,
      bodyMaxBytes: BODY_MAX_BYTES,
      response: schemas.test,
      answer({ body }) {
        const { text, againstMs } = textIn(body)
        return versions.test(text, againstMs)
      },
    }),
    route({
      method: 'POST',
      action: 'configure',
      path: `${path}/rollback`,
      ...rollBack,
      body: rollbackRequestSchema,
      response: schemas.view,
      answer: ({ body: { version, ...options }, principal }) =>
        versions.rollBack(version, { ...options, actor: principal.id }),
    }),
  ]
}
