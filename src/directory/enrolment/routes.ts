import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { closed, Type } from '../../base/schema.ts'
import { tokenIdSchema } from '../../protocol/ids.ts'
import {
  createdTokenSchema,
  type Token,
  tokenPageSchema,
  tokenRequestSchema,
  tokenSchema,
} from '../../protocol/nouns/enrolment/tokens.ts'
import { page, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { TokenQueries } from './token-store.ts'
import type { Tokens } from './tokens.ts'

const DAY_MS = 24 * 3_600_000

interface TokenRoutesComponents {
  readonly store: { readonly tokens: TokenQueries }
  readonly tokens: Pick<Tokens, 'create' | 'revoke'>
  readonly clock: Pick<Clock, 'now'>
}

/** Only the answer to POST has a secret. */
export function tokenRoutes({ store, tokens, clock }: TokenRoutesComponents): readonly Route[] {
  const tokenOf = async (id: string): Promise<Token> => {
    const token = await store.tokens.view(id, clock.now())
    if (token === undefined) throw new SuretyError('TOKEN_UNKNOWN', `there is no token ${id}`)
    return token
  }
  return [
    route({
      method: 'POST',
      path: '/tokens',
      operationId: 'createToken',
      action: 'operate',
      summary: 'Create an enrolment token. Its enrolment string is shown here and never again',
      body: tokenRequestSchema,
      status: 201,
      response: createdTokenSchema,
      creates: true,
      answer: ({ body: { ttlMs = DAY_MS, minimumTier = 'tpm-attested', ...body }, principal, commit }) =>
        commit(
          async () => {
            const { id, ...created } = await tokens.create({ ...body, ttlMs, minimumTier }, principal.id)
            return { token: await tokenOf(id), ...created }
          },
          { secretOf: ({ token }) => `the token is ${token.id}` },
        ),
    }),
    route({
      method: 'GET',
      path: '/tokens',
      operationId: 'listTokens',
      action: 'audit',
      summary: 'Enrolment tokens by id, without their secrets, filtered by beginning of the id, owner or serial number',
      query: pageQuery({ named: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })) }, tokenIdSchema),
      response: tokenPageSchema,
      answer: ({ query: { limit, cursor, named } }) =>
        page(
          limit,
          (count) => store.tokens.list({ after: cursor, limit: count, named }, clock.now()),
          ({ id }) => id,
        ),
    }),
    route({
      method: 'DELETE',
      path: '/tokens/{id}',
      operationId: 'revokeToken',
      action: 'operate',
      summary: 'Revoke a token: no device enrols with it from now on. A used-up token is refused',
      params: closed({ id: tokenIdSchema }),
      response: tokenSchema,
      async answer({ params: { id }, principal }) {
        await tokens.revoke(id, principal.id)
        return tokenOf(id)
      },
    }),
  ]
}
