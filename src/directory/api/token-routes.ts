import { SuretyError } from '../../base/errors.ts'
import { closed } from '../../base/schema.ts'
import {
  createdTokenSchema,
  type Token,
  tokenPageSchema,
  tokenRequestSchema,
  tokenSchema,
} from '../../protocol/api-administration.ts'
import { tokenIdSchema } from '../../protocol/ids.ts'
import type { ApiComponents } from './api-components.ts'
import { page, pageQuery } from './paging.ts'
import { type Route, route } from './route.ts'

const DAY_MS = 24 * 3_600_000

/** Enrolment tokens. The answer to POST is the only place where a secret is ever told. */
export function tokenRoutes({ store, actions, clock }: ApiComponents): readonly Route[] {
  const tokenOf = (id: string): Token => {
    const token = store.token(id, clock.now())
    if (token === undefined) throw new SuretyError('TOKEN_UNKNOWN', `there is no token ${id}`)
    return token
  }
  return [
    route({
      method: 'POST',
      path: '/tokens',
      operationId: 'createToken',
      summary: 'Make an enrolment token: the enrolment string is told here and never again',
      body: tokenRequestSchema,
      status: 201,
      response: createdTokenSchema,
      async answer({ body: { owner, ttlMs = DAY_MS, serial, minimumTier = 'tpm-attested' }, administrator }) {
        const { id, ...told } = await actions.createToken({ owner, ttlMs, serial, minimumTier }, administrator.id)
        return { token: tokenOf(id), ...told }
      },
    }),
    route({
      method: 'GET',
      path: '/tokens',
      operationId: 'listTokens',
      summary: 'Enrolment tokens, by id, without their secrets',
      query: pageQuery({}, tokenIdSchema),
      response: tokenPageSchema,
      answer: ({ query: { limit, cursor } }) =>
        page(
          limit,
          (count) => store.tokens({ after: cursor, limit: count }, clock.now()),
          ({ id }) => id,
        ),
    }),
    route({
      method: 'DELETE',
      path: '/tokens/{id}',
      operationId: 'revokeToken',
      summary: 'Revoke a token: no device enrols with it from now on; one that is used up is refused',
      params: closed({ id: tokenIdSchema }),
      response: tokenSchema,
      async answer({ params: { id }, administrator }) {
        await actions.revokeToken(id, administrator.id)
        return tokenOf(id)
      },
    }),
  ]
}
